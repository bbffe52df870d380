import type { WaitKind } from "./types.js";
import { PENDING, Wait, type Pending } from "./wait.js";
import type { WaitList } from "./wait-list.js";

/** Waits until something is so; for operations of several steps. True: it is; false: the timeout came first. */
export class Until extends Wait<boolean> {
  constructor(
    readonly description: string,
    readonly kind: WaitKind,
    private readonly waiters: WaitList,
    private readonly condition: () => boolean,
    private readonly limit: number,
  ) {
    super();
  }
  protected attempt(): boolean | Pending {
    return this.condition() ? true : PENDING;
  }
  protected override timedOut(): boolean {
    return false;
  }
  /** Limits the whole wait: a limit for each would start again at every wake-up that was in vain. */
  protected override get total(): number {
    return this.limit;
  }
  /** Nobody else may be left who would keep the process alive until then. */
  protected override get holds(): boolean {
    return true;
  }
  protected enlist(): void {
    this.waiters.add(this);
  }
  protected leave(): void {
    this.waiters.delete(this);
  }
}
