/** A server of Node's as a handler of `serve`: who accepts, encrypts, limits and stops is `serve`; what is spoken is the server's. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Operation } from "effection";
import {
  Deadline,
  type Expiring,
  operation,
  reactor,
  shown,
  Until,
  type Yieldable,
} from "../../reactor/index.js";
import { endpointOf, type Listener } from "../connect/index.js";
import { type GivenAway, NEWCOMER } from "../connection/index.js";
import type { NodeServer, Socket } from "../network/index.js";
import { BEGIN, type Begins, type Begun } from "./handing.js";
import { given } from "../stream/index.js";
import type { Tcp } from "../tcp/index.js";
import type { Unix } from "../unix/index.js";

const HANDLER = "a handler of nodeHandler";

/** What servers of node:http have beside, and Node's types of node:net's leave out. */
interface Settings {
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveInitialDelay?: number;
  allowHalfOpen?: boolean;
  /** Of node:http. */
  closeIdleConnections?(): void;
  /** Of node:tls. */
  addContext?: unknown;
}
type Served = NodeServer & Settings;

/**
 * A handler for `serve` that gives each connection to a server of Node's: of node:http, https, http2, net or tls, which need not listen,
 * and whatever uses one: Express, Fastify, ws.
 *
 * TLS (`serve`'s `tls`; with ALPN for http2), `maxConnections`, `grace` and simulation are `serve`'s; timeouts of requests and of
 * idle connections, and limits of headers, the server's own. A handler ends with its connection, however long the server keeps it. What is
 * given to nothing but this handler, in the clear, has no fiber of its own.
 *
 * When `serve` is halted, or its listener is closed, connections of HTTP between two requests are closed at once, and new ones that
 * have said nothing 5 seconds after they came; requests in flight are
 * answered within the grace, the last of a connection with "Connection: close" if its headers have not been written; http2 sessions are told to go away. Then
 * what is left is destroyed: also upgraded connections (WebSocket), which end themselves when they learn of it (`client.closing()`).
 *
 * @param server one of Node's; close it when it is served no more: its own timers end then
 * @returns a handler; TypeError for what is no server of Node's
 *
 * @example
 * const { createServer } = process.getBuiltinModule("node:http");
 * const http = createServer((request, response) => response.end(`you asked for ${request.url}\n`));
 * const server = socket.try(yield* socket.bind("*", 8080));
 * yield* serve(server, nodeHandler(http), { maxConnections: 1000, grace: 10 });
 */
export function nodeHandler(server: NodeServer): (client: Tcp | Unix) => Yieldable<void> {
  mustBeServer(server);
  const requests = Requests.of(server);
  const handler = (client: Tcp | Unix): Yieldable<void> =>
    operation(HANDLER, () => visit(requests, client));
  const begins: Begins = {
    [BEGIN]: (stream, origin) => requests.begin(stream, origin, reactor.clock.now()),
  };
  return Object.assign(handler, begins);
}

function mustBeServer(server: unknown): void {
  const { emit, listen } = (server ?? {}) as Partial<NodeServer>;
  if (typeof server === "object" && typeof emit === "function" && typeof listen === "function")
    return;
  const hint =
    typeof server === "function"
      ? "http.createServer(app)"
      : (server as { server?: unknown } | null)?.server === undefined
        ? "http.createServer(...)"
        : "its .server";
  throw new TypeError(
    `nodeHandler takes a server of Node's, not ${shown(server)}: nodeHandler(${hint})`,
  );
}

function* visit(requests: Requests, client: Tcp | Unix): Operation<void> {
  const endpoint = endpointOf(client);
  const connection = given(client, "nodeHandler");
  const born = endpoint?.connection.born ?? 0;
  const exchange = requests.begin(connection.stream, endpoint?.origin ?? null, born);
  try {
    yield* closed(connection);
  } finally {
    exchange.over();
  }
}

function closed(connection: GivenAway): Operation<boolean> {
  const what = "a server of Node's to close its connection";
  return new Until(what, "inactive", connection.waiters, () => connection.over, Infinity);
}

/** What a connection is busy with: kept on it, because what a WeakMap has lives until V8 collects its old generation. */
const EXCHANGE = Symbol("cosocket.exchange");

/** A socket with what is set on it, here and by Node: of requests that wait for one another, the one that is being answered. */
type Busy = Socket & { [EXCHANGE]?: Exchange; _httpMessage?: ServerResponse | null };

/** What the connections of one server are busy with. */
class Requests {
  private static readonly known = new WeakMap<NodeServer, Requests>();
  private latest: Exchange | null = null;
  private closing = false;

