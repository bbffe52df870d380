import { reactor } from "../../reactor/index.js";

/** The timeouts of one call: the end of the total one is fixed when the call begins. */
export class Limits {
  private readonly end: number;
  /** Seconds: for each wait, and for the whole call. */
  constructor(
    private readonly block: number,
    total: number,
  ) {
    this.end = total === Infinity ? Infinity : reactor.clock.now() + total;
  }
  /** Seconds that the next wait may last; 0 or less: none. */
  next(): number {
    return this.end === Infinity
      ? this.block
      : Math.min(this.block, this.end - reactor.clock.now());
  }
  /** Whether the call as a whole may wait no longer. */
  get over(): boolean {
    return this.block <= 0 || (this.end < Infinity && this.end <= reactor.clock.now());
  }
}
