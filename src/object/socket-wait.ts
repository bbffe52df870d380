/** Waits under the timeouts of an object: those that receive or accept, and those that send. */
import { Wait, type Deadline } from "../../reactor/index.js";
import type { Timeouts } from "./timeouts.js";

/** One direction of an object, as those have to know it who wait there. */
export interface Direction {
  readonly kind: "read" | "write";
  readonly timeouts: Timeouts;
  /** The engine of the object. */
  readonly of: object;
  /** The block timeout of this direction. */
  readonly timeout: number;
  /** Kept for all waits, so that a timeout costs no allocation. */
  readonly deadline: Deadline;
}

/** An operation in one direction of an object, as a wait or before it has become one. */
export interface Directed {
  readonly direction: Direction;
}

export abstract class SocketWait<T, Half extends Direction> extends Wait<T> {
  constructor(protected readonly half: Half) {
    super();
  }
  get kind(): "read" | "write" {
    return this.half.kind;
  }
  /** What it does, without on what: that takes a question to the kernel. */
  get action(): string | undefined {
    return undefined;
  }
  get subject(): object {
    return this.half.of;
  }
  /** {@link Directed} */
  get direction(): Half {
    return this.half;
  }
  protected override get block(): number {
    return this.half.timeout;
  }
  protected override get total(): number {
    return this.half.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.half.deadline;
  }
  protected override get holds(): boolean {
    return this.half.deadline.holds;
  }
}
