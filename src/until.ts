import { PENDING, reactor, Wait, WaitList, type Pending, type WaitKind } from "../reactor/index.js";
import type { Timeouts } from "./timeouts.js";

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
  protected override get block(): number {
    return this.limit;
  }
  protected enlist(): void {
    this.waiters.add(this);
  }
  protected leave(): void {
    this.waiters.delete(this);
  }
}

/** The timeouts of one call: the end of the total one is fixed when the call begins. */
export class Limits {
  private readonly end: number;
  constructor(
    private readonly block: number,
    { total }: Timeouts,
  ) {
    this.end = total === Infinity ? Infinity : reactor.clock.now() + total;
  }
  /** Seconds that the next wait may last; 0 or less: none. */
  next(): number {
    return this.end === Infinity
      ? this.block
      : Math.min(this.block, this.end - reactor.clock.now());
  }
  /** Whether the call as a whole may still wait. */
  get over(): boolean {
    return this.block <= 0 || (this.end < Infinity && this.end <= reactor.clock.now());
  }
}
