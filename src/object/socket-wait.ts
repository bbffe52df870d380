/** Waits under the timeouts of an object: those that receive or accept, and those that send. */
import { Wait, type Deadline, type WaitKind } from "../../reactor/index.js";
import type { Timeouts } from "./timeouts.js";

/** What has timeouts, and a deadline that is kept for all waits in one direction. */
interface Timed {
  readonly timeouts: Timeouts;
}

export abstract class ReceiveWait<
  T,
  Source extends Timed & { readonly readDeadline: Deadline },
> extends Wait<T> {
  constructor(protected readonly source: Source) {
    super();
  }
  get kind(): WaitKind {
    return "read";
  }
  protected override get block(): number {
    return this.source.timeouts.receive;
  }
  protected override get total(): number {
    return this.source.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.source.readDeadline;
  }
  protected override get holds(): boolean {
    return this.source.readDeadline.holds;
  }
}

export abstract class SendWait<
  T,
  Target extends Timed & { readonly writeDeadline: Deadline },
> extends Wait<T> {
  constructor(protected readonly target: Target) {
    super();
  }
  get kind(): WaitKind {
    return "write";
  }
  protected override get block(): number {
    return this.target.timeouts.send;
  }
  protected override get total(): number {
    return this.target.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.target.writeDeadline;
  }
  protected override get holds(): boolean {
    return this.target.writeDeadline.holds;
  }
}
