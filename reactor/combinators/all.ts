import type { Result } from "effection";
import type { Yieldable } from "../operation.js";
import type { Branch } from "./branch.js";
import { checkedList, type Performable, type Performed } from "./performable.js";
import { Together } from "./together.js";

/** What each of them gives, in their order. */
export type PerformedAll<T extends readonly Performable[]> = {
  -readonly [K in keyof T]: Performed<T[K]>;
};

/** How each of them has ended, in their order. */
export type SettledAll<T extends readonly Performable[]> = {
  -readonly [K in keyof T]: Result<Performed<T[K]>>;
};

/**
 * Perform operations at a time, each by a fiber of its own, and wait for all of them.
 *
 * @param operations operations, of this package or of Effection's, and generator functions; there may be none
 * @returns what they have returned, in their order. What belongs to that (sockets) is the caller's.
 *
 * If one throws, the others are halted, their cleanup is waited for, what was returned is closed, and the error is thrown; what cleanup throws is
 * thrown, too: several errors as an AggregateError. Cancelling halts them all, and waits for their cleanup. (Effection: `all`)
 *
 * @example
 * const [[line], [sent]] = yield* all([client.receive("*l"), other.send("hello\n")]);
 */
export function all<const T extends readonly Performable[]>(
  operations: T,
): Yieldable<PerformedAll<T>> {
  return new All<PerformedAll<T>>(checkedList("all", operations));
}

/**
 * Perform operations at a time, each by a fiber of its own, and wait until each has returned or thrown: none of them halts the others.
 *
 * @returns how each has ended, in their order: `{ ok: true, value }` or `{ ok: false, error }`. Cancelling halts them all, and waits for
 * their cleanup. (Effection: `allSettled`)
 *
 * @example
 * for (const settled of yield* allSettled([() => sleep(1), () => client.receive("*l")]))
 *   if (!settled.ok) console.error(settled.error);
 */
export function allSettled<const T extends readonly Performable[]>(
  operations: T,
): Yieldable<SettledAll<T>> {
  return new AllSettled<SettledAll<T>>(checkedList("allSettled", operations));
}

class All<T> extends Together<T> {
  readonly prefix = "all";

  returned(): void {}
  protected failed({ error }: Branch): void {
    this.failWith(error);
    this.cancel();
  }
  protected outcome(): T {
    return this.branches.map(({ value }) => value) as T;
  }
}

class AllSettled<T> extends Together<T> {
  readonly prefix = "allSettled";

  returned(): void {}
  protected failed(): void {}
  protected outcome(): T {
    return this.branches.map(resultOf) as T;
  }
}

function resultOf({ hasFailed, error, value }: Branch): Result<unknown> {
  // Whatever was thrown, Effection's type says Error.
  return hasFailed ? { ok: false, error: error as Error } : { ok: true, value };
}
