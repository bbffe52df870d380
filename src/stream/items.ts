/** A stream of bytes as a stream of items: of lines, or of blocks. */
import type { Operation, Subscription } from "effection";
import { Mapped, observer, operation, toPromise, type Yieldable } from "../../reactor/index.js";
import { type Connection, type Pattern, receiving, Whole } from "../connection/index.js";
import { detailsOf, type Result, SocketException } from "../object/index.js";

/**
 * What `lines` and `blocks` give: a stream for `each`, and an async iterable for `for await` in async functions.
 *
 * Leaving the loop early closes nothing: what has not been given is there for the next receive.
 */
export interface Sequence<T> extends Yieldable<Subscription<T, void>> {
  /**
   * For `for await`, which gives no signal.
   *
   * @param signal when it is aborted, the item that is waited for rejects with its reason, and is not lost
   *
   * @example
   * for await (const line of client.lines()) console.log(line);
   */
  [Symbol.asyncIterator](signal?: AbortSignal): AsyncIterableIterator<T, void>;
}

type Item<T> = IteratorResult<T, void>;

/**
 * What is received by `pattern` is one item; the end is "closed", and what came before it without being whole is the last item.
 *
 * @param what the items, in words
 * @param connection what they are received on; throws if there is none
 */
export function items<T extends string | Buffer>(
  what: string,
  pattern: Pattern<T, T>,
  connection: () => Connection,
): Sequence<T> {
  const whole = new Whole(what, pattern);
  const all = (): Items<T> => new Items(what, whole, connection);
  const subscribe = function* (): Operation<Items<T>> {
    return all();
  };
  const stream = operation(what, subscribe);
  return Object.assign(stream, {
    [Symbol.asyncIterator]: (signal?: AbortSignal) => {
      if (observer !== null) observer.performed(stream);
      return new AsyncItems(all(), signal);
    },
  });
}

/** Without a generator: it is asked for every line. */
class Items<T extends string | Buffer> implements Subscription<T, void> {
  private over = false;

  constructor(
    private readonly what: string,
    private readonly pattern: Whole<T>,
    private readonly connection: () => Connection,
  ) {}

  next(): Yieldable<Item<T>> {
    return new Mapped(`the next of ${this.what}`, this.request, this.itemOf);
  }

  /** In an async function. */
  promise(signal: AbortSignal | undefined): Promise<Item<T>> {
    return toPromise(this.request(), signal, this.itemOf);
  }

  /** No more are wanted. */
  end(): void {
    this.over = true;
  }

  private readonly request = (): Operation<Result<T, T> | null> =>
    this.over ? NONE : receiving(this.connection().reading, this.pattern);

  private readonly itemOf = (result: Result<T, T> | null): Item<T> => {
    if (result === null) return END;
    const [item, error, partial] = result;
    if (error === undefined) return { done: false, value: item };
    this.over = true;
    const connection = this.connection();
    if (error !== "closed" || connection.reading.cut) {
      const { peerAddress: address } = connection;
      throw new SocketException(error, { address, ...detailsOf(result), operation: this.what });
    }
    return partial.length > 0 ? { done: false, value: partial } : END;
  };
}

class AsyncItems<T extends string | Buffer> implements AsyncIterableIterator<T, void> {
  constructor(
    private readonly items: Items<T>,
    private readonly signal: AbortSignal | undefined,
  ) {}
  [Symbol.asyncIterator](): this {
    return this;
  }
  next(): Promise<Item<T>> {
    return this.items.promise(this.signal);
  }
  /** The loop was left. */
  return(): Promise<Item<T>> {
    this.items.end();
    return Promise.resolve(END);
  }
}

const END: Item<never> = { done: true, value: undefined };
/** The operation that has nothing to wait for. */
const NONE: Operation<null> = {
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: null }) }),
};
