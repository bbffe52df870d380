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
