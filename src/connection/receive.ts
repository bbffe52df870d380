/**
 * The patterns of `receive`, as waits. Nothing is taken from the buffer before a pattern is complete, so a receive that is
 * halted has lost nothing; only a timeout or the end of the stream takes what is there, as the partial.
 */
import { PENDING, type Pending } from "../../reactor/index.js";
import { type Encoding, ReceiveWait, type Result } from "../object/index.js";
import { dropCR, LONGEST_TEXT } from "./text.js";
import { bytePattern, textPattern, type BytePattern, type TextPattern } from "./patterns.js";
import type { Reader, ReadHalf } from "./read-half.js";

/** A read that waits in the stream's queue of readers. */
export abstract class Read<T> extends ReceiveWait<T, ReadHalf> implements Reader {
  /** Whether it would finish now. */
  abstract ready(): boolean;

  /** Bytes have arrived while it was first in the queue. */
  arrived(): void {
    if (this.ready()) this.enqueue();
    else this.progress();
  }

  protected get first(): boolean {
    const { readers } = this.source;
    return readers === null || readers.admits(this);
  }

  /** Nothing was taken, but what it waited for is still to come: the pool must not take the connection. */
  protected override halted(): void {
    this.source.markDubious(undefined);
  }
  protected enlist(): void {
    this.source.readerQueue.add(this);
  }
  protected leave(): void {
    this.source.readers!.delete(this);
    this.source.wake();
  }
}

export abstract class Receive<T extends string | Buffer> extends Read<Result<T, T>> {
  protected abstract readonly pattern: string;
  get description(): string {
    return `receive(${this.pattern}) on ${String(this.source)}`;
  }
  /** The result if the pattern is complete, or null. */
  protected abstract take(): Result<T, T> | null;
  /** What is there, taken; `ended` when nothing more will come. */
  protected abstract partial(ended: boolean): T;

  /** Copas's receivepartial: whatever has come is enough, and then "timeout" says that it is not all. */
  declare eager: boolean;

  ready(): boolean {
    const { source } = this;
    return source.ended || this.complete() || (this.eager && source.input.size > 0);
  }
  protected abstract complete(): boolean;

  protected attempt(): Result<T, T> | Pending {
    const { source } = this;
    if (!this.first) return PENDING;
    const result = this.take();
    if (result !== null) {
      source.taken();
      return result;
    }
    if (source.ended) return source.atEnd(this.partial(true));
    if (this.eager && source.input.size > 0) return this.timedOut();
    source.wantMore();
    return PENDING;
  }

  protected override timedOut(): Result<T, T> {
    const partial = this.partial(!this.first);
    this.source.taken();
    return this.source.markDubious([undefined, "timeout", partial]);
  }
}

// On the prototype: almost no receive is.
Object.defineProperty(Receive.prototype, "eager", { value: false, writable: true });

abstract class ReceiveText extends Receive<string> {
  constructor(
    half: ReadHalf,
    protected readonly prefix: string,
  ) {
    super(half);
  }
  protected partial(ended: boolean): string {
    return this.first ? this.begun(Infinity, ended) : this.prefix;
  }
  /** The prefix, and at most `n` bytes of what has come, taken. */
  protected begun(n: number, ended: boolean): string {
    const { input, encoding } = this.source;
    return this.behindPrefix(this.clean(input.takeText(n, encoding, ended)));
  }
  protected behindPrefix(text: string): string {
    return this.prefix + text;
  }
  protected clean(text: string): string {
    return text;
  }
}

