/**
 * Bytes that have arrived and nobody has received yet. Pure: bytes in, lines and blocks out, no I/O.
 * Every byte has a position: how many came before it. What is remembered (how far was searched, where a line ends) is a position,
 * so it stays true whatever is received in between.
 *
 * Lines are cut from a window of text that is decoded at once, one character for one byte (latin1): several times cheaper than line by
 * line. Where it is pure ASCII that text is the line in every encoding. A line that a program keeps pins its window, not the chunk.
 */
import { isAscii } from "node:buffer";
import type { Encoding } from "../object/index.js";
import { capacityFor, Segment, SMALL } from "./segment.js";
import { dropCR, unfinished } from "./text.js";

const NONE: readonly Segment[] = [];
/** Bytes that are decoded at once. Measured: half of it costs a tenth of a line, twice as much gains nothing. */
const WINDOW = 2048;
/** Up to here decoding as UTF-8 and comparing lengths is quicker than asking whether all is ASCII first. */
const QUICK = 1024;

export class ReceiveBuffer {
  /** Bytes held. */
  size = 0;

  private head: Segment | null = null;
  /** Where in `head` the first byte held is. */
  private at = 0;
  /** Segments behind `head`, from `next` on. */
  private rest: Segment[] = NONE as Segment[];
  private next = 0;
  /** The window: text of the bytes of `head` from `textFrom` on. Lines that end before `textTo` are cut from it. */
  private text = "";
  private textFrom = 0;
  private textTo = 0;
  private ascii = false;
  /** Where the next CR of `text` is, from some place that has been passed on; Infinity: none. */
  private cr = -1;
  /** From the first byte held up to this position there is no LF; a lower one says nothing. */
  private searched = 0;
  /** Position of the next LF; valid unless it has been passed. */
  private lf = -1;

  /** @param end position of the first byte that will arrive, while nothing is held */
  constructor(private end = 0) {}

  /** Position of the first byte held, or of the next to arrive. */
  get position(): number {
    return this.head === null ? this.end : this.head.from + this.at;
  }

  push(chunk: Buffer): void {
    const { length } = chunk;
    if (length === 0) return;
    this.size += length;
    if (this.head === null) this.setHead(new Segment(chunk, this.end, length), 0);
    else this.append(chunk);
    this.end += length;
  }

  /** Hold bytes in memory that is lent, until {@link keep} is called; meanwhile nothing else may be pushed. */
  lend(memory: Buffer, length: number): void {
    if (this.head !== null) return this.push(Buffer.from(memory.subarray(0, length)));
    this.size += length;
    this.setHead(new Segment(memory, this.end, length, true), 0);
    this.end += length;
  }

  /** The lent memory is given back: what nobody has taken is copied. @param briefly somebody is about to take it */
  keep(briefly: boolean): void {
    if (this.head?.lent === true) this.setHead(this.head.copiedFrom(this.at, briefly), 0);
  }

  private append(chunk: Buffer): void {
    const tail = this.tail!;
    if (chunk.length >= SMALL) this.addTail(new Segment(chunk, this.end, chunk.length));
    else if (tail.room >= chunk.length) tail.append(chunk);
    else this.coalesce(chunk, tail);
  }

  /** Begin a segment with room for more, in proportion to what is held. What is short before it moves into it. */
  private coalesce(chunk: Buffer, tail: Segment): void {
    const capacity = capacityFor(this.size);
    const skip = tail === this.head ? this.at : 0;
    const merges = tail.length - skip < SMALL;
    const from = merges ? tail.from + skip : this.end;
    const segment = new Segment(Buffer.allocUnsafeSlow(capacity), from, 0);
    if (merges) segment.append(tail.bytes.subarray(skip, tail.length));
    segment.append(chunk);
    if (!merges) this.addTail(segment);
    else if (tail === this.head) this.setHead(segment, 0);
    else this.rest[this.rest.length - 1] = segment;
  }

  private get tail(): Segment | null {
    return this.next < this.rest.length ? this.rest[this.rest.length - 1]! : this.head;
  }

  private addTail(segment: Segment): void {
    if (this.rest === NONE) this.rest = [];
    this.rest.push(segment);
  }

  // ---- lines ----------------------------------------------------------------------------------------------------

  /** Bytes before the next LF, or -1 when there is none yet. What has been searched is not searched again. */
  lineLength(): number {
    const { position } = this;
    return this.lf >= position || this.search(position) ? this.lf - position : -1;
  }

  /** The next line, without its LF and without any CR. Only after `lineLength()` has found one. */
  takeLine(encoding: Encoding): string {
    const head = this.head!;
    const end = this.lf - head.from;
    if (end >= this.textTo) {
      const line = this.cut(this.lineLength()).toString(encoding);
      this.skipInHead(1);
      return dropCR(line);
    }
    const start = this.at;
    const { text, textFrom } = this;
    const hasCR = this.nextCR(start - textFrom) < end - textFrom;
    const line =
      this.ascii || encoding === "latin1"
        ? text.slice(start - textFrom, end - textFrom)
        : head.bytes.toString("utf8", start, end);
    this.skipInHead(end + 1 - start);
    return hasCR ? dropCR(line) : line;
  }

  /** The next line as it came, with LF and CRs. Only after `lineLength()` has found one. */
  takeRawLine(encoding: Encoding): string {
    return this.cut(this.lineLength() + 1).toString(encoding);
  }

