/** Waits under the timeouts of an object: those that receive or accept, and those that send. */
import { Wait, type Deadline, type WaitKind } from "../reactor/index.js";
import type { Timeouts } from "./timeouts.js";

/** What has timeouts, and a deadline that is kept for all waits in one direction. */
interface Timed {
  readonly timeouts: Timeouts;
}

export abstract class ReceiveWait<
  T,
  Socket extends Timed & { readonly readDeadline: Deadline },
> extends Wait<T> {
  constructor(protected readonly socket: Socket) {
    super();
  }
  get kind(): WaitKind {
    return "read";
  }
  protected override get block(): number {
    return this.socket.timeouts.receive;
  }
  protected override get total(): number {
    return this.socket.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.socket.readDeadline;
  }
  protected override get holds(): boolean {
    return this.socket.readDeadline.holds;
  }
}

export abstract class SendWait<
  T,
  Socket extends Timed & { readonly writeDeadline: Deadline },
> extends Wait<T> {
  constructor(protected readonly socket: Socket) {
    super();
  }
  get kind(): WaitKind {
    return "write";
  }
  protected override get block(): number {
    return this.socket.timeouts.send;
  }
  protected override get total(): number {
    return this.socket.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.socket.writeDeadline;
  }
  protected override get holds(): boolean {
    return this.socket.writeDeadline.holds;
  }
}
