/**
 * Stream sockets that listen and connect, whatever their addresses are: LuaSocket's master, server and client in one.
 * `bind` turns a master into a server, `connect` into a client, in place.
 */
import type { Operation } from "effection";
import { operation, reactor, Until, type Fiber, type Yieldable } from "../../reactor/index.js";
import type { SocketError } from "../errors.js";
import { Limits } from "../limits.js";
import type { Endpoint, Place, Wire } from "../network/index.js";
import { fail, type Result } from "../result.js";
import { changed } from "../watch.js";
import { SecurableSocket } from "../tls/securable.js";
import type { TlsContext } from "../tls/context.js";
import { encryptionOf } from "./encrypting.js";
import { Accept, Listener } from "./listener.js";
import { Outgoing, type Request } from "./outgoing.js";
import { checkIdle, checkOptions, type ConnectOptions } from "./pool-options.js";
import { IDLE_TIMEOUT, identity, type Kept, type PoolSettings } from "./pool.js";

type Role = "master" | "server" | "client";

/** Where to connect to. */
type To = Pick<Request, "where" | "peer" | "name" | "destination">;

/** The options of a connect, understood. */
interface Wanted {
  pool: string | undefined;
  settings: PoolSettings;
  context: TlsContext | undefined;
}

export abstract class DomainSocket extends SecurableSocket {
  /** The class in LuaSocket's name of the object: `tcp{client}`. */
  abstract readonly domain: "tcp" | "unix";
  /** @internal */
  role: Role = "master";
  /** @internal Where it listens, while it is a server. */
  listener: Listener<this> | null = null;
  /** How it connects; null before it does. */
  private outgoing: Outgoing | null = null;
  /** What it was connected to, as it was told: a host, a path; "" if it was not. */
  protected peer = "";
  private boundTo: Endpoint | undefined = undefined;
  /** @internal Closed with its fiber, however that ends; otherwise one that returns may pass it on. */
  leaves = false;

  constructor(maker: Fiber | null = reactor.current) {
    super(maker);
  }

  /** Where it is, in words: for `toString`. */
  protected abstract where(): string;
  /** An object of the same kind and options, for a connection that has come in. */
  protected abstract sibling(): this;
  /** Options have been set, or there is a connection to set them on; `all`: others may have set some on it. */
  protected apply(_all?: boolean): void {}
  /** The local address that a connection of it has, or will have; undefined: any. */
  protected get bound(): Endpoint | undefined {
    return this.listener?.local() ?? this.boundTo;
  }

  override toString(): string {
    return `${this.domain}{${this.role}}${this.where()}${this.closed ? " (closed)" : ""}`;
  }

  // ---- connecting -----------------------------------------------------------------------------------------------

  /** What the options say now: who changes them afterwards changes nothing. */
  protected wanted(options: ConnectOptions): Wanted {
    checkOptions(options);
    const { pool, pool_size, backlog, tls = encryptionOf(this) } = options;
    const context = tls === undefined ? undefined : this.prepare(tls);
    return { pool, settings: { pool_size, backlog }, context };
  }

  /** Connect: through a pool, and encrypted if there is a context for it. */
  protected *reach(to: To, { pool, settings, context }: Wanted): Operation<Result<1>> {
    if (this.closed) return fail("closed");
    if (super.pending) return fail("already connected");
    // The kernel's words.
    if (this.listener?.asked)
      return fail(this.domain === "tcp" ? "already connected" : "invalid argument");
    const limits = new Limits(this.timeouts.connect, this.timeouts.total);
    const security = context?.identity(to.name);
    const request = {
      ...to,
      settings,
      pool: JSON.stringify([this.domain, pool === undefined ? "to" : "named", pool ?? to.where]),
      identity: identity(this.bound, security),
    };
    const result = yield* (this.outgoing ??= new Outgoing(this)).connect(request, limits);
    if (result[1] !== undefined) {
      if (result[1] !== "timeout") this.tellError();
      return result;
    }
    const tls = this.wire?.tls;
    // Another task may have waited for the same attempt, and have gone on to encrypt it in its own way.
    if (super.pending || (tls && tls.identity !== security)) return fail("already connected");
    if (tls || context === undefined) return result;
    const [, error] = yield* this.dohandshake(context, Math.max(limits.next(), 0));
    return error ? fail(error) : [1];
  }

