/** The queue of those that wait until a stream takes what they send; and messages in it whose sender was halted. */
import { PENDING, WaitList, type Pending } from "../../reactor/index.js";
import { SendWait } from "../socket-wait.js";
import type { Connection } from "./connection.js";

/** Bytes that may be waiting when a halted send leaves its message behind. */
export const LEFT_BEHIND_BOUND = 16 * 1024 * 1024;

/** Who waits in the stream's queue of senders. */
export interface Sender {
  /** It is first now, and there is room, or the stream is being closed. Whether it has left the queue, so that the next one may. */
  turn(): boolean;
  /** The stream is being closed. */
  closing(): void;
}

export class Senders extends WaitList {
  /** Bytes of the messages in it whose senders were halted. */
  leftBehind = 0;
}

/** The message of a halted send, in its place. Nobody waits for it. */
export class LeftBehind extends SendWait<never, Connection> implements Sender {
  constructor(
    stream: Connection,
    private readonly bytes: Buffer,
  ) {
    super(stream);
    stream.senderQueue.leftBehind += bytes.length;
  }
  get description(): string {
    return `message of a halted send on ${String(this.socket)}`;
  }
  turn(): boolean {
    const { socket, bytes } = this;
    if (!socket.senderQueue.has(this)) return true;
    if (socket.sendError === null) socket.handOver(bytes);
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
    const { senderQueue } = this.socket;
    senderQueue.leftBehind -= this.bytes.length;
    senderQueue.delete(this);
  }
}

/**
 * Where the connection is to become another: what was sent before leaves as it is, what is sent behind has to wait until the barrier is
 * lifted, and is dropped with it when there will be no connection.
 */
export class Barrier extends SendWait<never, Connection> implements Sender {
  constructor(
    stream: Connection,
    /** All before it may have left. */
    private readonly tell: () => void,
  ) {
    super(stream);
    stream.senderQueue.add(this);
  }
  get description(): string {
    return `barrier on ${String(this.socket)}`;
  }
  /** Whether all that was sent before is in the kernel. */
  get reached(): boolean {
    const { socket } = this;
    return socket.senderQueue.admits(this) && socket.queued === 0;
  }
  /** Let those behind it go on; does nothing the second time. */
  lift(): void {
    if (this.socket.senderQueue.has(this)) this.leave();
  }
  turn(): boolean {
    this.tell();
    return false;
  }
  /** Nobody waits for the messages of halted senders behind it: they are lost with the connection. */
  closing(): void {
    const { senderQueue } = this.socket;
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
    this.socket.senderQueue.delete(this);
    this.socket.wakeSender();
  }
}
