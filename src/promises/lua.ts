/** LuaSocket's bridge between results and exceptions, and LTN12's pump, for async functions. */
import { shown } from "../../reactor/index.js";
import {
  type Data,
  isFailure,
  type Result,
  type SocketError,
  SocketException,
} from "../object/index.js";
import type { Protected } from "../lua/index.js";
import type { Abortable } from "./types.js";

/** Gives the next piece each time; undefined when there are no more. `Word` is what its errors may say. */
export type Source<Word extends string = SocketError> = (
  options?: Abortable,
) => PromiseLike<Result<Data | undefined, undefined, Word>>;

/** Takes the next piece each time; undefined when there are no more, with the error if that is why. */
export type Sink<Word extends string = SocketError> = (
  piece?: Data,
  error?: string,
  options?: Abortable,
) => PromiseLike<Result<1, undefined, Word>>;

/**
 * LuaSocket's `socket.protect` of an async function: what `try` throws in it becomes a result; every other error passes.
 *
 * @example const ask = socket.protect(async () => socket.try(await client.receive("*l")));
 */
export function protect<A extends unknown[], T>(
  fn: (...args: A) => T | PromiseLike<T>,
): (...args: A) => Promise<Protected<T>> {
  if (typeof fn !== "function")
    throw new TypeError(`protect takes an async function, not ${shown(fn)}`);
  return async (...args) => {
    try {
      const value: unknown = await fn(...args);
      return (Array.isArray(value) ? value : [value]) as Protected<T>;
    } catch (error) {
      if (error instanceof SocketException) return [undefined, error.error] as Protected<T>;
      throw error;
    }
  };
}

/** From a source to a sink. (LTN12: pump) */
export const pump = {
  /**
   * One piece. `[1]`; `[undefined]` when the source has no more (the sink has been told); or the error of either.
   * (LTN12: pump.step)
   *
   * @example const [more, err] = await pump.step(socket.source(client), socket.sink(server));
   */
  async step<A extends string = SocketError, B extends string = SocketError>(
    from: Source<A>,
    to: Sink<B>,
    options: Abortable = {},
  ): Promise<Result<1 | undefined, undefined, A | B>> {
    const got = await from(options);
    const put = await to(got[0], got[1], options);
    if (isFailure(got)) return got;
    if (isFailure(put)) return put;
    return [got[0] === undefined ? undefined : 1];
  },

  /**
   * Everything: `[1]`, or the error. An abort leaves off between pieces. (LTN12: pump.all)
   *
   * @example const [, err] = await pump.all(socket.source(client), socket.sink(server), { signal });
   */
  async all<A extends string = SocketError, B extends string = SocketError>(
    from: Source<A>,
    to: Sink<B>,
    options: Abortable = {},
  ): Promise<Result<1, undefined, A | B>> {
    for (;;) {
      options.signal?.throwIfAborted();
      const moved = await pump.step(from, to, options);
      if (isFailure(moved)) return moved;
      if (moved[0] === undefined) return [1];
    }
  },
} as const;
