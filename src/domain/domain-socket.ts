/**
 * Stream sockets that listen and connect, whatever their addresses are: LuaSocket's master, server and client in one.
 * `bind` turns a master into a server, `connect` into a client, in place.
 */
import type { Operation } from "effection";
import { operation, reactor, Until, type Fiber, type Yieldable } from "../../reactor/index.js";
import type { SocketError } from "../errors.js";
import { Limits } from "../limits.js";
import type { Place, Wire } from "../network/index.js";
import { fail, type Result } from "../result.js";
import { SecurableSocket } from "../tls/securable.js";
import { Connecting } from "./connecting.js";
import { Accept, Listener } from "./listener.js";
import { IDLE_TIMEOUT, Pool, type PoolOptions } from "./pool.js";

type Role = "master" | "server" | "client";

export abstract class DomainSocket extends SecurableSocket {
  /** The class in LuaSocket's name of the object: `tcp{client}`. */
  abstract readonly domain: "tcp" | "unix";
  /** @internal */
  role: Role = "master";
  /** @internal Where it listens, while it is a server. */
  listener: Listener<this> | null = null;
  protected connecting: Connecting | null = null;
  /** @internal Closed with its fiber, however that ends; otherwise one that returns may pass it on. */
  leaves = false;
  /** The pool that its connection counts in, if it was made by connect. */
  private membership: { pool: Pool; reused: number } | null = null;

  constructor(maker: Fiber | null = reactor.current) {
    super(maker);
  }

  /** Where it is, in words: for `toString`. */
  protected abstract where(): string;
  /** An object of the same kind and options, for a connection that has come in. */
  protected abstract sibling(): this;
  /** Options have been set, or there is a connection to set them on. */
  protected apply(): void {}

  override toString(): string {
    return `${this.domain}{${this.role}}${this.where()}${this.closed ? " (closed)" : ""}`;
  }

  // ---- connecting -----------------------------------------------------------------------------------------------

  /** The attempt that is under way, or a new one; the answer if neither is possible. */
  protected attempt(begin: () => Connecting): Connecting | Result<1> {
    if (this.closed) return fail("closed");
    if (this.connecting !== null) return this.connecting;
    if (this.wire !== null) return fail("already connected");
    this.listener?.close();
    this.listener = null;
    this.role = "client";
    this.begin();
    return (this.connecting = begin());
  }

  /** Wait until the attempt has succeeded or failed, or the timeout is over: then it goes on. */
  protected *finish(connecting: Connecting): Operation<Result<1>> {
    const limits = new Limits(this.timeouts.connect, this.timeouts.total);
    let undecided = true;
    try {
      const result = yield* this.follow(connecting, limits);
      undecided = false;
      return result;
    } finally {
      if (undecided) this.stopConnecting();
    }
  }

  private *follow(connecting: Connecting, limits: Limits): Operation<Result<1>> {
    for (;;) {
      const result = this.closed ? fail("closed") : connecting.advance();
      if (result !== null) {
        this.connecting = null;
        if (result[1] !== undefined) this.stopConnecting();
        return result;
      }
      const { waiters, done } = connecting.step;
      const what = `connect to ${connecting.where}`;
      if (yield* new Until(what, "write", waiters, () => done() || this.closed, limits.next()))
        continue;
      if (limits.over || !connecting.hasAlternative) return fail("timeout");
      connecting.giveUp();
    }
  }

  // ---- the pool -------------------------------------------------------------------------------------------------

  /**
   * Connect through a pool: take an idle connection of it, or make one with `connect`. OpenResty looks there always;
   * so do we, and where nobody has called setkeepalive there is nothing to be found.
   */
  protected *pooled(
    name: string,
    options: PoolOptions,
    connect: () => Operation<Result<1>>,
  ): Operation<Result<1>> {
    if (this.closed || this.wire !== null || this.connecting !== null) return yield* connect();
    this.leavePool();
    const pool = Pool.of(name, options);
    const idle = yield* pool.enter(new Limits(this.timeouts.connect, this.timeouts.total));
    if (typeof idle === "string") return fail(idle);
    this.membership = { pool, reused: idle === null ? 0 : idle.reused + 1 };
    if (idle === null) return yield* this.counted(connect);
    this.role = "client";
    this.begin();
    this.connected(idle.wire);
    return [1];
  }

  /** An attempt that fails, or is given up, does not count. One that timed out goes on, and does. */
  private *counted(connect: () => Operation<Result<1>>): Operation<Result<1>> {
    let error: SocketError | undefined = "closed";
    try {
      const result = yield* connect();
      error = result[1];
      return result;
    } finally {
      if (error !== undefined && error !== "timeout") this.leavePool();
    }
  }

