/** Whether operations wait: colour is a promise, and a test can hold it. */
import type { Effect, Operation } from "effection";
import { operation, Query, type Yieldable } from "../../reactor/index.js";

/** Counts how often the operation has to wait; what is answered on the spot (`fork`, `useFiber`) is no waiting. */
class Counted<T> implements Operation<T> {
  times = 0;
  constructor(private readonly operation: Operation<T>) {}

  [Symbol.iterator](): Iterator<Effect<unknown>, T, unknown> {
    const inner = this.operation[Symbol.iterator]();
    const count = (
      step: IteratorResult<Effect<unknown>, T>,
    ): IteratorResult<Effect<unknown>, T> => {
      if (!step.done && !(step.value instanceof Query)) this.times++;
      return step;
    };
    const iterator: Iterator<Effect<unknown>, T, unknown> = {
      next: (value) => count(inner.next(value)),
    };
    if (inner.return !== undefined) iterator.return = (value) => count(inner.return!(value));
    if (inner.throw !== undefined) iterator.throw = (error) => count(inner.throw!(error));
    return iterator;
  }
}

/**
 * Perform the operation; throws if it did not have to wait. Returns what it returned.
 *
 * @example yield* assertYields(sleep(1));
 */
export function assertYields<T>(asserted: Operation<T>): Yieldable<T> {
  return operation("assertYields", function* () {
    const counted = new Counted(asserted);
    const result = yield* counted;
    if (counted.times === 0) throw new Error("the operation was to wait, and finished at once");
    return result;
  });
}

/**
 * Perform the operation; throws if it had to wait. Returns what it returned.
 *
 * @example const [line] = yield* assertDoesNotYield(client.receive("*l")); // it is in the buffer
 */
export function assertDoesNotYield<T>(asserted: Operation<T>): Yieldable<T> {
  return operation("assertDoesNotYield", function* () {
    const counted = new Counted(asserted);
    const result = yield* counted;
    if (counted.times > 0)
      throw new Error(`the operation was to finish at once, and waited ${counted.times} times`);
    return result;
  });
}
