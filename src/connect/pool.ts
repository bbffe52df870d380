/**
 * Connections kept for later: OpenResty's connection pool.
 *
 * A pool belongs to a name or to a destination. It counts the connections that were made through it and are open, and
 * keeps those that nobody uses: transports without an object, each filed under what it is, and given only to one who asks for just
 * that. An idle one on which anything arrives, or that ends, is dropped at once, since what comes unasked belongs to nobody.
 * Idle connections do not keep the process alive.
 */
import { Deadline, PENDING, reactor, Wait, WaitList, type Pending } from "../../reactor/index.js";
import type { Endpoint, Protocol, Transport } from "../network/index.js";

/** OpenResty's defaults: seconds that a connection may be idle, and how many may be. */
export const IDLE_TIMEOUT = 60;
export const POOL_SIZE = 30;

/** What is said of the pool itself. */
export interface PoolSettings {
  readonly pool_size?: number | undefined;
  readonly backlog?: number | undefined;
}

/** A connection that is given away, and what there is to know of it. */
export interface Kept {
  readonly transport: Transport;
  /** What it is, as a connect asks for it: equal only if the one connection may stand for the other. */
  readonly identity: string;
  /** What it was connected to. */
  readonly peer: string;
  /** How often it came out of a pool. */
  readonly reused: number;
}

/**
 * What makes two connections to one place different: where they come from, and what their encryption is.
 *
 * @param security of a TLS connection: {@link TlsFacts.identity}
 */
export function identity(
  local: Endpoint | undefined,
  security: string | undefined,
  header: Buffer | undefined,
): string {
  return JSON.stringify([local?.address, local?.port, security, header?.toString("base64")]);
}

/** What kind of connection is wanted. */
export interface Wish {
  /** Where to, in words. */
  readonly where: string;
  /** What {@link Kept.identity} must be. */
  readonly identity: string;
}

/** What it gets: one that was kept, null (make one), or why it gets none. */
export type Served = Kept | null | "closed" | "timeout";

/** The object that wants it. */
export interface Customer {
  readonly closed: boolean;
  /** Whether it could have this connection as its own: one for IPv6 only does not take IPv4. */
  suits(transport: Transport): boolean;
}

/** The idle connections of all pools. */
const everyIdle = new Set<Idle>();

class Idle implements Protocol {
  readonly deadline = new Deadline(false);
  constructor(
    readonly kept: Kept,
    private readonly pool: Pool,
  ) {
    everyIdle.add(this);
  }
  drop(): void {
    this.leave();
    this.kept.transport.destroy();
  }
  leave(): void {
    everyIdle.delete(this);
    reactor.timers.remove(this.deadline);
    this.pool.without(this);
  }
  expire(): void {
    this.drop();
  }
  arrived(): boolean {
    this.drop();
    return false;
  }
  ended(): void {
    this.drop();
  }
  broke(): void {
    this.drop();
  }
  wrote(): void {}
  finished(): void {}
}

/** The pools of each place where code runs, by their keys: hosts of a simulation have nothing in common. */
const places = new WeakMap<object, Map<string, Pool>>();

function poolsHere(): Map<string, Pool> {
  const place = reactor.here();
  let pools = places.get(place);
  if (pools === undefined) places.set(place, (pools = new Map<string, Pool>()));
  return pools;
}

export class Pool {
  /** Those that are open and in use, or being made. */
  private inUse = 0;
  /** The one that was used last is the last. */
  private readonly idle: Idle[] = [];
  private readonly waiting = new WaitList();
  private waiters = 0;
  private size: number | undefined;
  /** How many may wait; undefined: there is no limit to wait at. */
  private backlog: number | undefined;

  private constructor(
    private readonly key: string,
    private readonly pools: Map<string, Pool>,
  ) {}

  /** The pool of this key. Who first says its size, or its backlog, decides, for as long as the pool exists. (OpenResty) */
  static of(key: string, { pool_size, backlog }: PoolSettings = {}): Pool {
    const pools = poolsHere();
    const pool = pools.get(key) ?? new Pool(key, pools);
    pools.set(key, pool);
    pool.size ??= pool_size ?? (backlog === undefined ? undefined : POOL_SIZE);
    pool.backlog ??= backlog;
    return pool;
  }

  /** Drop every idle connection of every pool. */
  static closeAll(): void {
    for (const idle of [...everyIdle]) idle.drop();
  }

