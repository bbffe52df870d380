/** A piece of the stream in one block of memory, perhaps with room for more behind it. */

const LF = 10;
/** Up to so many bytes a loop finds a byte sooner than a call of Node's. */
const FEW = 32;
/** Bytes of memory that a small block of them should not keep alive. */
const LARGE = 16 * 1024;

export class Segment {
  /**
   * @param from position of its first byte in the stream
   * @param length how many of `bytes` it holds; what is behind is room
   */
  constructor(
    readonly bytes: Buffer,
    readonly from: number,
    public length: number,
  ) {}

  get room(): number {
    return this.bytes.length - this.length;
  }

  /** Whether what is taken up to index `to` would share a large piece of memory. */
  pins(to: number): boolean {
    return to <= this.length && this.bytes.length > LARGE;
  }

  /** Only when there is room. Bytes that were there before do not move. */
  append(chunk: Buffer): void {
    chunk.copy(this.bytes, this.length);
    this.length += chunk.length;
  }

  /** Where the next LF is, from index `from` on, or -1. */
  indexOfLF(from: number): number {
    const { bytes, length } = this;
    if (length - from <= FEW) {
      for (let i = from; i < length; i++) if (bytes[i] === LF) return i;
      return -1;
    }
    if (length === bytes.length) return bytes.indexOf(LF, from);
    const index = bytes.subarray(from, length).indexOf(LF);
    return index < 0 ? -1 : from + index;
  }
}

const SMALLEST = 256;
const LARGEST = 64 * 1024;

/** How large a segment to copy small chunks into, where so much is held already. */
export function capacityFor(held: number): number {
  return Math.min(Math.max(held * 2, SMALLEST), LARGEST);
}