  static of(server: Served): Requests {
    let requests = this.known.get(server);
    if (requests === undefined) this.known.set(server, (requests = new Requests(server)));
    return requests;
  }

  private constructor(private readonly server: Served) {
    server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
      if (request.httpVersionMajor === 1) (request.socket as Busy)[EXCHANGE]?.begun(response);
    });
    // It is made while the server is told of the connection.
    server.on("session", (session: ServerHttp2Session) => this.latest?.opened(session));
    if (!server.listening) track(server);
  }

  /** Whether its clients speak first. */
  get ofHttp(): boolean {
    return this.server.closeIdleConnections !== undefined;
  }

  /** Give a connection to the server. @param origin where it came in, @param born when, in the clock's seconds */
  begin(stream: Busy, origin: Listener | null, born: number): Exchange {
    const { server } = this;
    stream.allowHalfOpen = server.allowHalfOpen === true;
    if (server.noDelay === true) stream.setNoDelay(true);
    if (server.keepAlive === true) stream.setKeepAlive(true, server.keepAliveInitialDelay);
    const exchange = new Exchange(stream, this, origin, born + NEWCOMER);
    this.latest = stream[EXCHANGE] = exchange;
    try {
      // Of a server that encrypts itself: it need not.
      const secured = "encrypted" in stream && server.addContext !== undefined;
      server.emit(secured ? "secureConnection" : "connection", stream);
    } catch (error) {
      exchange.over();
      throw error;
    }
    if (origin?.over === true) exchange.end();
    return exchange;
  }

  /** Once for all connections that ask for it at a time: Node looks through all. */
  closeIdle(): void {
    if (this.closing) return;
    this.closing = true;
    queueMicrotask(() => {
      this.closing = false;
      this.server.closeIdleConnections?.();
    });
  }
}

/** Node counts the connections of a server, and looks at the timeouts of their requests, from when it listens. */
function track(server: NodeServer): void {
  for (const listener of server.listeners("listening"))
    if (listener.name === "setupConnectionsTracking") listener.call(server);
}

/** What one connection is busy with. */
class Exchange implements Expiring, Begun {
  private ending = false;
  /** Requests have come. */
  private asked = false;
  /** The request that has come last, if others are to be answered before it. */
  private queued: ServerResponse | null = null;
  /** It is to say that it is the last. */
  private last: ServerResponse | null = null;
  private session: ServerHttp2Session | null = null;
  /** Until a newcomer has had time for his request. */
  private deadline: Deadline | null = null;
  private readonly tell = (): void => this.end();

  /** @param settled when it is no newcomer any more, in the clock's seconds: his request may be on its way */
  constructor(
    private readonly stream: Busy,
    private readonly requests: Requests,
    private readonly origin: Listener | null,
    private readonly settled: number,
  ) {
    origin?.ending.add(this.tell);
  }

  begun(response: ServerResponse): void {
    this.asked = true;
    this.queued = response === this.stream._httpMessage ? null : response;
    if (!this.ending) return;
    this.sayLast(response);
    this.lookAfter(response);
  }

  opened(session: ServerHttp2Session): void {
    this.session ??= session;
    if (this.ending) session.close();
  }

  /** The server accepts no more: end what is not busy, now, and the rest when it has done what it is busy with. */
  end(): void {
    this.ending = true;
    if (this.session !== null) this.session.close();
    else if (!this.silent) this.look();
    else if (this.settled > reactor.clock.now())
      reactor.timers.arm((this.deadline ??= new Deadline(false)), this.settled, this);
    else this.stream.destroySoon();
  }

  /** Nothing has come at all, of a client that speaks first. */
  private get silent(): boolean {
    return !this.asked && this.requests.ofHttp && this.stream.bytesRead === 0;
  }

  expire(): void {
    if (this.silent && this.session === null) this.stream.destroySoon();
  }

  /** Its connection has closed. */
  over(): void {
    this.origin?.ending.delete(this.tell);
    if (this.deadline !== null) reactor.timers.remove(this.deadline);
  }

  private look(): void {
    const { _httpMessage: response } = this.stream;
    if (!response) return this.requests.closeIdle();
    if (this.last === null) this.sayLast(this.queued ?? response);
    this.lookAfter(response);
  }

  private lookAfter(response: ServerResponse): void {
    response.once("close", () => this.look());
  }

  /** It says "Connection: close", unless its headers are written; nobody before it does, or it would not be answered. (RFC 9112, 9.6) */
  private sayLast(response: ServerResponse): void {
    if (this.last !== null) this.last.shouldKeepAlive = true;
    this.last = response.shouldKeepAlive && !response.headersSent ? response : null;
    if (this.last !== null) this.last.shouldKeepAlive = false;
  }
}