  private search(position: number): boolean {
    const { head } = this;
    if (head === null) return false;
    if (this.searched <= position) {
      if (this.at >= this.textTo) this.decode(head);
      const index = this.text.indexOf("\n", this.at - this.textFrom);
      if (index >= 0) {
        this.lf = head.from + this.textFrom + index;
        return true;
      }
      this.searched = head.from + this.textTo;
    }
    return this.searchBytes();
  }

  private searchBytes(): boolean {
    for (let i = this.locate(this.searched); i < this.rest.length; i++) {
      const segment = i < this.next ? this.head! : this.rest[i]!;
      const index = segment.indexOfLF(this.searched - segment.from);
      if (index >= 0) {
        this.lf = segment.from + index;
        return true;
      }
      this.searched = segment.from + segment.length;
    }
    return false;
  }

  /** Decode a window from `at` on: up to its last LF, unless it holds none or ends with the bytes. */
  private decode({ bytes, length }: Segment): void {
    const from = this.at;
    const to = Math.min(from + WINDOW, length);
    if (to - from < QUICK) {
      const text = bytes.toString("utf8", from, to);
      this.ascii = text.length === to - from && !text.includes("\ufffd");
      this.text = this.ascii ? text : bytes.toString("latin1", from, to);
    } else {
      this.ascii = isAscii(bytes.subarray(from, to));
      this.text = bytes.toString("latin1", from, to);
    }
    const last = to < length ? this.text.lastIndexOf("\n") : -1;
    this.textFrom = from;
    this.textTo = last < 0 ? to : from + last + 1;
    this.cr = -1;
  }

  private nextCR(from: number): number {
    if (this.cr < from) {
      const index = this.text.indexOf("\r", from);
      this.cr = index < 0 ? Infinity : index;
    }
    return this.cr;
  }

  // ---- bytes ----------------------------------------------------------------------------------------------------

  /** Exactly `n` bytes. Only when `size >= n`. Shares memory with what arrived where that saves a copy. */
  take(n: number): Buffer {
    const copies = this.head?.copies(this.at, n) === true;
    const block = this.cut(n);
    return copies ? Buffer.from(block) : block;
  }

  /** Step over `n` bytes. Only when `size >= n`. */
  skip(n: number): void {
    while (n > 0) {
      const length = Math.min(this.head!.length - this.at, n);
      this.skipInHead(length);
      n -= length;
    }
  }

  /** {@link take}, for what is not kept. */
  private cut(n: number): Buffer {
    const { head } = this;
    if (head === null || n === 0) return Buffer.alloc(0);
    if (head.length - this.at >= n) {
      const block = head.bytes.subarray(this.at, this.at + n);
      this.skipInHead(n);
      return block;
    }
    const block = Buffer.allocUnsafeSlow(n);
    for (let filled = 0; filled < n;) {
      const source = this.head!;
      const length = Math.min(source.length - this.at, n - filled);
      source.bytes.copy(block, filled, this.at, this.at + length);
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
      return this.cut(length).toString(encoding);
    const end = this.position + length;
    const whole = length - unfinished(length, (back) => this.pieceAt(end - back)[0]!);
    // A limit shorter than one character: better a broken character than no progress.
    return this.cut(whole === 0 && length < this.size ? length : whole).toString(encoding);
  }

  /** A copy of the first `n` bytes, which stay. Only when `size >= n`. */
  peek(n: number): Buffer {
    const bytes = Buffer.allocUnsafe(n);
    for (let filled = 0; filled < n;)
      filled += this.pieceAt(this.position + filled).copy(bytes, filled);
    return bytes;
  }

  /** The bytes from `position` on, as far as they lie in one piece; empty at the end. To be looked at only. */
  pieceAt(position: number): Buffer {
    const i = this.locate(position);
    const segment = i < this.next ? this.head : this.rest[i]!;
    return segment === null
      ? NOTHING
      : segment.bytes.subarray(position - segment.from, segment.length);
  }

  /** The index in `rest` of the segment that `position` is in; less than `next` for `head`. The last ones are tried first. */
  private locate(position: number): number {
    let i = this.rest.length - 1;
    while (i >= this.next && this.rest[i]!.from > position) i--;
    return Math.max(i, this.next - 1);
  }

  /** Only as many as `head` holds. */
  private skipInHead(n: number): void {
    this.size -= n;
    this.at += n;
    if (this.at < this.head!.length) return;
    if (this.next < this.rest.length) {
      const segment = this.rest[this.next++]!;
      if (this.next === this.rest.length) {
        this.rest = NONE as Segment[];
        this.next = 0;
      } else if (this.next >= 1024 && this.next * 2 > this.rest.length) {
        this.rest = this.rest.slice(this.next);
        this.next = 0;
      }
      this.setHead(segment, 0);
    } else this.setHead(null, 0);
  }

  private setHead(segment: Segment | null, at: number): void {
    this.head = segment;
    this.at = at;
    this.text = "";
    this.textTo = 0;
  }
}

const NOTHING = Buffer.alloc(0);

/**
 * Stands for a buffer with nothing in it, and is never written to: a connection that waits with nothing buffered, as most
 * of thousands do, holds this one.
 */
export const NO_INPUT = new ReceiveBuffer();
