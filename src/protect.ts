import type { Operation } from "effection";

/** What `socket.try` throws and `socket.protect` turns back into a result. */
export class SocketException extends Error {
  override readonly name = "SocketException";
  /** The error of the result. Errors of this package are {@link SocketError} words. */
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = error;
  }
}

type AnyResult = readonly [value: unknown, error?: unknown, ...rest: unknown[]];
type ValueOf<R> = R extends readonly [infer T, undefined?, ...unknown[]] ? T : never;

/** `socket.try`: from a result to its value, or to a thrown {@link SocketException}. */
export type Try = <R extends AnyResult>(result: R) => Exclude<ValueOf<R>, undefined>;

/**
 * LuaSocket's `socket.newtry`: a `try` that runs `finalizer` before it throws, for instance to close a socket.
 * Errors of the finalizer are dropped, as in LuaSocket.
 *
 * ```ts
 * const attempt = socket.newtry(() => client.close());
 * const line = attempt(yield* client.receive());
 * ```
 */
export function newtry(finalizer?: () => void): Try {
  return ((result: AnyResult) => {
    if (!Array.isArray(result)) {
      throw new TypeError(
        `try takes the result of an operation, a tuple, not ${String(result)}: write try(yield* operation)`,
      );
    }
    if (result[0] !== undefined) return result[0];
    try {
      finalizer?.();
    } catch {
      // The error that counts is the one of the result.
    }
    throw new SocketException(typeof result[1] === "string" ? result[1] : String(result[1]));
  }) as Try;
}

/** What a protected function returns. */
export type Protected<T> = [value: T, error?: undefined] | [value: undefined, error: string];

type Awaited<R> = R extends Operation<infer T> ? T : R;

/**
 * LuaSocket's `socket.protect`: a function that throws becomes one that returns a result. Only what `try` threw is
 * caught; every other error passes.
 *
 * ```ts
 * const get = socket.protect(function* (host: string) {
 *   const client = socket.try(yield* socket.connect(host, 80));
 *   ...
 * });
 * const [page, err] = yield* get("localhost");
 * ```
 *
 * @param fn a generator function, or a function that returns an operation
 */
export function protect<A extends unknown[], T>(
  fn: (...args: A) => Operation<T>,
): (...args: A) => Operation<Protected<Awaited<T>>> {
  return function* (...args) {
    try {
      return [(yield* fn(...args)) as Awaited<T>];
    } catch (error) {
      if (error instanceof SocketException) return [undefined, error.error];
      throw error;
    }
  };
}

/** LuaSocket's `socket.skip`: drops the first `d` values and returns the others. */
export function skip<T>(d: number, ...values: T[]): T[] {
  return values.slice(d);
}
