import { Wait, type Pending, type WaitKind } from "./wait.js";
import type { WaitList } from "./wait-list.js";

/**
 * Waits its turn in a list, first come, first served, and takes what it waits for when it runs: so one that is halted has taken
 * nothing, and the next is asked. The base of lock, semaphore and queue.
 */
export abstract class Turn<T> extends Wait<T> {
  /** @param limit seconds */
  constructor(
    private readonly list: WaitList,
    private readonly limit: number,
  ) {
    super();
  }

  /** Finish if that is possible. `first`: nobody came before. */
  protected abstract take(first: boolean): T | Pending;

  get kind(): WaitKind {
    return "inactive";
  }
  protected attempt(): T | Pending {
    return this.take(this.list.admits(this));
  }
  /** Not each time that it is woken in vain: then it would never be over. */
  protected override get total(): number {
    return this.limit;
  }
  protected override get holds(): boolean {
    return true;
  }
  protected enlist(): void {
    this.list.add(this);
  }
  protected leave(): void {
    this.list.delete(this);
    this.list.first?.wake();
  }
}
