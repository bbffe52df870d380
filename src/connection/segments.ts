/** Bytes in the order in which they arrived, in the pieces of memory that they came in. Every byte has a position: how many came before it. */
import { capacityFor, Segment, SMALL } from "./segment.js";

const NONE: readonly Segment[] = [];
const NOTHING = Buffer.alloc(0);

export class Segments {
  /** Bytes held. */
  size = 0;

  protected head: Segment | null = null;
  /** Where in `head` the first byte held is. */
  protected at = 0;
  /** Segments behind `head`, from `next` on. */
  protected rest: Segment[] = NONE as Segment[];
  protected next = 0;

  /** @param end position of the first byte that will arrive, while nothing is held */
  constructor(private end = 0) {}

  /** Position of the first byte held, or of the next to arrive. */
  get position(): number {
    return this.head === null ? this.end : this.head.from + this.at;
  }

  // ---- what arrives ---------------------------------------------------------------------------------------------

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
    // It is copied there.
    if (this.head !== null && length < SMALL) return this.push(memory.subarray(0, length));
    this.add(new Segment(memory, this.end, length, "lent"));
  }

  /** {@link lend}, but the memory is its own from now on. */
  give(memory: Buffer, length: number): void {
    this.add(new Segment(memory, this.end, length, "given"));
  }

  private add(segment: Segment): void {
    if (this.head === null) this.setHead(segment, 0);
    else this.addTail(segment);
    this.size += segment.length;
    this.end += segment.length;
  }

  /** The lent memory is given back: what nobody has taken is copied. @param briefly somebody is about to take it */
  keep(briefly: boolean): void {
    const { tail } = this;
    if (tail === null || !tail.lent) return;
    if (tail === this.head) this.setHead(tail.copiedFrom(this.at, briefly), 0);
    else this.rest[this.rest.length - 1] = tail.copiedFrom(0, briefly);
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

  // ---- what is taken --------------------------------------------------------------------------------------------

  /** Exactly `n` bytes. Only when `size >= n`. Shares memory with what arrived where that saves a copy. */
  take(n: number): Buffer {
    const copies = this.head?.copies(this.at, n) === true;
    if (!copies) this.head?.share();
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
  protected cut(n: number): Buffer {
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
  protected locate(position: number): number {
    let i = this.rest.length - 1;
    while (i >= this.next && this.rest[i]!.from > position) i--;
    return Math.max(i, this.next - 1);
  }

  /** Only as many as `head` holds. */
  protected skipInHead(n: number): void {
    this.size -= n;
    this.at += n;
    const head = this.head!;
    if (this.at < head.length) return;
    head.over();
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

  protected setHead(segment: Segment | null, at: number): void {
    this.head = segment;
    this.at = at;
  }
}
