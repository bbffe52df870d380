/** Below this many taken items the array is left as it is: moving the rest up costs more than they do. */
const SLACK = 1024;

/**
 * First in, first out, each in constant time; an array's own shift moves all the others.
 *
 * @example
 * const items = new Fifo<string>();
 * items.push("first");
 * if (items.length > 0) console.log(items.shift());
 */
export class Fifo<T> {
  private items: T[] = [];
  private next = 0;

  get length(): number {
    return this.items.length - this.next;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest one. Only when there is one. */
  shift(): T {
    const item = this.items[this.next]!;
    // Not kept alive by a place that nobody looks at any more.
    this.items[this.next++] = undefined as T;
    if (this.next === this.items.length) this.clear();
    else if (this.next >= SLACK && this.next * 2 > this.items.length) {
      this.items = this.items.slice(this.next);
      this.next = 0;
    }
    return item;
  }

  /**
   * Forget them all.
   *
   * @example new Fifo<string>().clear();
   */
  clear(): void {
    this.items.length = this.next = 0;
  }
}
