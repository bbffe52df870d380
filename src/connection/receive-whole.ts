/** What is received item by item, for somebody to whom half of one is of no use. */
import type { Result } from "../object/index.js";
import type { ReadHalf } from "./read-half.js";
import type { Pattern } from "./receive.js";

/**
 * A pattern of which only whole items are given, and at the clean end of the stream what is left. Where the partial would be given to nobody, at
 * a timeout or when the connection breaks, it stays for the next receive.
 */
export class Whole<T extends string | Buffer> implements Pattern<T, T> {
  readonly prefix: T;

  /** @param what the items, in words */
  constructor(
    private readonly what: string,
    private readonly item: Pattern<T, T>,
  ) {
    this.prefix = item.prefix;
  }
  toString(): string {
    return this.what;
  }
  complete(half: ReadHalf): boolean {
    return this.item.complete(half);
  }
  take(half: ReadHalf): Result<T, T> | null {
    return this.item.take(half);
  }
  partial(half: ReadHalf, ended: boolean): T {
    return ended && !half.cut ? this.item.partial(half, true) : this.prefix;
  }
}
