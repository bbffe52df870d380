import { type Wait, WaitList } from "../../reactor/index.js";

/** A wait for a part of what there is: so many of the items or resources. */
export interface Claim extends Wait<unknown> {
  readonly wanted: number;
}

/**
 * Claims, first come, first served. Whoever comes while others have been woken and have not run yet need not wait behind them if there
 * is enough for all: so a `take` or `pop` that only tries gets what is nobody's, and a worker goes on with the next item
 * without a switch to another one.
 */
export class Claims extends WaitList {
  /** What all of them want together. */
  wanted = 0;

  /** @param available how much there is */
  constructor(private readonly available: () => number) {
    super();
  }

  override add(claim: Claim): void {
    super.add(claim);
    this.wanted += claim.wanted;
  }

  override delete(claim: Claim): void {
    super.delete(claim);
    // What fractions have left is nobody's.
    this.wanted = this.empty ? 0 : this.wanted - claim.wanted;
  }

  override admits(claim: Claim): boolean {
    return super.admits(claim) || this.spare(this.has(claim) ? 0 : claim.wanted);
  }

  /** Whether there is so much beside what all who wait want. */
  spare(wanted: number): boolean {
    return this.wanted + wanted <= this.available();
  }

  override [Symbol.iterator](): Generator<Claim> {
    // Nobody else joins the list.
    return super[Symbol.iterator]() as Generator<Wait<unknown>> as Generator<Claim>;
  }
}
