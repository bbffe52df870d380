/** The sending half of a connection: what is to leave, and who waits until there is room for more. */
import type { Wait } from "../../reactor/index.js";
import { byDefault, type SocketError } from "../object/index.js";
import { Half } from "./half.js";
import { Output, SEND_AGAIN } from "./output.js";
import { Senders } from "./senders.js";

export class WriteHalf extends Half {
  /** What is to leave; null while that is nothing. */
  output: Output | null = null;
  senders: Senders | null = null;
  /** Bytes that were taken, counted for `getstats`. */
  sent = 0;
  /** Where the stream that is received stood when something was sent last: what had come by then has been answered. */
  answered = 0;
  /** Nothing more can be sent. */
  shut = false;
  /** Why, where sending was not shut down by the program, or by the peer. */
  declare shutWord: SocketError;

  get kind(): "write" {
    return "write";
  }
  get timeout(): number {
    return this.whole.timeouts.send;
  }

  /** Why nothing can be sent, or null. */
  get error(): SocketError | null {
    const { whole } = this;
    if (whole.closed) return "closed";
    const open = !this.shut && (whole.transport !== null || whole.pending);
    return open ? null : this.shutWord;
  }

  /** Bytes taken and not in the kernel yet. */
  get queued(): number {
    return this.output?.queued ?? 0;
  }

  /** For something to send. */
  get outlet(): Output {
    return (this.output ??= new Output(this.whole));
  }

  get senderQueue(): Senders {
    return (this.senders ??= new Senders());
  }

  /** A new stream begins. */
  begin(): void {
    this.shut = false;
    if (this.shutWord !== "closed") this.shutWord = "closed";
  }

  /** Take bytes to be sent. They must be the stream's own. */
  handOver(bytes: Buffer): void {
    this.count(bytes.length);
    this.outlet.addBytes(bytes);
  }

  /** So many bytes are taken to be sent. */
  count(bytes: number): void {
    this.sent += bytes;
    this.answered = this.whole.reading.position;
  }

  /** More was left behind by halted senders than may be. */
  overflow(): void {
    this.shut = true;
    this.shutWord = "no buffer space available";
    this.whole.overflow();
  }

  /** A sender has left the queue: the next one may be able to go on. */
  leave(sender: Wait<unknown>): void {
    // It is not in it, where what it left behind stands in its place.
    if (this.senders!.has(sender)) this.senders!.delete(sender);
    this.wake();
  }

  /** The first sender may be able to go on. */
  wake(): void {
    for (let gone = true; gone && (this.error !== null || this.queued <= SEND_AGAIN);)
      gone = this.senders?.turn() ?? false;
  }

  /** The stream is being closed, or is broken: all senders learn of it. Some may leave while they are told. */
  wakeAll(): void {
    this.senders?.closing();
  }

  /** Nothing can leave any more; what was to leave is dropped, and all senders learn of it. */
  breakOff(): void {
    this.output?.discard();
    this.wakeAll();
  }
}

byDefault(WriteHalf.prototype, { shutWord: "closed" });
