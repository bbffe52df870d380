import type { Subscription } from "effection";
import { Fifo } from "../fifo.js";
import { Mapped } from "../mapped.js";
import { operation, type Yieldable, type YieldStarMissing } from "../operation.js";
import { QueuedWait } from "../queued-wait.js";
import { oneLine, shown } from "../show.js";
import { PENDING, type Pending } from "../wait.js";
import { WaitList } from "../wait-list.js";

/** What {@link Channel.send} gives. */
export type Sent<Word extends string = "closed"> =
  | [value: true, error?: undefined, partial?: undefined]
  | [value: undefined, error: Word, partial: undefined];
/** What {@link Channel.receive} gives. */
export type Received<T, Word extends string = "closed"> =
  | [value: T, error?: undefined, partial?: undefined]
  | [value: undefined, error: Word, partial: undefined];

/**
 * Values from fibers to fibers, first in, first out; several may send and receive, and each value is received once. Make one with {@link channel}.
 *
 * It is a stream, too: `for (const value of yield* each(numbers))` receives until it is closed. Several loops share what comes.
 */
export class Channel<T> implements Yieldable<Subscription<T, void>> {
  private readonly values = new Fifo<T>();
  private readonly senders = new WaitList();
  private readonly receivers = new WaitList();
  private over = false;

  /** @internal Use `channel`. */
  constructor(
    /** How many values may wait to be received. */
    readonly size: number,
  ) {}

  toString(): string {
    return `channel (${this.over ? "closed, " : ""}${this.values.length} of ${this.size})`;
  }

  static {
    oneLine(this.prototype);
  }

  /** How many values wait to be received; not those whose senders wait. */
  get length(): number {
    return this.values.length;
  }

  /** Whether it was closed. There may be values to receive still. */
  get closed(): boolean {
    return this.over;
  }

  /**
   * Send a value; wait until there is room for it or, of a channel of size 0, until it is received.
   *
   * @returns `[true]`; or "closed": then nobody gets it. Cancelling takes it back, unless somebody has it already.
   *
   * @example
   * const numbers = channel<number>(16);
   * const [, err] = yield* numbers.send(1);
   */
  send(value: T): Yieldable<Sent> {
    return new Sending(this, value, this.senders);
  }

  /**
   * Receive the next value; wait for it.
   *
   * @returns `[value]`; or "closed", when it is closed and all has been received. Cancelling takes nothing.
   *
   * @example
   * const numbers = channel<number>(16);
   * const [number, err] = yield* numbers.receive();
   * if (err) return; // "closed"
   */
  receive(): Yieldable<Received<T>> {
    return new Receiving(this, this.receivers);
  }

  /**
   * Send without waiting: for callbacks.
   *
   * @returns `[true]`; "full": there is no room, or others wait to send (of size 0: always); "closed"
   *
   * @example
   * const signals = channel<string>(Infinity);
   * process.on("SIGHUP", (name) => signals.trySend(name));
   */
  trySend(value: T): Sent<"full" | "closed"> {
    if (this.over) return refused("closed");
    if (!this.senders.empty || this.values.length >= this.size) return refused("full");
    this.put(value);
    return [true];
  }

  /**
   * Receive without waiting.
   *
   * @returns `[value]`; "empty": there is none, or others wait to receive; "closed"
   *
   * @example
   * const numbers = channel<number>(16);
   * const [number, err] = numbers.tryReceive();
   */
  tryReceive(): Received<T, "empty" | "closed"> {
    const received = this.take(this.receivers.empty);
    return received === PENDING ? refused("empty") : received;
  }

  /**
   * No more values: those who wait to send, and those who send later, get "closed"; what was sent can be received. Calling it again is fine.
   *
   * @example
   * const numbers = channel<number>(16);
   * numbers.close();
   */
  close(): void {
    this.over = true;
    this.senders.wakeAll();
    this.receivers.wakeAll();
  }

  /** As an operation: a subscription, for `each`. */
  [Symbol.iterator](): Iterator<YieldStarMissing, Subscription<T, void>, unknown> {
    const receive = (): Yieldable<Received<T>> => this.receive();
    const next = (): Yieldable<IteratorResult<T, void>> =>
      new Mapped("the next of a channel", receive, itemOf<T>);
    return operation("channel", function* () {
      return { next };
    })[Symbol.iterator]();
  }

  // ---- for those who wait -----------------------------------------------------------------------------------------

  /** @internal @param first nobody came before */
  admit(sending: Sending<T>, first: boolean): Sent | Pending {
    if (this.over) return refused("closed");
    if (!first || this.values.length >= this.size) return PENDING;
    this.put(sending.value);
    return [true];
  }

  private put(value: T): void {
    this.values.push(value);
    this.wakeReceiver();
  }

  /** @internal Somebody has a value, or waits to send one. */
  wakeReceiver(): void {
    this.receivers.first?.wake();
  }

  /** @internal @param first nobody came before */
  take(first: boolean): Received<T> | Pending {
    if (!first) return PENDING;
    if (this.values.length > 0) {
      const value = this.values.shift();
      this.senders.first?.wake();
      return [value];
    }
    if (this.over) return refused("closed");
    // Nobody else joins the list.
    const sending = this.senders.first as Sending<T> | null;
    return sending === null ? PENDING : [sending.handOver()];
  }
}

function refused<Word extends string>(
  word: Word,
): [value: undefined, error: Word, partial: undefined] {
  return [undefined, word, undefined];
}

function itemOf<T>([value, error]: Received<T>): IteratorResult<T, void> {
  return error === undefined
    ? { done: false, value: value as T }
    : { done: true, value: undefined };
}

class Sending<T> extends QueuedWait<Sent> {
  /** Somebody has received it. */
  private received = false;

  constructor(
    private readonly channel: Channel<T>,
    readonly value: T,
    private readonly senders: WaitList,
  ) {
    super(senders, Infinity);
  }
  get description(): string {
    return `send to ${String(this.channel)}`;
  }
  handOver(): T {
    this.received = true;
    this.senders.delete(this);
    this.wake();
    return this.value;
  }
  protected acquire(first: boolean): Sent | Pending {
    return this.received ? [true] : this.channel.admit(this, first);
  }
  protected override enlist(): void {
    super.enlist();
    this.channel.wakeReceiver();
  }
  protected override leave(): void {
    if (!this.received) super.leave();
    this.received = false;
  }
}

class Receiving<T> extends QueuedWait<Received<T>> {
  constructor(
    private readonly channel: Channel<T>,
    receivers: WaitList,
  ) {
    super(receivers, Infinity);
  }
  get description(): string {
    return `receive from ${String(this.channel)}`;
  }
  protected acquire(first: boolean): Received<T> | Pending {
    return this.channel.take(first);
  }
}

/**
 * A way for values from fibers to fibers, with a bound: who sends more than `size` that nobody has received waits. (Go: channels; trio: `open_memory_channel`)
 *
 * @param size how many values may wait to be received: 0 (default) makes each sender wait until its value is received, Infinity none of them
 *
 * @example
 * const jobs = channel<string>(8);
 * yield* fork(function* () {
 *   for (const job of yield* each(jobs)) {
 *     console.log(job);
 *     yield* each.next();
 *   }
 * });
 * yield* jobs.send("sweep");
 * jobs.close();
 */
export function channel<T>(size = 0): Channel<T> {
  if (!(size === Infinity || (Number.isInteger(size) && size >= 0)))
    throw new TypeError(
      `channel takes how many values may wait, a whole number or Infinity, not ${shown(size)}`,
    );
  return new Channel<T>(size);
}