  /** @internal */
  becomeClient({ name, peer }: Request, kept: Kept | null): void {
    this.boundTo = this.bound;
    this.listener?.close();
    this.listener = null;
    this.role = "client";
    this.peername = name;
    this.peer = kept?.peer ?? peer;
    this.begin();
  }

  /** @internal */
  suits(_wire: Wire): boolean {
    return true;
  }

  /** @internal */
  disconnected(): void {
    // It may have succeeded, and been halted before anybody was told.
    if (this.wire !== null) this.detach().destroy();
    this.peer = "";
    this.idle();
  }

  /** @internal */
  reuse(wire: Wire): void {
    super.connected(wire);
    this.apply(true);
  }

  /** @internal */
  progressed(): void {
    this.outgoing?.look();
    changed(this);
  }

  protected override get pending(): boolean {
    return this.outgoing?.pending === true || super.pending;
  }

  /** @internal An attempt that has got somewhere needs `connect` to be called again. */
  override get writable(): boolean {
    if (this.listener !== null) return false;
    return this.outgoing?.pending === true ? this.outgoing.turned : super.writable;
  }

  protected override gone(): void {
    super.gone();
    this.outgoing?.leave();
  }

  // ---- the pool -------------------------------------------------------------------------------------------------

  /** What the connection is, as it is now: see {@link Kept.identity}. */
  protected identity(): string {
    return identity(this.bound, this.wire!.tls?.identity);
  }

  /**
   * Put the connection into its pool, for a later `connect` that asks for just such a one; this object is closed.
   *
   * It is kept as what it is: in the clear, or encrypted, with whom, as whom, and verified how. What was set by setoption is not kept:
   * whoever gets it next has the options of his own object.
   *
   * @param timeout seconds that it may be idle there (default 60; 0: for ever)
   * @param size how many may be idle in the pool (default 30), if nobody has said so yet; beyond, the one that was idle
   * for longest is closed
   * @returns `[1]`. Refused, and left as it is: "unread data in buffer"; "connection in dubious state" (a receive or
   * send had failed, was halted, is under way, or has not left yet; one direction is shut down); "closed". TypeError for a
   * connection that was accepted. (OpenResty: tcpsock:setkeepalive; seconds here, not milliseconds)
   */
  setkeepalive(timeout: number = IDLE_TIMEOUT, size?: number): Result<1> {
    checkIdle(timeout, size);
    if (this.closed) return fail("closed");
    this.mustBeClient("setkeepalive");
    if (this.incoming)
      throw new TypeError(
        `setkeepalive: ${String(this)} was accepted, not connected: nobody could ask for it again`,
      );
    if (super.pending || (this.wire === null && this.outgoing?.pending))
      return fail("connection in dubious state");
    if (this.inputOver) return fail("closed");
    if (this.unread > 0) return fail("unread data in buffer");
    this.output?.flush();
    if (!this.calm) return fail("connection in dubious state");
    const kept = { identity: this.identity(), peer: this.peer };
    this.outgoing!.keep(() => ({ ...kept, wire: this.retire() }), timeout, size);
    return [1];
  }

  /** How often the connection came out of a pool: `[0]` for a new one. (OpenResty: tcpsock:getreusedtimes) */
  getreusedtimes(): Result<number> {
    return this.closed ? fail("closed") : [this.outgoing?.reused ?? 0];
  }

  // ---- listening ------------------------------------------------------------------------------------------------

  protected mustBind(what: string): void {
    // That another task is binding it just now is no misuse.
    if (this.closed || this.listener?.opened === false) return;
    if (this.role !== "master" || this.pending)
      throw new TypeError(`${what}: ${this.domain}{master} expected, but this is ${String(this)}`);
  }

