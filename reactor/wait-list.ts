import type { Wait } from "./wait.js";

/**
 * Those that wait for one thing, first come, first served. Joining and leaving take constant time, so that a
 * crowd of waiters that are cancelled in any order costs no more than they do.
 *
 * @example
 * const list = new WaitList();
 * list.add(wait);
 * if (list.has(wait) && list.admits(wait)) list.delete(wait);
 * list.replace(wait, gate); // in its place
 * list.wakeAll();
 */
export class WaitList {
  first: Wait<unknown> | null = null;
  last: Wait<unknown> | null = null;

  get empty(): boolean {
    return this.first === null;
  }

  /** How many there are. Counted one by one: for people. */
  get count(): number {
    return [...this].length;
  }

  add(wait: Wait<unknown>): void {
    wait.before = this.last;
    wait.behind = null;
    if (this.last === null) this.first = wait;
    else this.last.behind = wait;
    this.last = wait;
  }

  /** Only for one that is in the list. */
  delete(wait: Wait<unknown>): void {
    if (wait.before === null) this.first = wait.behind;
    else wait.before.behind = wait.behind;
    if (wait.behind === null) this.last = wait.before;
    else wait.behind.before = wait.before;
    wait.before = wait.behind = null;
  }

  /** Put `by` in the place of `wait`, which must be in the list. */
  replace(wait: Wait<unknown>, by: Wait<unknown>): void {
    by.before = wait.before;
    by.behind = wait.behind;
    if (by.before === null) this.first = by;
    else by.before.behind = by;
    if (by.behind === null) this.last = by;
    else by.behind.before = by;
    wait.before = wait.behind = null;
  }

  /** Whether `wait` is in the list. Only for one that is in no other. */
  has(wait: Wait<unknown>): boolean {
    return wait.before !== null || this.first === wait;
  }

  /** Whether `wait` may try: nobody came before it. */
  admits(wait: Wait<unknown>): boolean {
    return this.first === null || this.first === wait;
  }

  *[Symbol.iterator](): Generator<Wait<unknown>> {
    for (let wait = this.first; wait !== null;) {
      const { behind } = wait;
      yield wait;
      wait = behind;
    }
  }

  /** Let everybody try again, for instance because what they wait for will never come. */
  wakeAll(): void {
    for (const wait of this) wait.wake();
  }
}
