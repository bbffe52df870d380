/** A stream of bytes as a stream of items: of lines, or of blocks. */
import type { Operation, Subscription } from "effection";
import { Mapped, operation, type Yieldable } from "../../reactor/index.js";
import { detailsOf, type Result, SocketException } from "../object/index.js";

type Item<T> = IteratorResult<T, void>;

/**
 * Each `receive()` is one item; the end is "closed", and what came before it without being whole is the last item.
 *
 * @param cut whether the connection was cut, so that "closed" is no end
 */
export function items<T extends string | Buffer>(
  what: string,
  cut: () => boolean,
  receive: () => Operation<Result<T, T>>,
): Yieldable<Subscription<T, void>> {
  return operation(what, function* () {
    return new Items(`the next of ${what}`, cut, receive);
  });
}

/** Without a generator: it is asked for every line. */
class Items<T extends string | Buffer> implements Subscription<T, void> {
  private over = false;

  constructor(
    private readonly what: string,
    private readonly cut: () => boolean,
    private readonly receive: () => Operation<Result<T, T>>,
  ) {}

  next(): Yieldable<Item<T>> {
    return new Mapped(this.what, this.request, this.itemOf);
  }

  private readonly request = (): Operation<Result<T, T> | null> =>
    this.over ? NONE : this.receive();

  private readonly itemOf = (result: Result<T, T> | null): Item<T> => {
    if (result === null) return END;
    const [item, error, partial] = result;
    if (error === undefined) return { done: false, value: item };
    this.over = true;
    if (error !== "closed" || this.cut()) throw new SocketException(error, detailsOf(result));
    return partial.length > 0 ? { done: false, value: partial } : END;
  };
}

const END: Item<never> = { done: true, value: undefined };
/** The operation that has nothing to wait for. */
const NONE: Operation<null> = {
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: null }) }),
};
