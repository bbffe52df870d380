/**
 * What listens and connects, whatever its addresses are, as it is inside: LuaSocket's master, server and client in one. It has the
 * connection of a client, or a listener.
 */
import type { Operation } from "effection";
import { reactor, Until, type Fiber, type WaitList } from "../../reactor/index.js";
import {
  byDefault,
  changed,
  engineOf,
  fail,
  isSocketObject,
  Limits,
  open,
  type OptionAccess,
  type Result,
  type Selectable,
  type SocketError,
} from "../object/index.js";
import type { Endpoint as Address, ListenPlace, Transport } from "../network/index.js";
import { Connection, type Holder, type Role } from "../connection/index.js";
import type { ProxyHeader } from "../proxy/index.js";
import { encrypt } from "../tls/index.js";
import { Introduction } from "./introduction.js";
import { Listener, type Server } from "./listener.js";
import { Outgoing, type Caller, type Request } from "./outgoing.js";
import { identity } from "./pool.js";
import type { Wanted } from "./wanted.js";

/** Where to connect to. */
export type To = Pick<Request, "where" | "peer" | "name" | "destination">;

/** What is inside of a TCP or Unix object; null for anything else. */
export function endpointOf(object: unknown): Endpoint | null {
  const engine = isSocketObject(object) ? engineOf(object) : null;
  const holder = engine instanceof Connection ? engine.holder : null;
  return holder instanceof Endpoint ? holder : null;
}

export abstract class Endpoint implements Holder, Server, Caller {
  /** The class in LuaSocket's name of the object: `tcp{client}`. */
  abstract readonly domain: "tcp" | "unix";
  abstract readonly namedOptions: OptionAccess;
  readonly connection: Connection;
  role: Role = "master";
  /** Where it listens, while it is a server. */
  declare listener: Listener | null;
  /** Where it came in; null if it did not. */
  declare origin: Listener | null;
  /** Those that wait for the end of its server, or for its own. */
  declare endWaiters: WaitList | null;
  /** How it connects; null before it does. */
  declare private outgoing: Outgoing | null;
  declare private boundTo: Address | undefined;
  /** What a proxy has said of the client; null: there was none. */
  declare proxyHeader: ProxyHeader | null;
  /** What the connection has begun with. */
  declare private introduction: Introduction | null;

  /** @param maker the fiber whose end closes it */
  constructor(maker: Fiber | null = reactor.current) {
    this.connection = new Connection(this, maker);
  }

  /** The object that the program holds, made when it is needed. */
  get handle(): object {
    return (this.connection.handle ??= this.wrap());
  }
  protected abstract wrap(): object;

  /** Bind it for `listen`, which does not say where. */
  abstract bindAnywhere(backlog: number): Operation<Result<1>>;
  /** Where it is, in words. */
  protected abstract place(): string;
  /** One of the same kind and options, for a connection that has come in. */
  protected abstract sibling(): Endpoint;
  /** Set the options on the connection; `all`: others may have set some on it. */
  protected apply(_wire: Transport, _all: boolean): void {}
  /** Whether it could have this connection as its own. */
  suits(_wire: Transport): boolean {
    return true;
  }

  toString(): string {
    return `${this.domain}{${this.role}}${this.place()}`;
  }
  get closed(): boolean {
    return this.connection.closed;
  }
  /** The local address that a connection of it has, or will have; undefined: any. */
  get bound(): Address | undefined {
    return this.listener?.local() ?? this.boundTo;
  }

  // ---- connecting -------------------------------------------------------------------------------------------------

  /** Connect: through a pool, and encrypted if there is a context for it. */
  *reach(to: To, { pool, settings, context, header, refused }: Wanted): Operation<Result<1>> {
    const { connection } = this;
    if (connection.closed) return fail("closed");
    if (connection.handshake !== null) return fail("already connected");
    // The kernel's words.
    if (this.listener?.asked)
      return fail(this.domain === "tcp" ? "already connected" : "invalid argument");
    const limits = new Limits(connection.timeouts.connect, connection.timeouts.total);
    const security = context?.identity(to.name);
    const request = {
      ...to,
      settings,
      pool: JSON.stringify([this.domain, pool === undefined ? "to" : "named", pool ?? to.where]),
      identity: identity(this.bound, security, header),
    };
    const result = yield* (this.outgoing ??= new Outgoing(this)).connect(request, limits);
    open.sockets.tried(result[1] === undefined);
    if (result[1] !== undefined) {
      if (result[1] !== "timeout") connection.tellError();
      return result;
    }
    const tls = connection.transport?.tls;
    // Another task may have waited for the same attempt, and have gone on to encrypt it in its own way.
    if (connection.handshake !== null || (tls && tls.identity !== security))
      return fail("already connected");
    if (this.introduction?.isOf(connection) !== true) {
      this.introduction = new Introduction(header);
      const unsent = yield* this.introduction.begin(connection, this.reused > 0);
      if (unsent !== null) return unsent;
    }
    if (tls || context === undefined) return result;
    const seconds = Math.max(limits.next(), 0);
    const failure = yield* encrypt(connection, context, "connect", seconds);
    if (failure === null) return [1];
    refused?.(failure);
    return failure;
  }

