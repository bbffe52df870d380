import type { Resumer } from "./types.js";

/** Places at the front of the array that may be empty before it is made shorter. */
const MOST_EMPTY = 1024;

/** Which of `count` that are ready runs next, from 0, of which `first` has its turn. */
export type Order = (count: number, first: Resumer) => number;

/** Those that are ready to run, first in, first out; before them those that are urgent. Constant time for each, however many. */
export class ReadyQueue {
  #urgent: Resumer[] = [];
  #urgentNext = 0;
  /** From #next to #end. The array is used again from its start when all have run. */
  #items: (Resumer | undefined)[] = [];
  #next = 0;
  #end = 0;
  /** Whether the one at #next was chosen to be there. */
  #chosen = false;
  /** They stand behind all others when they are taken back. */
  #aside: Resumer[] = [];

  get length(): number {
    return this.#urgent.length - this.#urgentNext + this.#end - this.#next + this.#aside.length;
  }

  get empty(): boolean {
    return this.#next === this.#end && this.#urgentNext === this.#urgent.length;
  }

  add(resumer: Resumer): void {
    this.#items[this.#end++] = resumer;
  }

  /** Before all others but those that are urgent, too: who is halted must not go on meanwhile. */
  addFirst(resumer: Resumer): void {
    this.#urgent.push(resumer);
  }

  /** It is no more in the queue until {@link takeBack}. */
  setAside(resumer: Resumer): void {
    this.#aside.push(resumer);
  }

  takeBack(): void {
    if (this.#aside.length === 0) return;
    const aside = this.#aside;
    this.#aside = [];
    for (const resumer of aside) this.add(resumer);
  }

  /** Who is next. */
  peek(order: Order | null): Resumer | null {
    if (this.#urgentNext < this.#urgent.length) return this.#urgent[this.#urgentNext]!;
    if (this.#next === this.#end) return null;
    if (order !== null && !this.#chosen) this.#choose(order);
    return this.#items[this.#next]!;
  }

  /** Take out the one that {@link peek} has given. */
  take(): void {
    if (this.#urgentNext < this.#urgent.length) {
      if (++this.#urgentNext === this.#urgent.length) {
        this.#urgent = [];
        this.#urgentNext = 0;
      }
      return;
    }
    this.#chosen = false;
    this.#items[this.#next++] = undefined;
    if (this.#next === this.#end) {
      // The array is kept unless a crowd has blown it up.
      if (this.#end > MOST_EMPTY) this.#items = [];
      this.#next = this.#end = 0;
    } else if (this.#next >= MOST_EMPTY && 2 * this.#next > this.#end) {
      this.#items = this.#items.slice(this.#next, this.#end);
      this.#end -= this.#next;
      this.#next = 0;
    }
  }

  clear(): void {
    this.#urgent = [];
    this.#aside = [];
    this.#items = [];
    this.#urgentNext = this.#next = this.#end = 0;
    this.#chosen = false;
  }

  /** Put another one first. */
  #choose(order: Order): void {
    this.#chosen = true;
    const count = this.#end - this.#next;
    const index = count < 2 ? 0 : order(count, this.#items[this.#next]!);
    if (index === 0) return;
    const [chosen] = this.#items.splice(this.#next + index, 1);
    this.#items.splice(this.#next, 0, chosen);
  }
}
