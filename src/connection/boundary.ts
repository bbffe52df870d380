/** The search for a boundary in a stream: Knuth, Morris and Pratt's, so that no byte is looked at twice, however it is cut. */
import type { ReceiveBuffer } from "./receive-buffer.js";

/** Longest boundary that Node's own search is asked for: beyond, it may need the product of both lengths. */
const LONGEST_NATIVE = 250;

export class Boundary {
  /** For each length of a beginning of the boundary: the longest shorter one that it ends with. */
  private readonly borders: Uint32Array;
  /** Position up to which the stream was searched, and how much of the boundary the bytes before it may begin. */
  private searched = 0;
  private matched = 0;
  /** Position behind the boundary; -1 while none is known. */
  private end = -1;
  /** Position behind what this reader was given last. */
  private given = -1;

  constructor(
    readonly bytes: Buffer,
    /** Whether the boundary belongs to what comes before it. */
    readonly inclusive: boolean,
  ) {
    this.borders = borders(bytes);
  }

  /** Position at which the piece before the boundary is over. Only when it was found. */
  private get stop(): number {
    return this.inclusive ? this.end : this.end - this.bytes.length;
  }

  /** How many bytes from `position` on belong to the piece. Only when it was found. */
  left(position: number): number {
    return this.stop - position;
  }

  /** How many bytes from `position` on cannot be part of the boundary, which was not found. */
  safe(position: number): number {
    return this.searched - this.matched - position;
  }

  /** How many bytes come before the boundary. Only when it was found. */
  before(position: number): number {
    return this.end - this.bytes.length - position;
  }

  /** Whether it is among what is held from `position`, the next to be received, on. */
  find(input: ReceiveBuffer, position: number): boolean {
    if (this.end >= 0 && this.holds(position)) return true;
    // Others may have received what was searched, or part of what may begin it.
    if (this.end >= 0 || position > this.searched) this.searchFrom(position);
    while (this.matched > this.searched - position) this.matched = this.borders[this.matched]!;
    for (;;) {
      const piece = input.pieceAt(this.searched);
      if (piece.length === 0) return false;
      if (this.search(piece)) return true;
    }
  }

  /**
   * Whether the boundary that was found is still the next: none of it was received, unless by this reader, to which it belongs with
   * `inclusive`. One of which others have received a part would not be found if it came now; that it came before must not matter.
   */
  private holds(position: number): boolean {
    return position <= this.end - this.bytes.length || position === this.given;
  }

  /** The reader has received up to `position`. */
  took(position: number): void {
    this.given = position;
  }

  /** The piece was received: step over what is left of the boundary, and look for the next one behind it. */
  pass(input: ReceiveBuffer): void {
    input.skip(this.end - this.stop);
    this.searchFrom(this.end);
  }

  private searchFrom(position: number): void {
    this.searched = position;
    this.matched = 0;
    this.end = -1;
  }

  /** Search what comes next in the stream. */
  private search(piece: Buffer): boolean {
    const { bytes, borders } = this;
    const { length } = bytes;
    let { matched } = this;
    let native = length <= LONGEST_NATIVE;
    let i = 0;
    for (; i < piece.length && matched < length; i++) {
      if (matched === 0 && native && piece.length - i >= length) {
        const index = piece.indexOf(bytes, i);
        if (index >= 0) {
          i = index + length;
          matched = length;
          break;
        }
        // Only what begins in the last bytes can go on in the next piece.
        i = piece.length - length + 1;
        native = false;
        if (i === piece.length) break;
      }
      const byte = piece[i];
      while (matched > 0 && bytes[matched] !== byte) matched = borders[matched]!;
      if (bytes[matched] === byte) matched++;
    }
    this.searched += i;
    this.matched = matched;
    if (matched < length) return false;
    this.end = this.searched;
    return true;
  }
}

function borders(bytes: Buffer): Uint32Array {
  const table = new Uint32Array(bytes.length + 1);
  let matched = 0;
  for (let i = 1; i < bytes.length; i++) {
    while (matched > 0 && bytes[matched] !== bytes[i]) matched = table[matched]!;
    if (bytes[matched] === bytes[i]) matched++;
    table[i + 1] = matched;
  }
  return table;
}