  private leavePool(): void {
    const { membership } = this;
    this.membership = null;
    membership?.pool.left();
  }

  protected override gone(): void {
    super.gone();
    this.leavePool();
  }

  /**
   * Put the connection into its pool, for a later `connect` to the same host; this object is closed.
   *
   * @param timeout seconds that it may be idle there (default 60; 0: for ever)
   * @param size how many may be idle in the pool (default 30); the one that was idle for longest is closed beyond
   * @returns `[1]`. Refused, and left as it is: "unread data in buffer"; "connection in dubious state" (a receive or
   * send had failed, is under way, or has not left yet; one direction is shut down); "closed". TypeError for a
   * connection that was accepted. (OpenResty: tcpsock:setkeepalive; seconds here, not milliseconds)
   */
  setkeepalive(timeout: number = IDLE_TIMEOUT, size?: number): Result<1> {
    if (!(timeout >= 0))
      throw new TypeError(`setkeepalive takes a number of seconds, not ${String(timeout)}`);
    if (size !== undefined && !(Number.isInteger(size) && size > 0))
      throw new TypeError(
        `setkeepalive: the pool's size is a positive integer, not ${String(size)}`,
      );
    if (this.closed) return fail("closed");
    this.mustBeClient("setkeepalive");
    const { membership } = this;
    if (membership === null)
      throw new TypeError(
        `setkeepalive: ${String(this)} was accepted, not connected: nobody could ask for it again`,
      );
    if (this.inputOver) return fail("closed");
    if (this.unread > 0) return fail("unread data in buffer");
    this.output?.flush();
    if (!this.calm) return fail("connection in dubious state");
    this.membership = null;
    const wire = this.retire();
    membership.pool.put(wire, membership.reused, timeout, size);
    return [1];
  }

  /** How often the connection came out of a pool: `[0]` for a new one. (OpenResty: tcpsock:getreusedtimes) */
  getreusedtimes(): Result<number> {
    return this.closed ? fail("closed") : [this.membership?.reused ?? 0];
  }

  private stopConnecting(): void {
    this.connecting?.abort();
    this.connecting = null;
    if (this.wire === null) this.idle();
  }

  protected override get pending(): boolean {
    return this.connecting !== null || super.pending;
  }

  /** @internal An attempt that has got somewhere needs `connect` to be called again. */
  override get writable(): boolean {
    return this.connecting?.turned ?? super.writable;
  }

  // ---- listening ------------------------------------------------------------------------------------------------

  protected mustBeMaster(what: string): void {
    if (this.role !== "master")
      throw new TypeError(`${what}: ${this.domain}{master} expected, but this is ${String(this)}`);
  }

  /** Listen at `place`. Null: it does; otherwise why not. */
  protected *open(place: Place, backlog: number, where: string): Operation<SocketError | null> {
    const listener = (this.listener = new Listener<this>(this, backlog));
    this.begin();
    this.role = "server";
    let ready = false;
    try {
      listener.open(place);
      yield* new Until(`bind ${where}`, "read", listener.opening, () => listener.opened, Infinity);
      this.lastError = listener.error ?? undefined;
      ready = listener.error === null && !this.closed;
      return this.closed ? "closed" : listener.word;
    } finally {
      if (!ready) {
        listener.close();
        this.listener = null;
        this.role = "master";
        this.idle();
      }
    }
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

  override connected(wire: Wire): void {
    super.connected(wire);
    this.apply();
  }

  /** @internal (select) */
  override get selectable(): boolean {
    return this.listener !== null || super.selectable;
  }
  /** @internal (select) */
  override get readable(): boolean {
    return this.listener === null ? super.readable : !this.listener.empty;
  }

  /** Of a server: connections that were refused because too many waited to be accepted. */
  get refused(): number {
    return this.listener?.refused ?? 0;
  }

  override inherit(heir: Fiber): void {
    if (!this.leaves) super.inherit(heir);
  }

  override getfd(): number {
    return this.listener?.fd() ?? super.getfd();
  }

  // ---- both -----------------------------------------------------------------------------------------------------

  override close(): 1 {
    if (this.closed) return 1;
    const { connecting } = this;
    this.connecting = null;
    connecting?.abort();
    super.close();
    connecting?.waiters.wakeAll();
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

/** Misuse throws TypeError. */
export function checkBacklog(backlog: unknown): void {
  if (typeof backlog === "number" && Number.isInteger(backlog) && backlog >= 0) return;
  throw new TypeError(
    `the backlog must be a whole number of connections, not ${JSON.stringify(backlog)}`,
  );
}
