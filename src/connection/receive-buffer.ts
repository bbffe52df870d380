/**
 * Bytes that have arrived and nobody has received yet, as lines and as text. Pure: bytes in, lines and blocks out, no I/O.
 * What is remembered (how far was searched, where a line ends) is a position in the stream, so it stays true whatever is received in
 * between.
 *
 * Lines are cut from a window of text that is decoded at once, one character for one byte (latin1): several times cheaper than line by
 * line. Where it is pure ASCII that text is the line in every encoding. A line that a program keeps pins its window, not the chunk.
 */
import { isAscii } from "node:buffer";
import type { Encoding } from "../object/index.js";
import type { Segment } from "./segment.js";
import { Segments } from "./segments.js";
import { dropCR, unfinished } from "./text.js";

/** Bytes that are decoded at once. Measured: half of it costs a tenth of a line, twice as much gains nothing. */
const WINDOW = 2048;
/** Up to here decoding as UTF-8 and comparing lengths is quicker than asking whether all is ASCII first. */
const QUICK = 1024;

export class ReceiveBuffer extends Segments {
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

  // The window is of what was at the head.
  protected override setHead(segment: Segment | null, at: number): void {
    super.setHead(segment, at);
    this.text = "";
    this.textTo = 0;
  }

  /** Bytes before the next LF, or -1 when there is none yet. What has been searched is not searched again. */
  lineLength(): number {
    const { position } = this;
    return this.lf >= position || this.search(position) ? this.lf - position : -1;
  }

  /**
   * The next line as {@link takeLine} gives it, if it lies in the window and that is its text in `encoding`; null: that way does not tell.
   *
   * @param limit most bytes
   */
  takeWindowLine(encoding: Encoding, limit: number): string | null {
    const { at, text } = this;
    if (at >= this.textTo || !(this.ascii || encoding === "latin1")) return null;
    const start = at - this.textFrom;
    const lf = text.indexOf("\n", start);
    if (lf < 0 || lf - start > limit) return null;
    const cr = this.nextCR(start);
    if (cr < lf - 1) return null;
    this.skipInHead(lf + 1 - start);
    return text.slice(start, cr < lf ? cr : lf);
  }

  /** The next line, without its LF and without any CR. Only after `lineLength()` has found one. */
  takeLine(encoding: Encoding): string {
    const whole = this.takeWindowLine(encoding, Infinity);
    if (whole !== null) return whole;
    const line = this.cut(this.lineLength()).toString(encoding);
    this.skipInHead(1);
    return dropCR(line);
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
  private decode(segment: Segment): void {
    const { bytes, length } = segment;
    const from = this.at;
    const to = Math.min(from + WINDOW, length);
    if (to - from < QUICK) {
      const text = bytes.toString("utf8", from, to);
      this.ascii = text.length === to - from && !text.includes("\ufffd");
      this.text = this.ascii ? text : bytes.toString("latin1", from, to);
    } else {
      this.ascii = segment.ascii || isAscii(bytes.subarray(from, to));
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
}

/**
 * Stands for a buffer with nothing in it, and is never written to: a connection that waits with nothing buffered, as most
 * of thousands do, holds this one.
 */
export const NO_INPUT = new ReceiveBuffer();
