/** What users give to be called back: a generator function, or a plain one, whatever it returns. */
import type { Operation } from "effection";

/** What a plain function may return: nothing is done with it. */
export type Plain =
  | void
  | null
  | boolean
  | number
  | bigint
  | string
  | symbol
  | readonly unknown[]
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>;

/** Called back: it may wait, as a generator function, or be a plain function that need not. */
export type Callback<A extends unknown[] = [], T = unknown> = (...args: A) => Operation<T> | Plain;

/**
 * What a callback has returned, if it is an operation to perform; null for a plain function's result. An array or a Map can be
 * iterated, but is no operation.
 *
 * Throws TypeError for a promise, and for what an `async function*` gives: whoever called back would not wait for it, and its error
 * would be nobody's.
 */
export function toPerform<T>(returned: Operation<T> | T): Operation<T> | null {
  if (returned === undefined) return null;
  if (isOperation(returned)) return returned;
  if (isPromise(returned)) returned.then(undefined, () => {});
  if (isPromise(returned) || isAsyncGenerator(returned))
    throw new TypeError(
      "a callback returned a promise: make it a generator function (`function*`), and wait for a promise with `yield* until(promise)`",
    );
  return null;
}

/** {@link toPerform}, where an operation is needed: what a plain function has returned is the result of one that is done. */
export function operationOf<T>(returned: Operation<T> | T): Operation<T> {
  const operation = toPerform(returned);
  if (operation !== null) return operation;
  const value = returned as T;
  return { [Symbol.iterator]: () => ({ next: () => ({ done: true, value }) }) };
}

/** Whether a value is what `yield*` performs. */
export function isOperation(value: unknown): value is Operation<never> {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) return false;
  return !(
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    value instanceof Map ||
    value instanceof Set
  );
}

function isAsyncGenerator(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object AsyncGenerator]";
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === "function"
  );
}
