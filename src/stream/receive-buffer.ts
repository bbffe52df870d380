/**
 * Bytes that have arrived and nobody has received yet. Pure: bytes in, lines and blocks out, no I/O.
 *
 * A chunk is decoded once, one character for one byte (latin1), and lines are cut from that string: several times
 * cheaper than searching and decoding line by line. Where the chunk is pure ASCII that string is the text in every
 * encoding; elsewhere the line's bytes are decoded on their own.
 */
import { constants, isAscii } from "node:buffer";

export type Encoding = "utf8" | "latin1";

const LF = 10;
const NONE: readonly Buffer[] = [];
/** Up to here decoding as UTF-8 and comparing lengths is quicker than asking whether all is ASCII first. */
const SMALL = 1024;
/** Longest string that V8 makes. */
export const LONGEST_TEXT = constants.MAX_STRING_LENGTH;

export class ReceiveBuffer {
  /** Bytes held. */
  size = 0;

  private head: Buffer | null = null;
  private at = 0;
  /** `head` one character a byte, once somebody wanted a line; null before. */
  private text: string | null = null;
  private ascii = false;
  /** Where the next CR of `text` is, from some place before `at` on; Infinity: none. */
  private cr = -1;
  /** Chunks behind `head`, from `next` on. */
  private rest: Buffer[] = NONE as Buffer[];
  private next = 0;
  /** How many chunks, `head` included, are known to hold no LF from `at` on. */
  private searched = 0;
  /** Where the search found one: the chunk (0 is `head`) and the index in it. Valid while `found`. */
  private found = false;
  private foundChunk = 0;
  private foundAt = 0;

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.size += chunk.length;
    if (this.head === null) this.setHead(chunk);
    else {
      if (this.rest === NONE) this.rest = [];
      this.rest.push(chunk);
    }
  }

  /** Bytes before the next LF, or -1 when there is none yet. What has been searched is not searched again. */
  lineLength(): number {
    if (!this.found && !this.search()) return -1;
    if (this.foundChunk === 0) return this.foundAt - this.at;
    let length = this.head!.length - this.at + this.foundAt;
    for (let i = 1; i < this.foundChunk; i++) length += this.rest[this.next + i - 1]!.length;
    return length;
  }

  /** The next line, without its LF and without any CR. Only after `lineLength()` has found one. */
  takeLine(encoding: Encoding): string {
    if (this.foundChunk > 0) return dropCR(this.takeLongLine(encoding));
    const head = this.head!;
    const start = this.at;
    const end = this.foundAt;
    const text = this.text!;
    const hasCR = this.nextCR(start) < end;
    const line =
      this.ascii || encoding === "latin1"
        ? text.slice(start, end)
        : head.toString("utf8", start, end);
    this.skipInHead(end + 1 - start);
    return hasCR ? dropCR(line) : line;
  }

  /** The next line as it came, with LF and CRs. Only after `lineLength()` has found one. */
  takeRawLine(encoding: Encoding): string {
    return this.take(this.lineLength() + 1).toString(encoding);
  }

  /** Exactly `n` bytes. Only when `size >= n`. Shares memory with what arrived where that saves a copy. */
  take(n: number): Buffer {
    const head = this.head;
    if (head === null || n === 0) return Buffer.alloc(0);
    if (head.length - this.at >= n) {
      const block = head.subarray(this.at, this.at + n);
      this.skipInHead(n);
      return block;
    }
    const block = Buffer.allocUnsafeSlow(n);
    for (let filled = 0; filled < n;) {
      const source = this.head!;
      const length = Math.min(source.length - this.at, n - filled);
      source.copy(block, filled, this.at, this.at + length);
      filled += length;
      this.skipInHead(length);
    }
    return block;
  }

  /**
   * At most `n` bytes as text, never ending within a character: the bytes of an unfinished one stay.
   *
   * @param ended no more bytes will come: an unfinished character at the very end is taken (as U+FFFD), too
   */
  takeText(n: number, encoding: Encoding, ended: boolean): string {
    const length = Math.min(n, this.size);
    if (length === 0) return "";
    if (encoding === "latin1" || (ended && length === this.size))
      return this.take(length).toString(encoding);
    const whole = length - this.unfinished(length);
    // A limit shorter than one character: better a broken character than no progress.
    return this.take(whole === 0 && length < this.size ? length : whole).toString(encoding);
  }

  /** How many of the last bytes before offset `n` begin a UTF-8 character that ends behind it (0 to 3). */
  private unfinished(n: number): number {
    for (let back = 1; back <= Math.min(3, n); back++) {
      const byte = this.byteAt(n - back);
      if ((byte & 0xc0) === 0x80) continue;
      const length =
        byte >= 0xf0 && byte <= 0xf4
          ? 4
          : byte >= 0xe0
            ? byte <= 0xef
              ? 3
              : 1
            : byte >= 0xc2
              ? 2
              : 1;
      return length > back ? back : 0;
    }
    return 0;
  }

  /** A copy of the first `n` bytes, which stay. Only when `size >= n`. */
  peek(n: number): Buffer {
    return this.slice(0, n);
  }

  /** A copy of the bytes from `from` to `to`, which stay. */
  slice(from: number, to: number): Buffer {
    const bytes = Buffer.allocUnsafe(to - from);
    let start = 0;
    for (let i = this.next - 1; start < to; i++) {
      const chunk = i < this.next ? this.head!.subarray(this.at) : this.rest[i]!;
      if (start + chunk.length > from)
        chunk.copy(bytes, Math.max(start - from, 0), Math.max(from - start, 0), to - start);
      start += chunk.length;
    }
    return bytes;
  }

  /** Where `pattern` begins, at `from` or behind, or -1. */
  indexOf(pattern: Buffer, from: number): number {
    let start = 0;
    for (let i = this.next - 1; start < this.size; i++) {
      const chunk = i < this.next ? this.head!.subarray(this.at) : this.rest[i]!;
      const end = start + chunk.length;
      if (from < end) {
        const index = chunk.indexOf(pattern, Math.max(from - start, 0));
        // One that crosses the border begins before one that begins behind it.
        const crossing = this.crossing(pattern, Math.max(from, end - pattern.length + 1), end);
        const within = index < 0 ? -1 : start + index;
        if (within >= 0 && (crossing < 0 || within < crossing)) return within;
        if (crossing >= 0) return crossing;
      }
      start = end;
    }
    return -1;
  }

  /** Where `pattern` begins from `from` on, before the border at `end`, to end behind it; or -1. */
  private crossing(pattern: Buffer, from: number, end: number): number {
    if (end >= this.size || from >= end) return -1;
    const window = this.slice(from, Math.min(end + pattern.length - 1, this.size));
    const index = window.indexOf(pattern);
    return index < 0 ? -1 : from + index;
  }

  private byteAt(offset: number): number {
    let index = this.at + offset;
    let chunk = this.head!;
    for (let i = this.next; index >= chunk.length; i++) {
      index -= chunk.length;
      chunk = this.rest[i]!;
    }
    return chunk[index]!;
  }

  private search(): boolean {
    const head = this.head;
    if (head === null) return false;
    if (this.searched === 0) {
      if (this.text === null) this.decode(head);
      const index = this.text!.indexOf("\n", this.at);
      if (index >= 0) return this.find(0, index);
      this.searched = 1;
    }
    for (let i = this.next + this.searched - 1; i < this.rest.length; i++) {
      const index = this.rest[i]!.indexOf(LF);
      if (index >= 0) return this.find(i - this.next + 1, index);
      this.searched++;
    }
    return false;
  }

  private find(chunk: number, index: number): true {
    this.foundChunk = chunk;
    this.foundAt = index;
    this.found = true;
    return true;
  }

  private decode(chunk: Buffer): void {
    if (chunk.length < SMALL) {
      const text = chunk.toString();
      this.ascii = text.length === chunk.length && !text.includes("\ufffd");
      this.text = this.ascii ? text : chunk.toString("latin1");
    } else {
      this.ascii = isAscii(chunk);
      this.text = chunk.toString("latin1");
    }
  }

  private nextCR(from: number): number {
    if (this.cr < from) {
      const index = this.text!.indexOf("\r", from);
      this.cr = index < 0 ? Infinity : index;
    }
    return this.cr;
  }

  private takeLongLine(encoding: Encoding): string {
    const line = this.take(this.lineLength());
    this.skipInHead(1);
    return line.toString(encoding);
  }

  /** Only as many as `head` holds. */
  private skipInHead(n: number): void {
    this.size -= n;
    this.at += n;
    this.found = false;
    this.searched = 0;
    if (this.at < this.head!.length) return;
    if (this.next < this.rest.length) {
      const chunk = this.rest[this.next++]!;
      if (this.next === this.rest.length) {
        this.rest = NONE as Buffer[];
        this.next = 0;
      } else if (this.next >= 1024 && this.next * 2 > this.rest.length) {
        this.rest = this.rest.slice(this.next);
        this.next = 0;
      }
      this.setHead(chunk);
    } else this.setHead(null);
  }

  private setHead(chunk: Buffer | null): void {
    this.head = chunk;
    this.at = 0;
    this.text = null;
    this.cr = -1;
    this.searched = 0;
    this.found = false;
  }
}

/**
 * Stands for a buffer with nothing in it, and is never written to: a connection that waits with nothing buffered, as most
 * of thousands do, holds this one.
 */
export const NO_INPUT = new ReceiveBuffer();

/** LuaSocket drops every CR of a line, not only the one before the LF. */
export function dropCR(text: string): string {
  const first = text.indexOf("\r");
  if (first < 0) return text;
  return first === text.length - 1 ? text.slice(0, first) : text.replaceAll("\r", "");
}
