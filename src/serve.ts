import type { Operation } from "effection";
import {
  type Fiber,
  fork,
  forkIn,
  type Supervisor,
  Until,
  useFiber,
  WaitList,
} from "../reactor/index.js";
import type { Tcp } from "./tcp/tcp.js";

/** Runs one connection. The client is closed when it ends. */
export type Handler = (client: Tcp) => Operation<unknown> | void;

/** Takes the error of a handler. (Copas: seterrorhandler) */
export type ErrorHandler = (error: unknown, fiber: Fiber, client: Tcp) => void;

export interface ServeOptions {
  /** Name of the server in `fibers()` and in error reports; its handlers are `<name>:client_<n>`. Default "server". */
  name?: string;
  /** Most clients at a time; further ones wait to be accepted, as many as the backlog. Default: no limit. */
  maxConnections?: number;
  /** Seconds that handlers may go on when the server is halted, before they are halted, too. Default 0. */
  grace?: number;
  /** Takes errors of handlers; the server goes on. Default: prints them on stderr, with names and the whole stack. */
  errorhandler?: ErrorHandler;
}

/**
 * Accept connections and run `handler` for each, concurrently, in a fiber of its own. Does not return before the server is closed.
 *
 * The client is closed when its handler ends, however it ends. An error in a handler goes to the error handler, and the server
 * goes on. Cancelling `serve` frees the port at once, lets the handlers go on for `grace` seconds, halts those that
 * are left, and ends when their `finally` blocks have run and what they sent has been delivered.
 *
 * TypeError when `server` does not listen. (Copas: addserver)
 */
export function* serve(server: Tcp, handler: Handler, options: ServeOptions = {}): Operation<void> {
  const {
    name = "server",
    maxConnections = Infinity,
    grace = 0,
    errorhandler = printError,
  } = options;
  if (typeof handler !== "function") {
    throw new TypeError("serve takes a handler: serve(server, function* (client) { ... })");
  }
  if (!(maxConnections > 0))
    throw new TypeError(`serve: maxConnections must be positive, not ${maxConnections}`);
  if (!(grace >= 0)) throw new TypeError(`serve: grace must be a number of seconds, not ${grace}`);
  server.accept();
  const fiber = yield* fork(
    () => new Service(server, handler, errorhandler, name, maxConnections).run(grace),
    { name },
  );
  yield* fiber;
}

class Service {
  private live = 0;
  private readonly changed = new WaitList();

  constructor(
    private readonly server: Tcp,
    private readonly handler: Handler,
    private readonly errorhandler: ErrorHandler,
    private readonly name: string,
    private readonly maxConnections: number,
  ) {}

  *run(grace: number): Operation<void> {
    // Inside a fiber of its own, so there is one.
    const me = (yield* useFiber())!;
    this.server.ownedBy(me);
    try {
      for (;;) {
        if (this.live >= this.maxConnections)
          yield* this.until(() => this.live < this.maxConnections, Infinity);
        const [client, err] = yield* this.server.accept();
        if (err === "timeout") continue;
        if (err) break;
        this.start(client, me);
      }
      yield* this.until(() => this.live === 0, Infinity);
    } finally {
      this.server.close();
      // It waits in the fiber's own generator, where a halt is not lost (docs/rationale.md).
      if (grace > 0) yield* this.until(() => this.live === 0, grace);
    }
  }

  private until(condition: () => boolean, seconds: number): Operation<boolean> {
    return new Until(`${this.name}'s clients to end`, "inactive", this.changed, condition, seconds);
  }

  private start(client: Tcp, me: Fiber): void {
    this.live++;
    const { handler } = this;
    const body = (): Operation<unknown> => handler(client) as Operation<unknown>;
    client.ownedBy(forkIn(me, body, new Visit(this, client), `${this.name}:client`) as Fiber);
  }

  failed(error: unknown, fiber: Fiber, client: Tcp): void {
    this.errorhandler(error, fiber, client);
  }

  ended(): void {
    this.live--;
    this.changed.wakeAll();
  }
}

/** One client's stay: what is kept of it beside its fiber. */
class Visit implements Supervisor {
  constructor(
    private readonly service: Service,
    private readonly client: Tcp,
  ) {}
  failed(error: unknown, fiber: Fiber): void {
    this.service.failed(error, fiber, this.client);
  }
  ended(): void {
    this.service.ended();
  }
}

function printError(error: unknown, fiber: Fiber, client: Tcp): void {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  console.error(`${fiber.name}, ${String(client)}: ${text}`);
}
