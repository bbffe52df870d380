/** What is inside of a Unix domain object: its path. */
import type { Operation } from "effection";
import { reactor, type Fiber, WaitList } from "../../reactor/index.js";
import { type Destination, Endpoint } from "../connect/index.js";
import { fail, type OptionAccess, type Result, type SocketError } from "../object/index.js";
import { NamedOptions } from "../options/index.js";

/** Longest path, in bytes: Linux has 108 with the NUL behind it, others 104. */
const LONGEST_PATH = process.platform === "linux" ? 107 : 103;

export class UnixEndpoint extends Endpoint {
  /** Where it listens, or its server does. */
  path: string | undefined = undefined;
  /** Kept as it was set. */
  reuseaddr = false;

  constructor(
    /** Makes the object that the program holds. */
    private readonly make: (endpoint: UnixEndpoint) => object,
    maker: Fiber | null = reactor.current,
  ) {
    super(maker);
  }

  get domain(): "unix" {
    return "unix";
  }

  get namedOptions(): OptionAccess {
    return new NamedOptions("unix", this);
  }

  protected override wrap(): object {
    return this.make(this);
  }

  protected override place(): string {
    const { path, peer } = this;
    if (peer !== "") return ` ->${JSON.stringify(peer)}`;
    if (path === undefined) return "";
    return ` ${JSON.stringify(path)}${this.connection.incoming ? "<-" : ""}`;
  }

  *bind(path: string, backlog: number): Operation<Result<1>> {
    if (this.closed) return fail("closed");
    const wrong = unusable(path);
    if (wrong !== null) return fail(wrong);
    const failure = yield* this.open({ path }, backlog, JSON.stringify(path));
    if (failure !== null) return fail(failure);
    this.path = path;
    return [1];
  }

  /** There is no path that the kernel could choose. */
  *bindAnywhere(): Operation<Result<1>> {
    return fail("invalid argument");
  }

  protected override sibling(): UnixEndpoint {
    const client = new UnixEndpoint(this.make);
    client.path = this.path;
    return client;
  }
}

/** A path needs no looking up. */
export class Path implements Destination {
  readonly waiters = new WaitList();
  readonly done = true;
  readonly error = null;
  readonly cause = undefined;
  readonly targets: [{ path: string }];
  readonly decisive = 0;
  readonly delay = Infinity;
  constructor(path: string) {
    this.targets = [{ path }];
  }
  drop(): void {}
}

/** What the system would say of a path that is none. */
export function unusable(path: string): SocketError | null {
  if (path === "") return "invalid argument";
  const longest = LONGEST_PATH + (path.startsWith("\0") ? 1 : 0);
  return Buffer.byteLength(path) > longest ? "path too long" : null;
}
