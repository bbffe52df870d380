/** What stands in the queue of senders and waits for nobody: the message of a halted send, and a barrier. */
import { observer, PENDING, type Pending } from "../../reactor/index.js";
import { SocketWait } from "../object/index.js";
import type { Standing } from "./senders.js";
import type { WriteHalf } from "./write-half.js";

/** Bytes that may be waiting when a halted send leaves its message behind. */
export const LEFT_BEHIND_BOUND = 16 * 1024 * 1024;

/** The message of a halted send, in its place. Nobody waits for it. */
export class LeftBehind extends SocketWait<never, WriteHalf> implements Standing {
  constructor(
    half: WriteHalf,
    private readonly bytes: Buffer,
  ) {
    super(half);
    // Nobody performs it: it stands where it is.
    if (observer !== null) observer.performed(this);
    half.senderQueue.leftBehind += bytes.length;
  }
  get description(): string {
    return `message of a halted send on ${String(this.half)}`;
  }
  turn(): boolean {
    const { half, bytes } = this;
    if (!half.senderQueue.has(this)) return true;
    if (half.error === null) half.handOver(bytes);
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
    const { senderQueue } = this.half;
    senderQueue.leftBehind -= this.bytes.length;
    senderQueue.delete(this);
  }
}

/**
 * Where the connection is to become another: what was sent before leaves as it is, what is sent behind has to wait until the barrier is
 * lifted, and is dropped with it when there will be no connection.
 */
export class Barrier extends SocketWait<never, WriteHalf> implements Standing {
  constructor(
    half: WriteHalf,
    /** All before it may have left. */
    private readonly tell: () => void,
  ) {
    super(half);
    if (observer !== null) observer.performed(this);
    half.senderQueue.add(this);
  }
  get description(): string {
    return `barrier on ${String(this.half)}`;
  }
  /** Whether all that was sent before is in the kernel. */
  get reached(): boolean {
    const { half } = this;
    return half.senderQueue.admits(this) && half.queued === 0;
  }
  /** Let those behind it go on; does nothing the second time. */
  lift(): void {
    if (this.half.senderQueue.has(this)) this.leave();
  }
  turn(): boolean {
    this.tell();
    return false;
  }
  /** Nobody waits for the messages of halted senders behind it: they are lost with the connection. */
  closing(): void {
    const { senderQueue } = this.half;
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
    this.half.leave(this);
  }
}
