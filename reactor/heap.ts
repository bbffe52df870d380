/** What stands in a {@link Heap}. */
export interface Placed {
  /** When it is due; of several of one time the one of the lower order comes first. */
  due: number;
  order: number;
  /** Its place, -1 when it is not there. */
  index: number;
}

/**
 * A binary heap of things that are due, the first one on top; each knows its place, and can be taken out.
 *
 * @example
 * const heap = new Heap<Deadline>();
 * const deadline = new Deadline(true);
 * heap.add(deadline);
 * heap.delete(deadline);
 */
export class Heap<Item extends Placed> {
  readonly #items: Item[] = [];

  get first(): Item | undefined {
    return this.#items[0];
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#items[Symbol.iterator]();
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#up(this.#items.length - 1, item);
  }

  /** Take it out, if it is there. */
  delete(item: Item): void {
    const { index } = item;
    if (index < 0) return;
    item.index = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#up(index, last);
    this.#down(last.index, last);
  }

  #up(index: number, item: Item): void {
    const items = this.#items;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above]!;
      if (!isBefore(item, parent)) break;
      items[index] = parent;
      parent.index = index;
      index = above;
    }
    items[index] = item;
    item.index = index;
  }

  #down(index: number, item: Item): void {
    const items = this.#items;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && isBefore(items[below + 1]!, items[below]!)) below++;
      const child = items[below]!;
      if (!isBefore(child, item)) break;
      items[index] = child;
      child.index = index;
      index = below;
    }
    items[index] = item;
    item.index = index;
  }
}

/** Whether `a` is due before `b`. */
export function isBefore(a: Placed, b: Placed): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
