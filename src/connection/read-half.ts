/** The receiving half of a connection: what has arrived, who waits for it, how the stream ended, and when the kernel is read. */
import { reactor, type Wait, WaitList } from "../../reactor/index.js";
import { byDefault, changed, type Failure } from "../object/index.js";
import { Half } from "./half.js";
import { Partial } from "./partial.js";
import { NO_INPUT, ReceiveBuffer } from "./receive-buffer.js";

/** Unread bytes from which on the kernel is not read any more, and below which it is read again. */
const HIGH_WATER = 64 * 1024;
const LOW_WATER = 16 * 1024;
/** Bytes that cost less to copy than their turn can gain by waiting for others. */
const LITTLE = 4 * 1024;
/** Longest line, in bytes, unless `setoption("line-limit")` says otherwise. */
const LINE_LIMIT = 1024 * 1024;

/** Who waits in the queue of readers. */
export interface Reader {
  /** Whether it has a part of what it waits for already: what it was given as prefix. */
  readonly begun: boolean;
  /** Whether it would finish now. */
  ready(): boolean;
  /** Bytes have arrived while it was first. */
  arrived(): void;
}

export class ReadHalf extends Half {
  /** What has arrived; {@link NO_INPUT} while that is nothing. */
  input: ReceiveBuffer = NO_INPUT;
  readers: WaitList | null = null;
  declare lineLimit: number;
  /** Bytes that arrived, counted for `getstats`. */
  received = 0;
  /** Nothing more will come: what is buffered is all. */
  ended = false;
  /** The kernel is not read, since too much has not been received. */
  paused = false;
  /** The program receives nothing any more: `shutdown`. */
  declare shut: boolean;
  /** The stream was cut by this error: what has come is not all that the peer meant to send. */
  declare private error: Error | undefined;
  /** {@link position}, while there is no buffer. */
  private resting = 0;
  declare private begun: Partial | null;
  /** Told when a reader is about to wait; null: nobody wants to know. */
  declare onwait: (() => void) | null;

  get kind(): "read" {
    return "read";
  }
  get timeout(): number {
    return this.whole.timeouts.receive;
  }

  /** The peer has ended the stream, and what is buffered is the whole rest of it. */
  get finished(): boolean {
    return this.ended && this.error === undefined && !this.whole.closed;
  }
  /** The stream was cut. */
  get cut(): boolean {
    return this.error !== undefined || this.whole.givenAway !== null;
  }
  /** By this; undefined if it was not. */
  get failure(): Error | undefined {
    return this.error;
  }
  /** What has come, for another: nothing can be received here any more. */
  surrender(): Buffer {
    const all = this.takeAll();
    this.drop();
    return all;
  }
  /** What a receive gives that has come to the end: lastError tells a clean one from a cut. */
  atEnd<T>(partial: T): Failure<T> {
    const { cut } = this;
    this.whole.lastError = this.error;
    return this.markDubious(
      cut ? this.failed("receive", "closed", partial) : [undefined, "closed", partial],
    );
  }

  /** Position in the stream of the next byte to be received. */
  get position(): number {
    return this.input === NO_INPUT ? this.resting : this.input.position;
  }
  get unread(): number {
    return this.input.size;
  }
  takeAll(): Buffer {
    return this.input.take(this.input.size);
  }
  get partial(): Partial {
    return (this.begun ??= new Partial());
  }
  dropPartial(): void {
    this.begun = null;
  }

  get readerQueue(): WaitList {
    return (this.readers ??= new WaitList());
  }
  get firstReader(): (Wait<unknown> & Reader) | null | undefined {
    return this.readers?.first as (Wait<unknown> & Reader) | null | undefined;
  }

  /** A new stream begins: nothing of an earlier one, which broke, must be taken for its bytes. */
  begin(): void {
    this.drop();
    this.ended = this.paused = false;
    if (this.shut) this.shut = false;
    if (this.error !== undefined) this.error = undefined;
  }

  /** @see Protocol.arrived */
  arrived(chunk: Buffer): boolean {
    const input = this.inlet(chunk.length);
    if (input === null) return true;
    input.push(chunk);
    if (this.advance()) reactor.run();
    return this.hungry;
  }

  /** @see Protocol.lent */
  lent(memory: Buffer, length: number, given: boolean): boolean {
    const input = this.inlet(length);
    if (input === null) return true;
    if (given) input.give(memory, length);
    else input.lend(memory, length);
    let soon = false;
    try {
      if (!this.advance()) return this.hungry;
      if (length <= LITTLE) soon = reactor.runTogether();
      else reactor.run();
    } finally {
      this.input.keep(soon);
    }
    return this.hungry;
  }

  /** For bytes that have arrived; null if nobody will receive them. */
  private inlet(length: number): ReceiveBuffer | null {
    this.received += length;
    if (this.ended) return null;
    if (this.input === NO_INPUT) this.input = new ReceiveBuffer(this.resting);
    return this.input;
  }

  /** Bytes have arrived. Whether anybody waits for them. */
  private advance(): boolean {
    changed(this.whole);
    const first = this.firstReader;
    if (!first) return false;
    first.arrived();
    return true;
  }

  /** Whether the kernel is to be read on. */
  get hungry(): boolean {
    if (this.ended || this.input.size < HIGH_WATER || this.readers?.first?.parked) return true;
    this.paused = true;
    return false;
  }

  /** Nothing more will come, or be taken. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  /** Cut by an error; unless it has ended already: then nothing of it is missing. */
  breakOff(error: Error): Error {
    if (!this.ended) this.error = error;
    return error;
  }

  /** Keep no buffer; what is in it is dropped. */
  drop(): void {
    this.resting = this.position + this.input.size;
    this.input = NO_INPUT;
  }

  /** A reader cannot go on without more. */
  wantMore(): void {
    if (this.input.size === 0) this.drop();
    if (this.paused) this.resume();
    if (this.onwait !== null) this.onwait();
  }

  /** Read the kernel again. */
  resume(): void {
    const { transport } = this.whole;
    if (transport === null) return;
    this.paused = false;
    transport.read();
  }

  /** Something was taken from the input. */
  taken(): void {
    if (this.paused && this.input.size < LOW_WATER) this.wantMore();
  }

  /** The first reader may be able to finish. */
  wake(): void {
    const first = this.firstReader;
    if (first?.ready()) first.wake();
  }
}

// What is private is no key of the type.
byDefault<object>(ReadHalf.prototype, {
  lineLimit: LINE_LIMIT,
  shut: false,
  error: undefined,
  begun: null,
  onwait: null,
});
