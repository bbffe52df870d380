/** A stream of bytes as an Effection Stream: of lines, or of blocks. */
import type { Operation, Subscription } from "effection";
import { operation, type Yieldable } from "../../reactor/index.js";
import { detailsOf, type Result, SocketException } from "../object/index.js";

/**
 * Each `receive()` is one item; the end is "closed", and what came before it without being whole is the last item.
 *
 * @param cut whether the connection was cut, so that "closed" is no end
 */
export function each<T extends string | Buffer>(
  what: string,
  cut: () => boolean,
  receive: () => Operation<Result<T, T>>,
): Yieldable<Subscription<T, void>> {
  return operation(what, function* () {
    const ended = { done: true, value: undefined } as const;
    const oneMore = `the next of ${what}`;
    let over = false;
    const next = function* (): Operation<IteratorResult<T, void>> {
      if (over) return ended;
      const result = yield* receive();
      const [item, error, partial] = result;
      if (error === undefined) return { done: false, value: item };
      over = true;
      if (error !== "closed" || cut()) throw new SocketException(error, detailsOf(result));
      return partial.length > 0 ? { done: false, value: partial } : ended;
    };
    return { next: () => operation(oneMore, next) };
  });
}
