import {
  type Resource,
  type Fiber,
  PENDING,
  type Pending,
  reactor,
  QueuedWait,
  WaitList,
  type Yieldable,
  oneLine,
} from "../../reactor/index.js";
import { DEFAULT_TIMEOUT, duration, type Refused, refused } from "./waiting.js";

/** What {@link Lock.get} gives: the seconds that it waited, or why not, and after how long. */
export type Got =
  | [waited: number, error?: undefined, waited_?: undefined]
  | Refused<"timeout" | "destroyed", number>;

/**
 * A lock that one fiber has at a time; first come, first served. (Copas: copas.lock)
 *
 * It is given back when the fiber that has it ends, however it ends. Code outside of fibers (a plain Effection task) may use it,
 * too, but has to give it back itself, and cannot get it twice.
 */
export class Lock {
  private readonly waiters = new WaitList();
  private held = false;
  private owner: Fiber | null = null;
  private depth = 0;
  private destroyed = false;
  /** What the owner's end does. */
  private readonly resource: Resource = { release: () => this.free() };

  /** @internal Use `lock.new`. */
  constructor(
    private readonly timeout: number,
    private readonly reentrant: boolean,
  ) {}

  /** @internal Null: nobody, or code outside of fibers. */
  get holder(): Fiber | null {
    return this.owner;
  }

  toString(): string {
    const holder = this.owner === null ? "" : ` by ${this.owner.name}`;
    return `lock (${this.destroyed ? "destroyed" : this.held ? `held${holder}` : "free"})`;
  }

  static {
    oneLine(this.prototype);
  }

  /**
   * Get the lock; wait for it.
   *
   * @param timeout seconds (default: the lock's); 0 only tries
   * @returns `[seconds waited]`; or "timeout" or "destroyed", with the seconds waited as third value. A fiber that has it gets
   * it again at once, and must release it as often; a lock that is not re-entrant makes it wait. Cancelling leaves the queue.
   *
   * @example
   * const mine = lock.new();
   * const [, err] = yield* mine.get(5);
   */
  get(timeout: number = this.timeout): Yieldable<Got> {
    return new Get(this, this.waiters, duration(timeout, "lock:get: the timeout"));
  }

  /** @internal Take it for `me`, if that is possible: whether it is had now, or "destroyed". */
  take(me: Fiber | null, first: boolean): boolean | "destroyed" {
    if (this.destroyed) return "destroyed";
    if (this.held && this.reentrant && me !== null && me === this.owner) {
      this.depth++;
      return true;
    }
    if (this.held || !first) return false;
    this.held = true;
    this.owner = me;
    this.depth = 1;
    me?.own(this.resource);
    return true;
  }

  /**
   * Give it back: `[true]`, or "cannot release a lock not owned", "destroyed". The one who has waited longest gets it.
   *
   * @example
   * const mine = lock.new();
   * yield* mine.get();
   * mine.release();
   */
  release(): [true] | Refused<"destroyed" | "cannot release a lock not owned"> {
    if (this.destroyed) return refused("destroyed");
    if (!this.held || this.owner !== reactor.current)
      return refused("cannot release a lock not owned");
    if (--this.depth === 0) this.free();
    return [true];
  }

  private free(): void {
    this.held = false;
    this.depth = 0;
    this.owner?.disown(this.resource);
    this.owner = null;
    this.waiters.first?.wake();
  }

  /**
   * Of no more use: all who wait get "destroyed", later calls too: also the second of this.
   *
   * @example
   * const mine = lock.new();
   * mine.destroy();
   */
  destroy(): [true] | Refused<"destroyed"> {
    if (this.destroyed) return refused("destroyed");
    this.destroyed = true;
    this.owner?.disown(this.resource);
    this.owner = null;
    this.waiters.wakeAll();
    return [true];
  }
}

class Get extends QueuedWait<Got> {
  /** With whom to ask why it takes so long. */
  get description(): string {
    const { holder } = this.lock;
    return holder === null ? "lock:get" : `lock:get, held by ${holder.name}`;
  }
  private begun = 0;
  /** Who has called `get`, though another fiber may perform it: the one of a `within`, or of a `race`. */
  private readonly caller = reactor.current;

  constructor(
    private readonly lock: Lock,
    waiters: WaitList,
    limit: number,
  ) {
    super(waiters, limit);
  }
  protected acquire(first: boolean): Got | Pending {
    const { caller } = this;
    const taken = this.lock.take(caller?.over === false ? caller : reactor.current, first);
    if (taken === true) return [this.waited()];
    if (taken !== false) return [undefined, taken, this.waited()];
    if (this.begun === 0) this.begun = reactor.clock.now();
    return PENDING;
  }
  protected override timedOut(): Got {
    return [undefined, "timeout", this.waited()];
  }
  private waited(): number {
    const { begun } = this;
    this.begun = 0;
    return begun === 0 ? 0 : reactor.clock.now() - begun;
  }
}

/** Locks, which work without the loop, too: in any fiber, and in any Effection task. (Copas: copas.lock) */
export const lock = {
  /**
   * A lock. (Copas: lock.new)
   *
   * @param timeout seconds that `get` waits (default 10); Infinity for ever
   * @param notReentrant true: a fiber that has it and gets it again waits like any other
   *
   * @example const mine = lock.new(5);
   */
  new: (timeout: number = DEFAULT_TIMEOUT, notReentrant = false): Lock =>
    new Lock(duration(timeout, "lock.new: the timeout"), !notReentrant),
} as const;
