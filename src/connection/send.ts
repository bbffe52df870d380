import { PENDING, type Pending, TryFirst } from "../../reactor/index.js";
import { byteLength, type Data, joined, type Result, SocketWait } from "../object/index.js";
import type { WriteHalf } from "./write-half.js";
import { OUTPUT_BOUND } from "./output.js";
import { LEFT_BEHIND_BOUND, LeftBehind } from "./left-behind.js";

type Sent = Result<number, number>;

/** The send that almost every send is: a whole string, and there is room. */
export class SendText extends TryFirst<Sent> {
  constructor(
    private readonly half: WriteHalf,
    private readonly text: string,
  ) {
    super();
  }
  get description(): string {
    return `send on ${String(this.half)}`;
  }

  get direction(): WriteHalf {
    return this.half;
  }

  protected attempt(): Sent | Pending {
    const { half, text } = this;
    const { encoding, senders } = half;
    const bytes = byteLength(text, encoding);
    const room = bytes <= OUTPUT_BOUND - half.queued;
    if ((senders !== null && !senders.empty) || !room || half.error !== null) return PENDING;
    half.count(bytes);
    half.outlet.addText(text, encoding, bytes);
    return [bytes];
  }
  protected waiting(): Send {
    return new Send(this.half, this.text, undefined, undefined);
  }
}

export class Send extends SocketWait<Result<number, number>, WriteHalf> {
  /** What has still to be taken; null before the first attempt. */
  private rest: Buffer | null = null;
  /** Whether `rest` is shared with the caller, who may change it after `send`. */
  private shared = false;
  /** Index of the last byte taken. */
  private index: number;

  constructor(
    half: WriteHalf,
    private readonly data: Data,
    private readonly i: number | undefined,
    private readonly j: number | undefined,
  ) {
    super(half);
    this.index = 0;
  }

  override get action(): string {
    return "send";
  }
  get description(): string {
    return `send on ${String(this.half)}`;
  }

  protected attempt(): Result<number, number> | Pending {
    const { half } = this;
    if (this.rest === null) this.prepare();
    const error = half.error;
    // Nothing is always sent, as with LuaSocket.
    if (error !== null) {
      if (this.rest!.length === 0) return [this.index];
      return half.markDubious(half.failed("send", error, this.index));
    }
    if (!this.first) return PENDING;
    this.hand(Math.max(OUTPUT_BOUND - half.queued, 0));
    return this.rest!.length === 0 ? [this.index] : PENDING;
  }

  protected override timedOut(): Result<number, number> {
    return this.half.markDubious([undefined, "timeout", this.index]);
  }

  /** Performed again, it sends again. */
  override [Symbol.iterator](): this {
    super[Symbol.iterator]();
    this.rest = null;
    return this;
  }

  /** The message is the stream's now: a halt stops the waiting only. */
  protected override halted(): void {
    const { half } = this;
    // An answer to it would be the next one's who gets the connection from the pool.
    half.markDubious(undefined);
    if (this.rest === null) this.prepare();
    if (half.error !== null) return;
    const { senderQueue } = half;
    if (half.queued + senderQueue.leftBehind > LEFT_BEHIND_BOUND) half.overflow();
    else if (senderQueue.first === this) this.hand(Infinity);
    else senderQueue.replace(this, new LeftBehind(half, this.owned()));
  }

  /** The stream is given away: all of it is taken, whatever room there is, so its sender will learn that it is sent. */
  handWhole(): void {
    if (this.half.error === null) this.hand(Infinity);
  }

  protected enlist(): void {
    this.half.senderQueue.add(this);
  }
  protected leave(): void {
    this.half.leave(this);
  }

  private get first(): boolean {
    const { senders } = this.half;
    return senders === null || senders.admits(this);
  }

  /** Hand at most `limit` bytes to the output. */
  private hand(limit: number): void {
    const rest = this.rest!;
    const piece = limit >= rest.length ? rest : rest.subarray(0, limit);
    if (piece.length === 0) return;
    this.rest = rest.subarray(piece.length);
    this.index += piece.length;
    this.half.handOver(this.shared ? Buffer.from(piece) : piece);
  }

  /** What has still to be taken, safe from the caller. */
  private owned(): Buffer {
    return this.shared ? Buffer.from(this.rest!) : this.rest!;
  }

  /** Make the data one piece of bytes, cut to the range from i to j. */
  private prepare(): void {
    const { data } = this;
    const { encoding } = this.half;
    this.shared = data instanceof Uint8Array;
    const all = joined(data, encoding);
    const [start, end] = range(this.i, this.j, all.length);
    this.index = start - 1;
    this.rest = start <= end ? all.subarray(start - 1, end) : all.subarray(0, 0);
  }
}

/** Waits until what was sent before is in the kernel; what is sent meanwhile waits behind it. */
export class Flush extends SocketWait<Result<1>, WriteHalf> {
  get description(): string {
    return `flush on ${String(this.half)}`;
  }
  protected attempt(): Result<1> | Pending {
    const { half } = this;
    const { senders, error } = half;
    if (error !== null) return half.markDubious(half.failed("flush", error, undefined));
    return (senders === null || senders.admits(this)) && half.queued === 0 ? [1] : PENDING;
  }
  protected override timedOut(): Result<1> {
    return [undefined, "timeout", undefined];
  }
  protected enlist(): void {
    this.half.senderQueue.add(this);
  }
  protected leave(): void {
    this.half.leave(this);
  }
}

/** LuaSocket's byte range: 1-based, both ends included, negative from the end, clamped. */
function range(i = 1, j = -1, length: number): [start: number, end: number] {
  const start = Math.max(i < 0 ? length + i + 1 : i, 1);
  const end = Math.min(j < 0 ? length + j + 1 : j, length);
  return [start, end];
}