/** "*l" and "*L" */
export class ReceiveLine extends ReceiveText {
  constructor(
    half: ReadHalf,
    prefix: string,
    private readonly raw: boolean,
  ) {
    super(half, prefix);
  }
  protected get pattern(): string {
    return this.raw ? '"*L"' : '"*l"';
  }
  protected complete(): boolean {
    const { input } = this.source;
    return input.lineLength() >= 0 || input.size > this.room;
  }
  protected take(): Result<string, string> | null {
    const { input, encoding } = this.source;
    const length = input.lineLength();
    const { room } = this;
    if (length > room || (length < 0 && input.size > room)) {
      const text = this.begun(Math.max(room, 0), false);
      return this.source.markDubious([undefined, "line too long", text]);
    }
    if (length < 0) return null;
    const line = this.raw ? input.takeRawLine(encoding) : input.takeLine(encoding);
    if (this.prefix === "") return [line];
    this.source.dropPartial();
    return [this.prefix + line];
  }
  /** Bytes that the line may still have; the prefix counts. */
  private get room(): number {
    const { source, prefix } = this;
    return prefix === ""
      ? source.lineLimit
      : source.lineLimit - source.partial.bytesOf(prefix, source.encoding);
  }
  protected override behindPrefix(text: string): string {
    const { partial, encoding } = this.source;
    return partial.extend(this.prefix, text, encoding);
  }
  protected override clean(text: string): string {
    return this.raw ? text : dropCR(text);
  }
}

/** "*a" */
export class ReceiveAll extends ReceiveText {
  protected readonly pattern = '"*a"';
  protected complete(): boolean {
    return this.tooLong;
  }
  private get tooLong(): boolean {
    return this.prefix.length + this.source.input.size > LONGEST_TEXT;
  }
  protected take(): Result<string, string> | null {
    const { source } = this;
    const { input } = source;
    if (this.tooLong) {
      throw new RangeError(
        `receive("*a"): more than ${LONGEST_TEXT} bytes do not fit in a string: use receive(Infinity), which gives a Buffer`,
      );
    }
    // LuaSocket: the end of the stream is an error only when nothing came before it.
    if (!source.finished || input.size === 0) return null;
    return [this.partial(true)];
  }
}

/** A number of bytes, or Infinity for all of them. */
export class ReceiveBytes extends Receive<Buffer> {
  constructor(
    half: ReadHalf,
    private readonly count: number,
    private readonly prefix: Buffer,
  ) {
    super(half);
  }
  protected get pattern(): string {
    return String(this.count);
  }
  /** Bytes still to come; the prefix counts. */
  private get wanted(): number {
    return Math.max(this.count - this.prefix.length, 0);
  }
  protected complete(): boolean {
    const { size } = this.source.input;
    // receive(0) waits until there is something, as in LuaSocket.
    return size >= this.wanted && (size > 0 || this.prefix.length > 0);
  }
  protected take(): Result<Buffer, Buffer> | null {
    const { source, prefix, wanted } = this;
    if (wanted === Infinity) {
      if (!source.finished || source.input.size === 0) return null;
      return [this.partial()];
    }
    if (!this.complete()) return null;
    const block = source.input.take(wanted);
    return [prefix.length === 0 ? block : Buffer.concat([prefix, block])];
  }
  protected partial(): Buffer {
    const { input } = this.source;
    if (!this.first || input.size === 0) return this.prefix;
    const block = input.take(input.size);
    return this.prefix.length === 0 ? block : Buffer.concat([this.prefix, block]);
  }
}

/**
 * The wait for a pattern. Misuse throws TypeError.
 *
 * @param eager whether what has come is enough
 */
export function byPattern(
  { reading, encoding }: { readonly reading: ReadHalf; readonly encoding: Encoding },
  pattern: TextPattern | BytePattern = "*l",
  prefix: string | Uint8Array = "",
  eager = false,
): ReceiveLine | ReceiveAll | ReceiveBytes {
  const wait = waitFor(reading, encoding, pattern, prefix);
  if (eager) wait.eager = true;
  return wait;
}

function waitFor(
  reading: ReadHalf,
  encoding: Encoding,
  pattern: TextPattern | BytePattern,
  prefix: string | Uint8Array,
): ReceiveLine | ReceiveAll | ReceiveBytes {
  const text = textPattern(pattern, prefix);
  if (text === "*l") return new ReceiveLine(reading, prefix as string, false);
  if (text === "*L") return new ReceiveLine(reading, prefix as string, true);
  if (text === "*a") return new ReceiveAll(reading, prefix as string);
  const bytes = typeof prefix === "string" ? Buffer.from(prefix, encoding) : Buffer.from(prefix);
  return new ReceiveBytes(reading, bytePattern(pattern), bytes);
}
