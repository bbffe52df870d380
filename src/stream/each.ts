/** A stream of bytes as an Effection Stream: of lines, or of blocks. */
import type { Operation, Stream } from "effection";
import { SocketException } from "../protect.js";
import { detailsOf, type Result } from "../result.js";

/**
 * Each `receive()` is one item; the end is "closed", and what came before it without being whole is the last item.
 *
 * @param cut whether the connection was cut, so that "closed" is no end
 */
export function each<T extends string | Buffer>(
  cut: () => boolean,
  receive: () => Operation<Result<T, T>>,
): Stream<T, void> {
  return {
    *[Symbol.iterator]() {
      let over = false;
      return {
        *next(): Operation<IteratorResult<T, void>> {
          if (over) return { done: true, value: undefined };
          const result = yield* receive();
          const [item, error, partial] = result;
          if (error === undefined) return { done: false, value: item };
          over = true;
          if (error !== "closed" || cut()) throw new SocketException(error, detailsOf(result));
          return partial.length > 0
            ? { done: false, value: partial }
            : { done: true, value: undefined };
        },
      };
    },
  };
}
