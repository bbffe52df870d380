/**
 * The two directions of a stream, as those see them who wait: what has arrived and who reads, what is to leave and who
 * waits for room.
 */
import { Deadline, type Wait, WaitList } from "../../reactor/index.js";
import type { SocketError } from "../errors.js";
import type { Wire } from "../network/index.js";
import { explained, type Failure } from "../result.js";
import { SocketObject } from "../socket-object.js";
import type { Selectable } from "../watch.js";
import { Output, type OutputOwner } from "./output.js";
import { Partial } from "./partial.js";
import { NO_INPUT, type ReceiveBuffer } from "./receive-buffer.js";
import type { Read } from "./receive.js";
import { SEND_AGAIN } from "./send.js";
import { type Sender, Senders } from "./senders.js";

/** Unread bytes below which the kernel is read again. */
const LOW_WATER = 16 * 1024;
/** Longest line, in bytes, unless `setoption("line-limit")` says otherwise. */
const LINE_LIMIT = 1024 * 1024;

export abstract class Flow extends SocketObject implements OutputOwner, Selectable {
  /** @internal The connection; null before there is one and after it is gone. */
  wire: Wire | null = null;
  /** @internal What has arrived; {@link NO_INPUT} while that is nothing. */
  input: ReceiveBuffer = NO_INPUT;
  /** @internal What is to leave; null while that is nothing. */
  output: Output | null = null;
  /** @internal */
  readers: WaitList | null = null;
  /** @internal */
  senders: Senders | null = null;
  /** @internal */
  lineLimit = LINE_LIMIT;
  /** @internal Seconds that close may take to deliver, if set; 0 resets. */
  linger: number | null = null;
  /** @internal Counted for `getstats`. */
  received = 0;
  /** @internal */
  sent = 0;
  /** {@link position}, while there is no buffer. */
  protected position_ = 0;
  protected inputEnded = false;
  /** The stream was cut by this error: what has come is not all that the peer meant to send. */
  protected inputError: Error | undefined = undefined;
  protected paused = false;
  protected shutSend = false;
  /** Why, where sending was not shut down by the program, or by the peer. */
  declare protected shutWord: SocketError;
  /** An operation has failed, so that nobody knows what is still to come. The pool refuses it. */
  protected dubious = false;
  /** @internal */
  begun: Partial | null = null;
  private readDeadline_: Deadline | null = null;
  private writeDeadline_: Deadline | null = null;

  /** There is room again. */
  abstract drained(): void;
  /** @internal More was left behind by halted senders than may be. */
  abstract overflow(): void;

  /** @internal Nothing more will come: what is buffered is all. */
  get inputOver(): boolean {
    return this.inputEnded;
  }
  /** @internal The peer has ended the stream, and what is buffered is the whole rest of it. */
  get inputWhole(): boolean {
    return this.inputEnded && this.inputError === undefined && !this.closed;
  }
  /** @internal The stream was cut. */
  get inputCut(): boolean {
    return this.inputError !== undefined;
  }
  /** @internal What a receive gives that has come to the end: lastError tells a clean one from a cut. */
  atEnd<T>(partial: T): Failure<T> {
    const cause = (this.lastError = this.inputError);
    const failure = this.unsound<Failure<T>>([undefined, "closed", partial]);
    return cause === undefined
      ? failure
      : explained(failure, () => ({ operation: "receive", cause }));
  }
  /** @internal Why nothing can be sent, or null. */
  get sendError(): SocketError | null {
    if (this.closed) return "closed";
    return this.shutSend || (this.wire === null && !this.pending) ? this.shutWord : null;
  }
  /** Whether a connection is in the making. */
  protected get pending(): boolean {
    return false;
  }
  /** @internal Kept for all receives, so that a timeout costs no allocation. */
  get readDeadline(): Deadline {
    return (this.readDeadline_ ??= new Deadline(this.deadlinesHold));
  }
  /** @internal */
  get writeDeadline(): Deadline {
    return (this.writeDeadline_ ??= new Deadline(this.deadlinesHold));
  }
  /** Whether a timeout keeps the process alive: where the connection does so by itself it need not. */
  protected get deadlinesHold(): boolean {
    return false;
  }

  /** Those of them that nobody waits on: a deadline somebody waits on is disarmed when that wait ends. */
  protected idleDeadlines(): Deadline[] {
    return [this.readDeadline_, this.writeDeadline_].filter(
      (deadline) => deadline !== null && deadline.waiter === null,
    ) as Deadline[];
  }

  /** @internal Position in the stream of the next byte to be received. */
  get position(): number {
    return this.input === NO_INPUT ? this.position_ : this.input.position;
  }

  /** @internal A reader cannot go on without more. */
  wantMore(): void {
    if (this.input.size === 0) this.dropInput();
    if (!this.paused || this.wire === null) return;
    this.paused = false;
    this.wire.read();
  }

  /** Keep no buffer; what is in it is dropped. */
  protected dropInput(): void {
    this.position_ = this.position + this.input.size;
    this.input = NO_INPUT;
  }

  /** @internal Bytes taken and not in the kernel yet. */
  get queued(): number {
    return this.output?.queued ?? 0;
  }

  /** @internal For something to send. */
  get outlet(): Output {
    return (this.output ??= new Output(this));
  }

  /** @internal */
  get senderQueue(): Senders {
    return (this.senders ??= new Senders());
  }

  /** @internal Take bytes to be sent. They must be the stream's own. */
  handOver(bytes: Buffer): void {
    this.sent += bytes.length;
    this.outlet.addBytes(bytes);
  }

  /** @internal A receive has failed: the pool must not take the connection. */
  unsound<T>(result: T): T {
    this.dubious = true;
    this.tellError();
    return result;
  }

  /** @internal */
  get partial(): Partial {
    return (this.begun ??= new Partial());
  }

  /** @internal Something was taken from the input. */
  taken(): void {
    if (this.paused && this.input.size < LOW_WATER) this.wantMore();
  }

  /** @internal The first reader may be able to finish. */
  wakeReader(): void {
    const first = this.readers?.first as Read<unknown> | null | undefined;
    if (first?.ready()) first.wake();
  }

  /** @internal The first sender may be able to go on. */
  wakeSender(): void {
    for (let gone = true; gone && (this.sendError !== null || this.queued <= SEND_AGAIN);) {
      const first = this.senders?.first as (Wait<unknown> & Sender) | null | undefined;
      gone = first?.turn() ?? false;
    }
  }

  /** The stream is being closed, or is broken: all senders learn of it. Some may leave while they are told. */
  protected wakeSenders(): void {
    for (const sender of [...(this.senders ?? [])]) (sender as Wait<unknown> & Sender).closing();
  }

  /** @internal (select) */
  get selectable(): boolean {
    return !this.closed && (this.wire !== null || this.pending || this.lastError !== undefined);
  }
  /** @internal (select) */
  get readable(): boolean {
    return this.input.size > 0 || (this.inputEnded && !this.pending);
  }
  /** @internal (select) */
  get writable(): boolean {
    return !this.pending && (this.sendError !== null || this.queued <= SEND_AGAIN);
  }
}

// On the prototype: there is hardly ever another.
Object.defineProperty(Flow.prototype, "shutWord", { value: "closed", writable: true });
