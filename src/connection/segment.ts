/** A piece of the stream in one block of memory, perhaps with room for more behind it. */
import { isAscii } from "node:buffer";
import { reuse } from "../network/index.js";

const LF = 10;
/** Up to so many bytes a loop finds a byte sooner than a call of Node's. */
const FEW = 32;
/** Bytes of memory that a small block should not keep alive, and below how many a block is small. */
const LARGE = 16 * 1024;
const SMALL_BLOCK = 4 * 1024;

export class Segment {
  /** What {@link ascii} has found. */
  private known: boolean | undefined = undefined;

  /**
   * @param from position of its first byte in the stream
   * @param length how many of `bytes` it holds; what is behind is room
   */
  constructor(
    readonly bytes: Buffer,
    readonly from: number,
    public length: number,
    /** Whose its memory is: the transport's, which has lent it, or given it, to be reused; or of this segment alone. */
    private memory: "lent" | "given" | "own" = "own",
  ) {}

  get lent(): boolean {
    return this.memory === "lent";
  }

  /** Whether all of it is ASCII: asked once, since asking for a part costs as much as for some thousand bytes. */
  get ascii(): boolean {
    return (this.known ??= isAscii(this.bytes.subarray(0, this.length)));
  }

  get room(): number {
    return this.bytes.length - this.length;
  }

  /** Whether a block of `n` bytes from index `at` on has to be copied: it would share memory that is lent, or keep a large piece of it alive. */
  copies(at: number, n: number): boolean {
    if (this.lent) return true;
    return n < SMALL_BLOCK && at + n <= this.length && this.bytes.length > LARGE;
  }

  /** A program gets some of its memory. */
  share(): void {
    if (this.memory === "given") this.memory = "own";
  }

  /** All of it was received. */
  over(): void {
    if (this.memory === "given") reuse(this.bytes);
  }

  /**
   * What is from index `at` on in memory of its own, with room for more if that is little; in a piece of Node's pool, all of which it keeps alive, where it is
   * not there for long.
   */
  copiedFrom(at: number, briefly: boolean): Segment {
    const length = this.length - at;
    const capacity = length < SMALL ? capacityFor(length) : length;
    const bytes = briefly ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(bytes, 0, at, this.length);
    return new Segment(bytes, this.from + at, length);
  }

  /** Only when there is room. Bytes that were there before do not move. */
  append(chunk: Buffer): void {
    chunk.copy(this.bytes, this.length);
    this.known = undefined;
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

/** Chunks below this are copied together: on its own, each would cost some 270 bytes beside its own. */
export const SMALL = 1024;
const SMALLEST = 256;
const LARGEST = 64 * 1024;

/** How large a segment to copy small chunks into, where so much is held already. */
export function capacityFor(held: number): number {
  return Math.min(Math.max(held * 2, SMALLEST), LARGEST);
}
