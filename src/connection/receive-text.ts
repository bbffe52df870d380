/** The patterns that give text: a line, everything. */
import type { Result } from "../object/index.js";
import type { ReadHalf } from "./read-half.js";
import type { Pattern } from "./receive.js";
import { dropCR, LONGEST_TEXT } from "./text.js";

/** "*l" and "*L" */
export class Line implements Pattern<string, string> {
  constructor(
    readonly prefix: string,
    private readonly raw: boolean,
  ) {}
  toString(): string {
    // Whole: a trace asks for it with each line.
    return this.raw ? 'receive("*L")' : 'receive("*l")';
  }
  complete(half: ReadHalf): boolean {
    const { input } = half;
    return input.lineLength() >= 0 || input.size > this.room(half);
  }
  take(half: ReadHalf): Result<string, string> | null {
    const { input, encoding } = half;
    if (!this.raw && this.prefix === "") {
      const line = input.takeWindowLine(encoding, half.lineLimit);
      if (line !== null) return [line];
    }
    const length = input.lineLength();
    const room = this.room(half);
    if (length > room || (length < 0 && input.size > room)) {
      return half.markDubious([undefined, "line too long", this.tooLong(half, Math.max(room, 0))]);
    }
    if (length < 0) return null;
    const line = this.raw ? input.takeRawLine(encoding) : input.takeLine(encoding);
    if (this.prefix === "") return [line];
    half.dropPartial();
    return [this.prefix + line];
  }
  partial(half: ReadHalf, ended: boolean): string {
    return this.begun(half, Infinity, ended);
  }

  /** What is given of it. */
  protected tooLong(half: ReadHalf, room: number): string {
    return this.begun(half, room, false);
  }
  /** Bytes that the line may still have; the prefix counts. */
  private room(half: ReadHalf): number {
    const { prefix } = this;
    if (prefix === "") return half.lineLimit;
    return half.lineLimit - half.partial.bytesOf(prefix, half.encoding);
  }
  /** The prefix, and at most `n` bytes of what has come, taken. */
  private begun(half: ReadHalf, n: number, ended: boolean): string {
    const { input, encoding, partial } = half;
    const text = input.takeText(n, encoding, ended);
    return partial.extend(this.prefix, this.raw ? text : dropCR(text), encoding);
  }
}

/** A line for whom a part of one is of no use: of one that is too long everything stays for the next receive. */
export class WholeLine extends Line {
  protected override tooLong(): string {
    return this.prefix;
  }
}

/** "*a" */
export class All implements Pattern<string, string> {
  constructor(readonly prefix: string) {}
  toString(): string {
    return 'receive("*a")';
  }
  /** Only the end of the stream completes it; but a string can become too long. */
  complete(half: ReadHalf): boolean {
    return this.prefix.length + half.input.size > LONGEST_TEXT;
  }
  take(half: ReadHalf): Result<string, string> | null {
    if (this.complete(half)) {
      throw new RangeError(
        `receive("*a"): more than ${LONGEST_TEXT} bytes do not fit in a string: use receive(Infinity), which gives a Buffer`,
      );
    }
    // LuaSocket: the end of the stream is an error only when prefix came before it.
    if (!half.finished || half.input.size === 0) return null;
    return [this.partial(half, true)];
  }
  partial({ input, encoding }: ReadHalf, ended: boolean): string {
    return this.prefix + input.takeText(Infinity, encoding, ended);
  }
}