  /** Why it cannot be bound now: what it was when the call was made it need not be after a wait. */
  protected get obstacle(): SocketError | null {
    if (this.closed) return "closed";
    return this.role === "master" && !this.pending ? null : "invalid argument";
  }

  /** Listen at `place`. Null: it does; otherwise why not. */
  protected *open(place: Place, backlog: number, where: string): Operation<SocketError | null> {
    if (this.obstacle !== null) return this.obstacle;
    const listener = (this.listener = new Listener<this>(this, backlog));
    this.begin();
    this.role = "server";
    let ready = false;
    try {
      listener.open(place);
      const known = (): boolean => listener.opened || listener.over;
      yield* new Until(`bind ${where}`, "read", listener.opening, known, Infinity);
      if (listener.over) return this.closed ? "closed" : "invalid argument";
      this.lastError = listener.error ?? undefined;
      ready = listener.error === null;
      return listener.word;
    } finally {
      if (!ready) this.stopListening(listener);
    }
  }

  private stopListening(listener: Listener<this>): void {
    listener.close();
    // Another task may have made something else of the object meanwhile.
    if (this.listener !== listener) return;
    this.listener = null;
    this.role = "master";
    this.idle();
  }

  /**
   * Accept a connection; wait for one under the timeout.
   *
   * The client has its own timeouts (none), and the server's encoding and options. It is closed when the fiber that
   * called accept ends.
   *
   * @returns `[client]`, "timeout", or "closed" when the server was closed. TypeError on a client or an unbound
   * object. Cancelling loses no connection: the next accept gets it. (LuaSocket: server:accept)
   */
  accept(): Yieldable<Result<this>> {
    return this.acceptance(false);
  }

  /** @internal For servers' loops: {@link accept}, but the timeouts are for others. Never "timeout". */
  accepting(): Yieldable<Result<this>> {
    return this.acceptance(true);
  }

  private acceptance(patient: boolean): Yieldable<Result<this>> {
    if (this.listener !== null) return new Accept<this>(this, this.listener, patient);
    if (this.closed) return operation(`accept on ${String(this)}`, closed);
    throw new TypeError(
      `accept: ${this.domain}{server} expected, but this is ${String(this)}: bind it first`,
    );
  }

  /** @internal A connection has come in. */
  accepted(wire: Wire): this {
    const client = this.sibling();
    client.role = "client";
    client.incoming = true;
    client.encoding = this.encoding;
    client.lineLimit = this.lineLimit;
    client.linger = this.linger;
    client.connected(wire);
    return client;
  }

  /** @internal Nobody will accept it: reset the connection. */
  abandon(): void {
    this.linger = 0;
    this.close();
  }

  override connected(wire: Wire): void {
    super.connected(wire);
    this.apply();
  }

  /** @internal (select) */
  override get selectable(): boolean {
    if (this.listener !== null) return true;
    // What has failed of a master is no connection.
    return super.selectable && (this.role === "client" || this.pending);
  }
  /** @internal (select) */
  override get readable(): boolean {
    return this.listener === null ? super.readable : !this.listener.empty;
  }

  /** Of a server: connections that were refused because too many waited to be accepted. */
  get refused(): number {
    return this.listener?.refused ?? 0;
  }

  override inherit(heir: Fiber | null): void {
    if (!this.leaves) super.inherit(heir);
  }

  override getfd(): number {
    return this.listener?.fd() ?? super.getfd();
  }

  // ---- both -----------------------------------------------------------------------------------------------------

  override close(): 1 {
    if (this.closed) return 1;
    super.close();
    this.outgoing?.close();
    this.listener?.close();
    this.listener = null;
    return 1;
  }

  protected override mustBeClient(what: string): void {
    if (this.role === "client") return;
    const hint = this.role === "server" ? "accept a client from it" : "connect it";
    throw new TypeError(
      `${what}: ${this.domain}{client} expected, but this is ${String(this)}: ${hint} first`,
    );
  }
}

function* closed(): Operation<Result<never>> {
  return fail("closed");
}
