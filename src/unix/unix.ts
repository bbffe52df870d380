/** The Unix domain stream object: LuaSocket's unix{master}, unix{server} and unix{client} in one. */
import type { Operation } from "effection";
import { resolve } from "node:path";
import {
  operation,
  reactor,
  WaitList,
  type Fiber,
  type Yieldable,
  shown,
} from "../../reactor/index.js";
import type { Destination } from "../domain/connecting.js";
import { DomainSocket } from "../domain/domain-socket.js";
import { BACKLOG, checkBacklog } from "../domain/listener.js";
import type { ConnectOptions } from "../domain/pool-options.js";
import type { SocketError } from "../errors.js";
import {
  type Dynamic,
  getOption,
  type OptionsOf,
  type OptionValue,
  type Setting,
  type SettingsOf,
  setOption,
} from "../options/index.js";
import { fail, type Result } from "../result.js";

/** Longest path, in bytes: Linux has 108 with the NUL behind it, others 104. */
const LONGEST_PATH = process.platform === "linux" ? 107 : 103;

export class Unix extends DomainSocket {
  /** Where it listens, or its server does. */
  private path: string | undefined = undefined;
  /** @internal Kept as it was set. */
  reuseaddr = false;

  get domain(): "unix" {
    return "unix";
  }

  /** @internal Use `socket.unix()`. */
  constructor(maker: Fiber | null = reactor.current) {
    super(maker);
  }

  protected override where(): string {
    if (this.peer !== "") return ` ->${JSON.stringify(this.peer)}`;
    return this.path === undefined
      ? ""
      : ` ${JSON.stringify(this.path)}${this.incoming ? "<-" : ""}`;
  }

  /**
   * Connect to the server at `path`.
   *
   * @param path of its socket file; on Linux a name that begins with "\0" is an abstract one, without a file
   * @returns `[1]`, or "connection refused" (nobody listens), "no such file or directory", "path too long",
   * "permission denied", "already connected", "timeout". TypeError for what is no path.
   *
   * @param options the pool to look in, and to come back to by setkeepalive; `tls`: encrypt the connection, too, as
   * dohandshake does (which has to be told a `servername`, since a path is no name). See {@link Tcp.connect}.
   *
   * Cancelling gives the attempt up. (LuaSocket: unix master:connect; OpenResty: tcpsock:connect)
   */
  connect(path: string, options: ConnectOptions = {}): Yieldable<Result<1>> {
    checkPath(path, "connect");
    // In another folder the same words lead elsewhere.
    const where = JSON.stringify(path.startsWith("\0") ? path : resolve(path));
    const destination = (): Destination => new Path(path);
    const wanted = this.wanted(options);
    const wrong = unusable(path);
    return operation(`connect to ${where}`, () =>
      this.attempting(
        "connect",
        where,
        wrong === null
          ? this.reach({ where, peer: path, name: undefined, destination }, wanted)
          : failing(wrong),
      ),
    );
  }

  /** LuaSocket's other name for {@link connect}. */
  setpeername(path: string, options?: ConnectOptions): Yieldable<Result<1>> {
    return this.connect(path, options);
  }

  /**
   * Listen at `path`. The file is removed when the server is closed. One that a dead server has left behind is
   * replaced; a path at which somebody listens, or that is no socket, is "address already in use".
   *
   * @param path of the socket file; on Linux a name that begins with "\0" is an abstract one, without a file
   * @param backlog how many connections may wait to be accepted (default 511); more are reset
   * @returns `[1]`, or "address already in use", "path too long", "permission denied", "no such file or
   * directory", ... Cancelling removes the file. (LuaSocket: unix master:bind)
   */
  bind(path: string, backlog: number = BACKLOG): Yieldable<Result<1>> {
    checkPath(path, "bind");
    checkBacklog(backlog);
    this.mustBind("bind");
    return operation(`bind ${JSON.stringify(path)}`, () =>
      this.attempting("bind", JSON.stringify(path), this.binding(path, backlog)),
    );
  }

  private *binding(path: string, backlog: number): Operation<Result<1>> {
    if (this.closed) return fail("closed");
    const wrong = unusable(path);
    if (wrong !== null) return fail(wrong);
    const failure = yield* this.open({ path }, backlog, JSON.stringify(path));
    if (failure !== null) return fail(failure);
    this.path = path;
    return [1];
  }

  /** LuaSocket's other name for {@link bind}. */
  setsockname(path: string, backlog?: number): Yieldable<Result<1>> {
    return this.bind(path, backlog);
  }

  /**
   * Set how many connections may wait to be accepted. (LuaSocket: unix master:listen)
   *
   * @returns `[1]`; "invalid argument" on an object that was not bound: there is no path that the kernel could choose.
   * TypeError for a client.
   */
  listen(backlog: number = BACKLOG): Yieldable<Result<1>> {
    checkBacklog(backlog);
    if (this.listener === null) this.mustBind("listen");
    return operation("listen", () => this.listening(backlog));
  }

  private *listening(backlog: number): Operation<Result<1>> {
    if (this.closed) return fail("closed");
    if (this.listener === null) return fail("invalid argument");
    return this.listener.listen(backlog);
  }

  protected override sibling(): this {
    const client = new Unix();
    client.path = this.path;
    // The class has no subclasses, so its siblings are of its own type.
    return client as this;
  }

  /** The path that it is bound to, "" for none: `[path]`. (LuaSocket: unix getsockname) */
  getsockname(): Result<string> {
    return this.closed ? fail("closed") : [this.path ?? ""];
  }

  /** The path that it is connected to, "" for one that was accepted: `[path]`. */
  getpeername(): Result<string> {
    if (this.closed) return fail("closed");
    if (this.wire === null || this.dead) return fail("transport endpoint is not connected");
    return [this.peer];
  }

  /**
   * Set an option. Every name of LuaSocket's is known; see docs/options.md.
   *
   * @returns `[1]`, or "option not supported by Node". TypeError for an unknown name or a bad value.
   */
  setoption<N extends string>(name: Dynamic<N>, value?: unknown): Result<1>;
  setoption<N extends keyof SettingsOf<"unix">>(name: N, ...value: Setting<"unix", N>): Result<1>;
  setoption(name: string, value?: unknown): Result<1> {
    return setOption(this, "unix", name, value);
  }

  /** The value of an option: `[value]`, or "option not supported by Node". TypeError for an unknown name. */
  getoption<N extends string>(name: Dynamic<N>): Result<OptionValue>;
  getoption<N extends keyof OptionsOf<"unix">>(name: N): Result<OptionsOf<"unix">[N]>;
  getoption(name: string): Result<OptionValue> {
    return getOption(this, "unix", name);
  }

  /** Always "unix". */
  getfamily(): "unix" {
    return "unix";
  }
}

function* failing(error: SocketError): Operation<Result<1>> {
  return fail(error);
}

/** A path needs no looking up. */
class Path implements Destination {
  readonly waiters = new WaitList();
  readonly done = true;
  readonly error = null;
  readonly cause = undefined;
  readonly targets: [{ path: string }];
  constructor(path: string) {
    this.targets = [{ path }];
  }
}

function checkPath(path: unknown, what: string): void {
  if (typeof path === "string" && path !== "\0" && !path.includes("\0", 1)) return;
  throw new TypeError(`${what}: the path must be a string, not ${shown(path)}`);
}

/** What the system would say of a path that is none. */
function unusable(path: string): SocketError | null {
  if (path === "") return "invalid argument";
  const longest = LONGEST_PATH + (path.startsWith("\0") ? 1 : 0);
  return Buffer.byteLength(path) > longest ? "path too long" : null;
}
