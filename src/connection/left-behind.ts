/** What stands in the queue of senders and waits for nobody: the message of a halted send, and a barrier. */
import { PENDING, type Pending } from "../../reactor/index.js";
import { SendWait } from "../object/index.js";
import type { Sender } from "./senders.js";
import type { WriteHalf } from "./write-half.js";

/** Bytes that may be waiting when a halted send leaves its message behind. */
export const LEFT_BEHIND_BOUND = 16 * 1024 * 1024;

/** The message of a halted send, in its place. Nobody waits for it. */
export class LeftBehind extends SendWait<never, WriteHalf> implements Sender {
  constructor(
    half: WriteHalf,
    private readonly bytes: Buffer,
  ) {
    super(half);
    half.senderQueue.leftBehind += bytes.length;
  }
  get description(): string {
    return `message of a halted send on ${String(this.target)}`;
  }
  turn(): boolean {
    const { target, bytes } = this;
    if (!target.senderQueue.has(this)) return true;
    if (target.error === null) target.handOver(bytes);
    this.leave();
    return true;
  }
  closing(): void {
    this.turn();
  }
  drop(): void {
    this.leave();
  }
  protected attempt(): Pending {
    return PENDING;
  }
  protected enlist(): void {}
  protected leave(): void {
    const { senderQueue } = this.target;
    senderQueue.leftBehind -= this.bytes.length;
    senderQueue.delete(this);
  }
}

/**
 * Where the connection is to become another: what was sent before leaves as it is, what is sent behind has to wait until the barrier is
 * lifted, and is dropped with it when there will be no connection.
 */
export class Barrier extends SendWait<never, WriteHalf> implements Sender {
  constructor(
    half: WriteHalf,
    /** All before it may have left. */
    private readonly tell: () => void,
  ) {
    super(half);
    half.senderQueue.add(this);
  }
  get description(): string {
    return `barrier on ${String(this.target)}`;
  }
  /** Whether all that was sent before is in the kernel. */
  get reached(): boolean {
    const { target } = this;
    return target.senderQueue.admits(this) && target.queued === 0;
  }
  /** Let those behind it go on; does nothing the second time. */
  lift(): void {
    if (this.target.senderQueue.has(this)) this.leave();
  }
  turn(): boolean {
    this.tell();
    return false;
  }
  /** Nobody waits for the messages of halted senders behind it: they are lost with the connection. */
  closing(): void {
    const { senderQueue } = this.target;
    if (!senderQueue.has(this)) return;
    let behind = false;
    for (const sender of [...senderQueue]) {
      if (behind && sender instanceof LeftBehind) sender.drop();
      behind ||= sender === this;
    }
  }
  protected attempt(): Pending {
    return PENDING;
  }
  protected enlist(): void {}
  protected leave(): void {
    this.target.senderQueue.delete(this);
    this.target.wake();
  }
}
