/** What waits for promises so that nothing is lost. */
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";

/** What a promise has come to. */
type Settled<T> = { value: T } | { error: unknown };

/**
 * Promises, asked for one after the other. Whoever is halted while he waits leaves his promise behind: whoever comes next waits for that one,
 * and has what it gives.
 */
export class Awaiting<T> {
  private under: { settled: Settled<T> | null } | null = null;
  private readonly waiters = new WaitList();

  /** @param what is waited for, in words */
  constructor(private readonly what: string) {}

  /** A promise is under way that nobody has waited for to its end. */
  get busy(): boolean {
    return this.under !== null;
  }

  /** What the promise gives that is under way, or that `begin` makes if there is none. What it throws is thrown. */
  *next(begin: () => PromiseLike<T>): Operation<T> {
    // Another one may come first, and take what this one waited for.
    for (;;) {
      const under = (this.under ??= this.begun(begin()));
      yield* new Until(this.what, "inactive", this.waiters, () => under.settled !== null, Infinity);
      if (this.under !== under) continue;
      this.under = null;
      this.waiters.wakeAll();
      const settled = under.settled!;
      if ("error" in settled) throw settled.error;
      return settled.value;
    }
  }

  private begun(promise: PromiseLike<T>): { settled: Settled<T> | null } {
    const under: { settled: Settled<T> | null } = { settled: null };
    const settle = (settled: Settled<T>): void => {
      under.settled = settled;
      this.waiters.wakeAll();
    };
    promise.then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error }),
    );
    return under;
  }
}

/** What a promise gives. It goes on when whoever waits is halted. */
export function awaiting<T>(what: string, promise: PromiseLike<T>): Operation<T> {
  return new Awaiting<T>(what).next(() => promise);
}