  /** Connections that may still be made. Idle ones do not count: they would make room. */
  private get free(): number {
    if (this.backlog === undefined) return Infinity;
    return Math.max((this.size ?? POOL_SIZE) - this.inUse, 0);
  }

  /** Whether one more would have to wait, and may not. */
  get crowded(): boolean {
    return this.backlog !== undefined && this.waiters + 1 - this.free > this.backlog;
  }

  /**
   * Wait for the right to have a connection: an idle one, or null to make one. "closed" if the customer is so meanwhile,
   * "timeout" after `seconds`. Give the right back with {@link put} or {@link left}.
   */
  enter(customer: Customer, wish: Wish, seconds: number): Turn {
    return new Turn(this, customer, wish, seconds);
  }

  /** Keep a connection that was in use. Beyond the size the one that has been idle for longest is closed. */
  put(kept: Kept, timeout: number, size: number | undefined): void {
    this.size ??= size;
    const idle = new Idle(kept, this);
    this.idle.push(idle);
    kept.transport.attach(idle);
    kept.transport.hold(false);
    kept.transport.read();
    if (timeout > 0 && timeout < Infinity)
      reactor.timers.arm(idle.deadline, reactor.clock.now() + timeout, idle);
    this.inUse--;
    this.shrink();
    this.passOn();
  }

  /** A connection in use is gone, or was never made. */
  left(): void {
    this.inUse--;
    this.passOn();
  }

  /** @internal An idle connection is idle no more. */
  without(idle: Idle): void {
    this.idle.splice(this.idle.indexOf(idle), 1);
    this.forget();
  }

  /** @internal Take the fitting connection that was used last; if there is none, see to it that there is room for a new one. */
  take(customer: Customer, { identity }: Wish): Kept | null {
    this.inUse++;
    const idle = this.idle.findLast(
      ({ kept }) => kept.identity === identity && customer.suits(kept.transport),
    );
    if (idle === undefined) {
      this.shrink();
      return null;
    }
    idle.leave();
    idle.kept.transport.hold(true);
    return idle.kept;
  }

  private shrink(): void {
    const size = this.size ?? POOL_SIZE;
    const room = this.backlog === undefined ? size : size - this.inUse;
    while (this.idle.length > Math.max(room, 0)) this.idle[0]!.drop();
  }

  /** @internal Whether there is a connection for `turn`, and for all that came before it. */
  admits(turn: Turn): boolean {
    let { free } = this;
    if (free === Infinity) return true;
    for (const earlier of this.waiting) {
      if (free <= 0 || earlier === turn) break;
      free--;
    }
    return free > 0;
  }

  /** @internal */
  join(turn: Turn): void {
    this.waiting.add(turn);
    this.waiters++;
  }

  /** @internal Served or not: whoever is next may have waited for nothing but this. */
  quit(turn: Turn): void {
    this.waiting.delete(turn);
    this.waiters--;
    this.passOn();
  }

  private passOn(): void {
    if (this.free > 0) this.waiting.first?.wake();
    this.forget();
  }

  /** A pool with nothing in it is nothing. */
  private forget(): void {
    if (this.idle.length + this.inUse + this.waiters === 0 && this.pools.get(this.key) === this)
      this.pools.delete(this.key);
  }
}

/**
 * Waiting for a connection, first come, first served. It is taken when the task runs: one that is halted, or whose socket is closed,
 * between wake-up and resume has taken nothing.
 */
export class Turn extends Wait<Served> {
  readonly kind = "write";

  constructor(
    private readonly pool: Pool,
    private readonly customer: Customer,
    private readonly wish: Wish,
    private readonly seconds: number,
  ) {
    super();
  }
  get description(): string {
    return `connect to ${this.wish.where}: a place in its pool`;
  }
  protected attempt(): Served | Pending {
    if (this.customer.closed) return "closed";
    return this.pool.admits(this) ? this.pool.take(this.customer, this.wish) : PENDING;
  }
  protected override timedOut(): "timeout" {
    return "timeout";
  }
  /** Not each time that it is woken in vain: then it would never be over. */
  protected override get total(): number {
    return this.seconds;
  }
  protected enlist(): void {
    this.pool.join(this);
  }
  protected leave(): void {
    this.pool.quit(this);
  }
}
