/**
 * Connections kept for later: OpenResty's connection pool.
 *
 * A pool is a name; what is in it are wires without an object. Each is watched: one on which anything arrives, or that
 * ends, is dropped at once, since what comes unasked belongs to nobody. They do not keep the process alive.
 */
import type { Operation } from "effection";
import { Deadline, reactor, Until, WaitList } from "../../reactor/index.js";
import type { SocketError } from "../errors.js";
import type { Limits } from "../limits.js";
import type { Link, Wire } from "../network/index.js";

/** OpenResty's defaults: seconds that a connection may be idle, and how many may be. */
export const IDLE_TIMEOUT = 60;
export const POOL_SIZE = 30;

/** What `connect` says of the pool to use. */
export interface PoolOptions {
  /** Its name. Default: made of host, port and local address. TLS connections have one for each identity. */
  pool?: string;
  /** How many connections may be idle in it (default 30); with `backlog`: how many there may be at all. */
  pool_size?: number;
  /** Never have more than `pool_size` connections: this many calls of `connect` may wait for one. */
  backlog?: number;
}

class Idle implements Link {
  readonly deadline = new Deadline(false);
  constructor(
    readonly wire: Wire,
    readonly reused: number,
    private readonly pool: Pool,
  ) {}
  drop(): void {
    this.leave();
    this.wire.destroy();
    this.pool.lost();
  }
  leave(): void {
    reactor.timers.remove(this.deadline);
    this.pool.idle.splice(this.pool.idle.indexOf(this), 1);
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

const pools = new Map<string, Pool>();

export class Pool {
  /** The one that was used last is the last. */
  readonly idle: Idle[] = [];
  private inUse = 0;
  private readonly waiting = new WaitList();
  private waiters = 0;
  private size = POOL_SIZE;
  private backlog: number | undefined;

  private constructor(private readonly name: string) {}

  static of(name: string, { pool_size: size, backlog }: PoolOptions = {}): Pool {
    const pool = pools.get(name) ?? new Pool(name);
    pools.set(name, pool);
    if (size !== undefined) pool.size = size;
    if (backlog !== undefined) pool.backlog = backlog;
    return pool;
  }

  /** Drop every idle connection of every pool. */
  static closeAll(): void {
    for (const pool of [...pools.values()]) for (const idle of [...pool.idle]) idle.drop();
  }

  /** The right to have a connection: an idle one, or null to make one; or why not. Give it back with {@link lost} or {@link put}. */
  *enter(limits: Limits): Operation<Idle | SocketError | null> {
    if (this.full) {
      if (this.waiters >= this.backlog!) return "too many waiting connect operations";
      const free = (): boolean => !this.full;
      this.waiters++;
      try {
        const what = `a connection of pool ${this.name}`;
        if (!(yield* new Until(what, "write", this.waiting, free, limits.next()))) return "timeout";
      } finally {
        this.waiters--;
        this.forget();
      }
    }
    const idle = this.idle.at(-1) ?? null;
    this.inUse++;
    idle?.leave();
    idle?.wire.hold(true);
    return idle;
  }

  private get full(): boolean {
    return this.backlog !== undefined && this.idle.length === 0 && this.inUse >= this.size;
  }

  /** Keep a connection. Beyond the size the one that has been idle for longest is closed. */
  put(wire: Wire, reused: number, timeout: number, size: number | undefined): void {
    if (size !== undefined) this.size = size;
    const idle = new Idle(wire, reused, this);
    this.idle.push(idle);
    wire.attach(idle);
    wire.hold(false);
    wire.read();
    if (timeout > 0 && timeout < Infinity)
      reactor.timers.arm(idle.deadline, reactor.clock.now() + timeout, {
        expire: () => idle.drop(),
      });
    while (this.idle.length > this.size) this.idle[0]!.drop();
    this.left();
  }

  /** A connection in use is gone, or was never made. */
  left(): void {
    this.inUse = Math.max(this.inUse - 1, 0);
    this.lost();
  }

  lost(): void {
    this.waiting.first?.wake();
    this.forget();
  }

  /** A pool with nothing in it is nothing. */
  private forget(): void {
    if (this.idle.length + this.inUse + this.waiters === 0 && pools.get(this.name) === this)
      pools.delete(this.name);
  }
}
