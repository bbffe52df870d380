import type { Operation } from "effection";
import {
  type Belonging,
  type Fiber,
  PENDING,
  type Pending,
  reactor,
  Turn,
  WaitList,
} from "../../reactor/index.js";
import { DEFAULT_TIMEOUT, limit, type Refused, refused } from "./limit.js";

type Got =
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
  private readonly belonging: Belonging = { release: () => this.free() };

  /** @internal Use `lock.new`. */
  constructor(
    private readonly timeout: number,
    private readonly reentrant: boolean,
  ) {}

  /**
   * Get the lock; wait for it.
   *
   * @param timeout seconds (default: the lock's); 0 only tries
   * @returns `[seconds waited]`; or "timeout" or "destroyed", with the seconds waited as third value. A fiber that has it gets
   * it again at once, and must release it as often; a lock that is not re-entrant makes it wait. Cancelling leaves the queue.
   */
  get(timeout: number = this.timeout): Operation<Got> {
    const seconds = limit(timeout, "lock:get");
    const start = reactor.clock.now();
    const waited = (): number => reactor.clock.now() - start;
    return new Turn<Got>(
      "lock:get",
      this.waiters,
      (first) => this.take(first, waited),
      () => [undefined, "timeout", waited()],
      seconds,
    );
  }

  private take(first: boolean, waited: () => number): Got | Pending {
    if (this.destroyed) return [undefined, "destroyed", waited()];
    const me = reactor.current;
    if (this.held && this.reentrant && me !== null && me === this.owner) {
      this.depth++;
      return [0];
    }
    if (this.held || !first) return PENDING;
    this.held = true;
    this.owner = me;
    this.depth = 1;
    me?.own(this.belonging);
    return [waited()];
  }

  /** Give it back: `[true]`, or "cannot release a lock not owned", "destroyed". The one who has waited longest gets it. */
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
    this.owner?.disown(this.belonging);
    this.owner = null;
    this.waiters.first?.wake();
  }

  /** Of no more use: all who wait get "destroyed", later calls too. Always `[true]`. */
  destroy(): [true] {
    this.destroyed = true;
    this.owner?.disown(this.belonging);
    this.owner = null;
    this.waiters.wakeAll();
    return [true];
  }
}

export const lock = {
  /**
   * A lock. (Copas: lock.new)
   *
   * @param timeout seconds that `get` waits (default 10); Infinity for ever
   * @param notReentrant true: a fiber that has it and gets it again waits like any other
   */
  new: (timeout: number = DEFAULT_TIMEOUT, notReentrant = false): Lock =>
    new Lock(limit(timeout, "lock.new"), !notReentrant),
} as const;
