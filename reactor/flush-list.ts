/**
 * Something with output to write at the end of the turn.
 *
 * @example
 * const output: Flushable = {
 *   flush() {
 *     console.log("the turn ends");
 *   },
 * };
 * reactor.flushLater(output);
 */
export interface Flushable {
  flush(): void;
}

/** What has output, in order. */
export class FlushList {
  /** The first #count. The array is used again. */
  #items: (Flushable | undefined)[] = [];
  #count = 0;

  get empty(): boolean {
    return this.#count === 0;
  }

  add(output: Flushable): void {
    this.#items[this.#count++] = output;
  }

  /** Flush all, also what comes meanwhile. */
  flush(): void {
    const items = this.#items;
    let done = 0;
    try {
      while (done < this.#count) {
        const output = items[done]!;
        items[done++] = undefined;
        output.flush();
      }
      this.#count = 0;
    } finally {
      // One that throws does not take the turn of the others.
      if (this.#count > 0) {
        items.splice(0, done);
        this.#count -= done;
      }
    }
  }

  clear(): void {
    this.#items = [];
    this.#count = 0;
  }
}
