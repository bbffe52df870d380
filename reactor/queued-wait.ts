import type { WaitKind } from "./types.js";
import { Wait, type Pending } from "./wait.js";
import type { WaitList } from "./wait-list.js";

/**
 * Waits in a queue, first come, first served, and acquires what it waits for when it runs: so one that is halted has acquired
 * nothing, and the next is woken. The base of lock, semaphore and queue.
 */
export abstract class QueuedWait<T> extends Wait<T> {
  /** @param limit seconds */
  constructor(
    private readonly list: WaitList,
    private readonly limit: number,
  ) {
    super();
  }

  /** Finish if that is possible. `first`: nobody came before. */
  protected abstract acquire(first: boolean): T | Pending;

  get kind(): WaitKind {
    return "inactive";
  }
  protected attempt(): T | Pending {
    return this.acquire(this.list.admits(this));
  }
  /** Limits the whole wait: a limit for each would start again at every wake-up that was in vain. */
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