  becomeClient(): void {
    const { bound } = this;
    if (bound !== this.boundTo) this.boundTo = bound;
    if (this.listener !== null) {
      this.listener.close();
      this.listener = null;
    }
    this.role = "client";
    this.connection.begin();
  }

  disconnected(): void {
    const { connection } = this;
    // It may have succeeded, and been halted before anybody was told.
    if (connection.transport !== null) connection.detach().destroy();
    connection.idle();
  }

  reuse(transport: Transport): void {
    this.connection.connected(transport, true);
  }

  progressed(): void {
    this.outgoing?.look();
    changed(this.connection);
  }

  /** Put the connection into its pool. (setkeepalive) */
  keep(timeout: number, size: number | undefined): Result<1> {
    const { connection, outgoing } = this;
    if (connection.handshake !== null || (connection.transport === null && outgoing?.pending))
      return fail("connection in dubious state");
    if (connection.reading.ended) return fail("closed");
    if (connection.reading.unread > 0) return fail("unread data in buffer");
    connection.writing.output?.flush();
    if (!connection.calm) return fail("connection in dubious state");
    const kept = {
      identity: identity(
        this.bound,
        connection.transport!.tls?.identity,
        this.introduction?.header,
      ),
      peer: this.peer,
    };
    outgoing!.keep(() => ({ ...kept, transport: connection.retire() }), timeout, size);
    return [1];
  }

  /** What it was connected to, as it was told: a host, a path; "" if it was not. */
  get peer(): string {
    return this.outgoing?.peer ?? "";
  }
  get peername(): string | undefined {
    return this.outgoing?.name;
  }
  get where(): string | undefined {
    return this.outgoing?.where;
  }
  /** How often the connection came out of a pool. */
  get reused(): number {
    return this.outgoing?.reused ?? 0;
  }

  // ---- listening --------------------------------------------------------------------------------------------------

  /** Misuse throws TypeError. */
  mustBind(what: string): void {
    // That another task is binding it just now is no misuse.
    if (this.closed || this.listener?.opened === false) return;
    if (this.role !== "master" || this.connection.pending)
      throw new TypeError(
        `${what}: ${this.domain}{master} expected, but this is ${String(this.connection)}` +
          (this.role === "master" ? ", which is being connected" : ""),
      );
  }

  /** Why it cannot be bound now: what it was when the call was made it need not be after a wait. */
  get obstacle(): SocketError | null {
    if (this.closed) return "closed";
    return this.role === "master" && !this.connection.pending ? null : "invalid argument";
  }

  /** Listen at `place`. Null: it does; otherwise why not. */
  *open(place: ListenPlace, backlog: number, where: string): Operation<SocketError | null> {
    if (this.obstacle !== null) return this.obstacle;
    const listener = (this.listener = new Listener(this, backlog));
    this.connection.begin();
    this.role = "server";
    let ready = false;
    try {
      listener.open(place);
      const known = (): boolean => listener.opened || listener.over;
      yield* new Until(`bind ${where}`, "read", listener.opening, known, Infinity);
      if (listener.over) return this.closed ? "closed" : "invalid argument";
      this.connection.lastError = listener.error ?? undefined;
      if ((ready = listener.error === null)) this.connection.opened();
      return listener.word;
    } finally {
      if (!ready) this.stopListening(listener);
    }
  }

  private stopListening(listener: Listener): void {
    listener.close();
    // Another task may have made something else of the object meanwhile.
    if (this.listener !== listener) return;
    this.listener = null;
    this.role = "master";
    this.connection.idle();
  }

  /** A connection has come in. */
  accepted(transport: Transport): Endpoint {
    const client = this.sibling();
    client.role = "client";
    client.origin = this.listener;
    const { connection } = client;
    connection.incoming = true;
    connection.encoding = this.connection.encoding;
    connection.reading.lineLimit = this.connection.reading.lineLimit;
    connection.linger = this.connection.linger;
    connection.connected(transport);
    return client;
  }

  // ---- of its connection ------------------------------------------------------------------------------------------

  get pending(): boolean {
    return this.outgoing?.pending === true;
  }

  get instead(): Selectable | null {
    return this.listener ?? (this.pending ? this.outgoing : null);
  }

  connected(transport: Transport, reused: boolean): void {
    this.apply(transport, reused);
  }

  gone(): void {
    this.outgoing?.leave();
  }

  onclose(): void {
    this.outgoing?.close();
    this.endWaiters?.wakeAll();
    this.listener?.close();
    if (this.listener !== null) this.listener = null;
  }

  fd(): number {
    return this.listener?.fd() ?? this.connection.transport?.fd() ?? -1;
  }
}

// What is private is no key of the type.
byDefault<object>(Endpoint.prototype, {
  listener: null,
  origin: null,
  endWaiters: null,
  outgoing: null,
  proxyHeader: null,
  introduction: null,
  boundTo: undefined,
});
