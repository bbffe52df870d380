import { type Wait, WaitList } from "../../reactor/index.js";

/** A wait for a part of what there is: so many of the items or resources. */
export interface Claim extends Wait<unknown> {
  readonly wanted: number;
  /** There is enough for it and for all before it, when that was looked at last. */
  covered?: boolean;
}

/**
 * Claims, first come, first served. Whoever comes while others have been woken and have not run yet need not wait behind them if there
 * is enough for all: so a `take` or `pop` that only tries gets what is nobody's, and a worker goes on with the next item
 * without a switch to another one.
 */
export class Claims extends WaitList {
  /** What all of them want together. */
  wanted = 0;
  /** What those want that are covered; and the first one that is not: null, if all are. */
  private covered = 0;
  private edge: Claim | null = null;

  /** @param available how much there is */
  constructor(private readonly available: () => number) {
    super();
  }

  override add(claim: Claim): void {
    super.add(claim);
    this.wanted += claim.wanted;
    this.edge ??= claim;
  }

  override delete(claim: Claim): void {
    if (claim.covered === true) this.uncover(claim);
    else if (claim === this.edge) this.edge = claim.behind as Claim | null;
    super.delete(claim);
    // What fractions have left is nobody's.
    this.wanted = this.empty ? 0 : this.wanted - claim.wanted;
    if (this.edge === this.first) this.covered = 0;
  }

  override admits(claim: Claim): boolean {
    return super.admits(claim) || this.spare(this.has(claim) ? 0 : claim.wanted);
  }

  /** Whether there is so much beside what all who wait want. */
  spare(wanted: number): boolean {
    return this.wanted + wanted <= this.available();
  }

  /** What those will take, from the first on, for whom there is enough. Goes on from where it ended the last time. */
  promised(): number {
    // What was taken back may be more than there was.
    const available = Math.max(this.available(), 0);
    while (this.covered > available) {
      // Nobody else joins the list.
      const last = (this.edge === null ? this.last : this.edge.before) as Claim;
      this.uncover(last);
      this.edge = last;
    }
    for (let next = this.edge; next !== null; next = this.edge) {
      if (this.covered + next.wanted > available) break;
      next.covered = true;
      this.covered += next.wanted;
      this.edge = next.behind as Claim | null;
    }
    return this.covered;
  }

  private uncover(claim: Claim): void {
    claim.covered = false;
    this.covered -= claim.wanted;
  }
}
