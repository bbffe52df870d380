import {
  oneLine,
  PENDING,
  type Pending,
  QueuedWait,
  shown,
  type Yieldable,
} from "../../reactor/index.js";
import { Claims } from "./claims.js";
import { DEFAULT_TIMEOUT, duration, type Refused, refused } from "./waiting.js";

/** What {@link Semaphore.take} gives. */
export type Taken =
  [true, error?: undefined, rest?: undefined] | Refused<"timeout" | "destroyed" | "too many">;

/**
 * A number of resources, at most `max`. First come, first served: who wants many is not overtaken by those who want few.
 * (Copas: copas.semaphore)
 */
export class Semaphore {
  private readonly waiters = new Claims(() => this.count);
  private destroyed = false;

  /** @internal Use `semaphore.new`. */
  constructor(
    private readonly max: number,
    private count: number,
    private readonly timeout: number,
  ) {}

  toString(): string {
    const state = this.destroyed ? "destroyed" : `${this.count} of ${this.max}`;
    return `semaphore (${state})`;
  }

  static {
    oneLine(this.prototype);
  }

  /**
   * Take resources; wait for them.
   *
   * @param requested how many (default 1; 0 waits its turn and takes none)
   * @param timeout seconds (default: the semaphore's); 0 only tries
   * @returns `[true]`; or "too many" (more than there can ever be), "timeout", "destroyed". Cancelling takes none.
   *
   * @example
   * const places = semaphore.new(4, 4);
   * const [, err] = yield* places.take(1, 5);
   */
  take(requested = 1, timeout: number = this.timeout): Yieldable<Taken> {
    amount(requested, 0, "semaphore:take");
    const limit = duration(timeout, "semaphore:take: the timeout");
    return new Take(this, requested, this.canGive(requested), this.waiters, limit);
  }

  private canGive(requested: number): boolean {
    return requested <= this.max && requested < Infinity;
  }

  /** @internal */
  attempt(requested: number, first: boolean): Taken | Pending {
    if (this.destroyed) return refused("destroyed");
    if (!this.canGive(requested)) return refused("too many");
    if (!first || this.count < requested) return PENDING;
    this.count -= requested;
    return [true];
  }

  /**
   * Give resources: `[true]`; "too many" if there are `max` of them then (beyond it none are added); "destroyed". 0 gives none, a
   * negative number takes back, Infinity fills it: so `sema.give(sema.get_wait()[0])` gives what those that wait want, and leaves none.
   *
   * @example
   * const places = semaphore.new(4);
   * places.give();
   */
  give(given = 1): [true] | Refused<"too many" | "destroyed"> {
    amount(given, -Number.MAX_VALUE, "semaphore:give");
    if (this.destroyed) return refused("destroyed");
    const promised = this.waiters.promised();
    const free = this.count - promised + given;
    this.count = promised + Math.min(free, this.max);
    this.waiters.first?.wake();
    return free > this.max ? refused("too many") : [true];
  }

  /**
   * How many there are for somebody who comes now: `[count]`, or "destroyed".
   *
   * @example const [count] = semaphore.new(4, 4).get_count();
   */
  get_count(): [count: number] | Refused<"destroyed"> {
    return this.destroyed ? refused("destroyed") : [this.count - this.waiters.promised()];
  }

  /**
   * How many more are wanted than there are: `[number]`, or "destroyed".
   *
   * @example const [wanted] = semaphore.new(4).get_wait();
   */
  get_wait(): [wanted: number] | Refused<"destroyed"> {
    if (this.destroyed) return refused("destroyed");
    return [this.waiters.wanted - this.count];
  }

  /**
   * Of no more use: all who wait get "destroyed", later calls too: also the second of this.
   *
   * @example semaphore.new(4).destroy();
   */
  destroy(): [true] | Refused<"destroyed"> {
    if (this.destroyed) return refused("destroyed");
    this.destroyed = true;
    this.waiters.wakeAll();
    return [true];
  }
}

/** One who waits, and for how many. */
class Take extends QueuedWait<Taken> {
  /** None, if it is too many: that is refused when its turn comes. */
  readonly wanted: number;

  constructor(
    private readonly semaphore: Semaphore,
    private readonly requested: number,
    possible: boolean,
    waiters: Claims,
    limit: number,
  ) {
    super(waiters, limit);
    this.wanted = possible ? requested : 0;
  }
  get description(): string {
    return `semaphore:take(${this.requested})`;
  }
  protected acquire(first: boolean): Taken | Pending {
    return this.semaphore.attempt(this.requested, first);
  }
  protected override timedOut(): Taken {
    return refused("timeout");
  }
}

function amount(value: unknown, least: number, what: string): void {
  if (typeof value === "number" && value >= least) return;
  const which = least >= 0 ? `, ${least} or more` : "";
  throw new TypeError(`${what} takes a number of resources${which}, not ${shown(value)}`);
}

/** Semaphores, which work without the loop, too. (Copas: copas.semaphore) */
export const semaphore = {
  /**
   * A semaphore. (Copas: semaphore.new)
   *
   * @param max how many resources there can be
   * @param start how many there are at first (default 0)
   * @param timeout seconds that `take` waits (default 10); Infinity for ever
   *
   * @example const places = semaphore.new(4, 4);
   */
  new: (max: number, start = 0, timeout: number = DEFAULT_TIMEOUT): Semaphore => {
    amount(max, 1, "semaphore.new: max");
    if (!(typeof start === "number" && start >= 0 && start <= max))
      throw new TypeError(`semaphore.new: start must be from 0 to ${max}, not ${shown(start)}`);
    return new Semaphore(max, start, duration(timeout, "semaphore.new: the timeout"));
  },
} as const;
