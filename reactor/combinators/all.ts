import type { Result } from "effection";
import type { Yieldable } from "../operation.js";
import type { Branch } from "./branch.js";
import { checkedList, type Performables } from "./performable.js";
import { Together } from "./together.js";

/** How each of them has ended, in their order. */
export type SettledAll<T extends readonly unknown[]> = { -readonly [K in keyof T]: Result<T[K]> };

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
export function all<const T extends readonly unknown[]>(
  operations: Performables<T>,
): Yieldable<{ -readonly [K in keyof T]: T[K] }> {
  return new All<{ -readonly [K in keyof T]: T[K] }>(checkedList("all", operations));
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
export function allSettled<const T extends readonly unknown[]>(
  operations: Performables<T>,
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
