/** LuaSocket's bridge between results and exceptions: try, newtry, protect, skip. */
import type { Operation } from "effection";
import { notAsync, operation, shown, toPromise, type Yieldable } from "../../reactor/index.js";
import { detailsOf, isFailure, isOperation, type Plain, SocketException } from "../object/index.js";

type AnyResult = readonly [value: unknown, error?: unknown, ...rest: unknown[]];
type ValueOf<R> = R extends readonly [undefined, string, ...unknown[]]
  ? never
  : R extends readonly [infer T, ...unknown[]]
    ? T
    : never;

/** `socket.try`: from a result, or from a value that may be missing, to the value, or to a thrown {@link SocketException}. */
export type Try = (<R extends AnyResult>(result: R) => ValueOf<R>) &
  // Lua's `try(value, "error")`: throws the error where the value is undefined, null or false.
  (<T>(value: T, error: string | undefined) => Exclude<T, undefined | null | false>);

/**
 * LuaSocket's `socket.newtry`: a `try` that runs `finalizer` before it throws, for instance to close a socket.
 *
 * The finalizer may be a generator function: it is done when it need not wait; otherwise the rest of it goes on by itself, and
 * nobody waits for it. Errors of the finalizer are dropped, as in LuaSocket.
 *
 * A success may have undefined as its value: only a word in the second place makes a failure.
 *
 * @example
 * const attempt = socket.newtry(() => client.close());
 * const line = attempt(yield* client.receive());
 */
export function newtry(finalizer?: () => Operation<unknown> | Plain): Try {
  if (finalizer !== undefined && typeof finalizer !== "function")
    throw new TypeError(`newtry takes a function, not ${shown(finalizer)}`);
  if (finalizer !== undefined) notAsync(finalizer, "newtry");
  return ((...given: [unknown] | [unknown, unknown]) => {
    const result = given.length === 2 ? resultOf(...given) : given[0];
    if (!Array.isArray(result)) {
      throw new TypeError(
        `try takes the result of an operation, a tuple, not ${shown(result)}: write try(yield* operation), or try(value, "what is wrong")`,
      );
    }
    if (!isFailure(result)) return result[0] as unknown;
    try {
      const cleanup = finalizer?.();
      if (isOperation(cleanup)) toPromise(cleanup).catch(() => {});
    } catch {
      // The error that counts is the one of the result.
    }
    throw new SocketException(String(result[1]), detailsOf(result));
  }) as Try;
}

/** Of Lua's `try(value, error)`. An array may be a result as well as a value, and an operation is somebody's who has forgotten to wait. */
function resultOf(value: unknown, error: unknown): AnyResult {
  if (Array.isArray(value) || isOperation(value))
    throw new TypeError(
      `try takes a result, try(yield* operation), or a value and an error, try(value, "error"), not ${shown(value)} and an error`,
    );
  const missing = value === undefined || value === null || value === false;
  return missing ? [undefined, String(error)] : [value];
}

/** What a protected function returns: the values that it returned, or the error. */
export type Protected<T> =
  | (T extends readonly unknown[] ? T : [value: T, error?: undefined])
  | [value: undefined, error: string];

type Awaited<R> = R extends Operation<infer T> ? T : R;

/**
 * LuaSocket's `socket.protect`: a function that throws becomes one that returns a result. Only what `try` threw is
 * caught; every other error passes.
 *
 * @param fn a generator function, or a function that returns an operation. An array that it returns is all its values,
 * as Lua's `return code, headers, status`; anything else is its one value.
 *
 * @example
 * const ask = socket.protect(function* () {
 *   return socket.try(yield* client.receive("*l"));
 * });
 * const [line, err] = yield* ask();
 */
export function protect<A extends unknown[], T>(
  fn: (...args: A) => Operation<T>,
): (...args: A) => Yieldable<Protected<Awaited<T>>> {
  if (typeof fn !== "function")
    throw new TypeError(`protect takes a generator function, not ${shown(fn)}`);
  notAsync(fn, "protect");
  return (...args) =>
    operation(`protect(${fn.name || "function*"})`, function* () {
      try {
        const value: unknown = yield* fn(...args);
        return (Array.isArray(value) ? value : [value]) as Protected<Awaited<T>>;
      } catch (error) {
        if (error instanceof SocketException)
          return [undefined, error.error] as Protected<Awaited<T>>;
        throw error;
      }
    });
}

/** LuaSocket's `socket.skip`: drops the first `d` values and returns the others. */
export function skip<T>(d: number, ...values: T[]): T[] {
  return values.slice(d);
}
