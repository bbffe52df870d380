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
import { endpointOf } from "../connect/index.js";
import { type GivenAway, NEWCOMER } from "../connection/index.js";
import type { NodeServer, Socket } from "../network/index.js";
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
 * TLS (`serve`'s `tls`; with ALPN for http2), `maxConnections`, names, `grace` and simulation are `serve`'s; timeouts of requests and of
 * idle connections, and limits of headers, the server's own. A handler ends with its connection, however long the server keeps it.
 *
 * When `serve` is halted, or its listener is closed, connections of HTTP between two requests are closed at once, and new ones that
 * have said nothing 5 seconds after they came; requests in flight are
 * answered within the grace, with "Connection: close" if their headers have not been sent; http2 sessions are told to go away. Then
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
  return (client) => operation(HANDLER, () => visit(server, requests, client));
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

function* visit(server: Served, requests: Requests, client: Tcp | Unix): Operation<void> {
  const endpoint = endpointOf(client);
  const origin = endpoint?.origin;
  const born = endpoint?.connection.born ?? 0;
  const connection = given(client, "nodeHandler");
  const { stream } = connection;
  stream.allowHalfOpen = server.allowHalfOpen === true;
  if (server.noDelay === true) stream.setNoDelay(true);
  if (server.keepAlive === true) stream.setKeepAlive(true, server.keepAliveInitialDelay);
  const exchange = requests.begin(stream, born + NEWCOMER);
  const end = (): void => exchange.end();
  origin?.ending.add(end);
  try {
    // Of a server that encrypts itself: it need not.
    const secured = "encrypted" in stream && server.addContext !== undefined;
    server.emit(secured ? "secureConnection" : "connection", stream);
    if (origin?.over === true) end();
    yield* closed(connection);
  } finally {
    origin?.ending.delete(end);
    exchange.over();
  }
}

function closed(connection: GivenAway): Operation<boolean> {
  const what = "a server of Node's to close its connection";
  return new Until(what, "inactive", connection.waiters, () => connection.over, Infinity);
}

/** What the connections of one server are busy with. */
class Requests {
  private static readonly known = new WeakMap<NodeServer, Requests>();
  private readonly exchanges = new WeakMap<object, Exchange>();
  private latest: Exchange | null = null;
  private closing = false;

  static of(server: Served): Requests {
    let requests = this.known.get(server);
    if (requests === undefined) this.known.set(server, (requests = new Requests(server)));
    return requests;
  }

  private constructor(private readonly server: Served) {
    server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
      if (request.httpVersionMajor === 1) this.exchanges.get(request.socket)?.begun(response);
    });
    // It is made while the server is told of the connection.
    server.on("session", (session: ServerHttp2Session) => this.latest?.opened(session));
    if (!server.listening) track(server);
  }

  /** Whether its clients speak first. */
  get ofHttp(): boolean {
    return this.server.closeIdleConnections !== undefined;
  }

  begin(stream: Socket, settled: number): Exchange {
    const exchange = (this.latest = new Exchange(stream, this, settled));
    this.exchanges.set(stream, exchange);
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

/** How many requests its connection had when this was one of them: kept on it, so that nothing need be told when it is answered. */
const NUMBER = Symbol("cosocket.request");

type Answer = ServerResponse & { [NUMBER]?: number };

/** What one connection is busy with. */
class Exchange implements Expiring {
  private ending = false;
  /** Until a newcomer has had time for his request. */
  private readonly deadline = new Deadline(false);
  /** Requests that have come. */
  private requested = 0;
  private session: ServerHttp2Session | null = null;

  /** @param settled when it is no newcomer any more, in the clock's seconds: his request may be on its way */
  constructor(
    private readonly stream: Socket,
    private readonly requests: Requests,
    private readonly settled: number,
  ) {}

  begun(response: Answer): void {
    response[NUMBER] = ++this.requested;
    if (this.ending) this.endAfter(response);
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
      reactor.timers.arm(this.deadline, this.settled, this);
    else this.stream.destroySoon();
  }

  /** Nothing has come at all, of a client that speaks first. */
  private get silent(): boolean {
    return this.requested === 0 && this.requests.ofHttp && this.stream.bytesRead === 0;
  }

  expire(): void {
    if (this.silent && this.session === null) this.stream.destroySoon();
  }

  /** Its connection has closed. */
  over(): void {
    reactor.timers.remove(this.deadline);
  }

  /** Of requests that wait for one another, the one that is being answered: Node keeps it on the socket. */
  private look(): void {
    const { _httpMessage: response } = this.stream as { _httpMessage?: Answer | null };
    if (response) this.endAfter(response);
    else this.requests.closeIdle();
  }

  private endAfter(response: Answer): void {
    // Those behind it would not be answered any more.
    if (response[NUMBER] === this.requested && !response.headersSent)
      response.setHeader("Connection", "close");
    response.once("close", () => this.look());
  }
}
