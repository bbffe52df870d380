/** The accept loop. */
import type { Operation } from "effection";
import {
  type Fiber,
  fork,
  forkIn,
  operation,
  type Supervisor,
  Until,
  useFiber,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import {
  engineOf,
  errorText,
  Limits,
  open,
  operationOf,
  print,
  type Result,
} from "../object/index.js";
import { Accept, type Endpoint, endpointOf, type Listener } from "../connect/index.js";
import type { StreamObject } from "../stream/index.js";
import { IdleClients } from "./idle-clients.js";
import { Handing } from "./handing.js";
import { checkServe, type Settings } from "./options.js";
import type { ProxyPolicy } from "./proxied.js";
import type { ErrorHandler, Handler, Peer, Servable, ServeOptions } from "./types.js";

/**
 * Accept connections and run `handler` for each, concurrently, in a fiber of its own. Does not return before the server is closed.
 *
 * The client is closed when its handler ends, however it ends. An error in a handler goes to the error handler, and the server
 * goes on. Cancelling `serve` frees the port at once, lets the handlers go on for `grace` seconds (clients that had come in by then are
 * served, too), halts those that are left, and ends when their `finally` blocks have run and what they sent has been delivered. Handlers
 * see it coming: `client.closing()`.
 *
 * A UDP object has no connections: its handler is run once, with the object, which is closed with it.
 *
 * TypeError when `server` does not listen (or is not bound), and for options that are misspelt or wrong. (Copas: addserver)
 *
 * @example
 * const server = socket.try(yield* socket.bind("*", 7777));
 * yield* serve(server, function* (client) {
 *   const [line] = yield* client.receive("*l");
 *   yield* client.send(line + "\n");
 * });
 */
export function serve<Client extends Servable>(
  server: Client,
  handler: Handler<Client>,
  options: ServeOptions<Client> = {},
): Yieldable<void> {
  const settings = checkServe(server, handler, options);
  const { name, grace } = settings;
  const service = new Service(server, handler, { ...options, ...settings });
  return operation(`serve ${name}`, function* (): Operation<void> {
    const fiber = yield* fork(() => service.run(grace), { name });
    // At once: it may be halted before it begins.
    engineOf(server).ownedBy(fiber);
    yield* fiber;
  });
}

/** Options with their defaults. */
type Settled<Client extends Servable> = Omit<ServeOptions<Client>, keyof Settings> & Settings;

/** Seconds that the primary process may take to answer. */
const PATIENCE = 2;

class Service<Client extends Servable> {
  live = 0;
  errors = 0;
  /** Something has happened that whoever waits for the end should look at. */
  private stirs = 0;
  private readonly changed = new WaitList();
  private readonly idle: IdleClients | null;
  private readonly errorhandler: ErrorHandler<Client>;

  constructor(
    private readonly server: Client,
    private readonly handler: Handler<Client>,
    private readonly options: Settled<Client>,
  ) {
    this.idle = options.idle === "close" ? new IdleClients() : null;
    this.errorhandler = options.errorhandler ?? printError;
  }

  *run(grace: number): Operation<void> {
    // Inside a fiber of its own, so there is one.
    const me = (yield* useFiber())!;
    const endpoint = endpointOf(this.server);
    const listener = endpoint?.listener ?? null;
    try {
      if (endpoint === null) this.start(this.server, me, `${this.options.name}:handler`);
      else if (listener !== null) yield* this.acceptAll(endpoint, listener, me);
      yield* this.drain(listener, me, Infinity);
    } finally {
      this.server.close();
      // It waits in the fiber's own generator, where a halt is not lost (docs/rationale.md).
      // eslint-disable-next-line cosocket/no-waiting-in-finally
      if (grace > 0) yield* this.drain(listener, me, grace);
      listener?.abandon();
      // eslint-disable-next-line cosocket/no-waiting-in-finally
      if (listener?.settled === false) yield* settled(listener);
    }
  }

  get name(): string {
    return this.options.name;
  }

  private get full(): boolean {
    return this.live >= this.options.maxConnections;
  }

  private *acceptAll(server: Endpoint, listener: Listener, me: Fiber): Operation<void> {
    listener.service = this;
    const stir = (): void => this.stir();
    listener.ending.add(stir);
    // Made once: it is kept by every client's fiber.
    const names = `${this.options.name}:client`;
    listener.direct = this.direct(server, me, names);
    // What is given directly waits only where there was no room for it.
    const next = (): boolean =>
      listener.over || (!this.full && (listener.direct === null || !listener.empty));
    const accept = `accept on ${String(server.connection)}`;
    while (!listener.over) {
      if (!next()) {
        yield* this.until(next, Infinity, this.full ? undefined : accept);
        continue;
      }
      const accepting: Operation<Result<object>> = new Accept(server, listener, true);
      const [client, err] = yield* accepting;
      if (err) return;
      // What a server accepts is of its own class.
      this.start(client as Client, me, names);
    }
  }

  /** Give what has come in to a server of Node's, if there is room. */
  private direct(server: Endpoint, me: Fiber, names: string): Listener["direct"] {
    const { proxy, tls } = this.options;
    const atOnce = proxy === undefined && tls === undefined;
    const handing = atOnce ? Handing.of(this.handler, server, me) : null;
    if (handing === null) return null;
    return (transport) => {
      if (this.full) return false;
      this.live++;
      const failed = handing.hand(transport, () => this.left());
      if (failed === null) return true;
      this.live--;
      this.start(failed.client as Client, me, names, failed.handler);
      return true;
    };
  }

  /** It accepts no more: serve those that had come in by then, until the last has ended, or for so many seconds. */
  private *drain(listener: Listener | null, me: Fiber, seconds: number): Operation<void> {
    const limits = new Limits(Infinity, seconds);
    this.idle?.begin(() => this.stir());
    for (;;) {
      while (listener?.empty === false && !this.full)
        this.start(listener.take().handle as Client, me, `${this.options.name}:client`);
      this.idle?.close();
      if (this.live === 0) return;
      const { stirs } = this;
      if (!(yield* this.until(() => this.stirs !== stirs, limits.next()))) return;
    }
  }

  private until(
    condition: () => boolean,
    seconds: number,
    what = `${this.options.name}'s clients to end`,
  ): Operation<boolean> {
    return new Until(what, "inactive", this.changed, condition, seconds);
  }

  private stir(): void {
    this.stirs++;
    this.changed.wakeAll();
  }

  private start(client: Client, me: Fiber, names: string, handler = this.handler): void {
    this.live++;
    const { options } = this;
    const { proxy } = options;
    this.idle?.add(endpointOf(client)!.connection);
    const handled = (): Operation<unknown> =>
      options.tls === undefined ? operationOf<unknown>(handler(client)) : this.secured(client);
    const body = proxy === undefined ? handled : () => this.proxied(client, proxy, handled);
    engineOf(client).ownedBy(forkIn(me, body, new Visit(this, client), names) as Fiber);
  }

  /** What handles the connection, once a proxy has said whose it is; not at all if nobody says so who should. */
  private *proxied(
    client: Client,
    proxy: ProxyPolicy,
    handled: () => Operation<unknown>,
  ): Operation<void> {
    const { onproxyerror, tls } = this.options;
    const peer = onproxyerror && peerOf(client);
    // There are no proxies over UDP: checked when serve was called.
    const error = yield* proxy.handle(endpointOf(client)!, handled, tls !== undefined);
    if (error !== null) onproxyerror?.(error, client, peer!);
  }

  /** The handler, once the connection is encrypted; not at all if it cannot be. */
  private *secured(client: Client): Operation<unknown> {
    const { tls, handshakeTimeout, onhandshakeerror } = this.options;
    // There is no TLS over UDP: checked when serve was called.
    const stream = client as Client & StreamObject;
    const peer = onhandshakeerror && peerOf(client);
    const [, error] = yield* stream.dohandshake(tls, handshakeTimeout);
    if (error) return onhandshakeerror?.(error, client, peer!);
    return yield* operationOf<unknown>(this.handler(client));
  }

  /** A handler of errors that fails itself ends nobody. */
  failed(error: unknown, fiber: Fiber, client: Client): void {
    this.errors++;
    open.sockets.totals.handlerErrors++;
    try {
      this.errorhandler(error, fiber, client);
    } catch (another) {
      printError(error, fiber, client);
      print(`${fiber.name}, its error handler: ${errorText(another)}`);
    }
  }

  ended(client: Client): void {
    this.idle?.delete(endpointOf(client)!.connection);
    this.left();
  }

  private left(): void {
    this.live--;
    this.stir();
  }
}

/** Until the process may exit: a primary of node:cluster that does not answer is not waited for. */
function settled(listener: Listener): Operation<boolean> {
  const { opening } = listener;
  return new Until("the end of its server", "inactive", opening, () => listener.settled, PATIENCE);
}

/** One client's stay: what is kept of it beside its fiber. */
class Visit<Client extends Servable> implements Supervisor {
  /** The client ends with its handler, whatever that returns. */
  declare readonly keeps: true;
  constructor(
    private readonly service: Service<Client>,
    private readonly client: Client,
  ) {}
  failed(error: unknown, fiber: Fiber): void {
    this.service.failed(error, fiber, this.client);
  }
  ended(): void {
    this.service.ended(this.client);
  }
}

// On the prototype: there is one of these for each client.
Object.defineProperty(Visit.prototype, "keeps", { value: true });

/** Who it is: asked before what closes it. */
function peerOf<Client extends Servable>(client: Client): Peer<Client> {
  return client.getpeername() as Peer<Client>;
}

function printError(error: unknown, fiber: Fiber, client: Servable): void {
  print(`${fiber.name}, ${String(client)}: ${errorText(error)}`);
}
