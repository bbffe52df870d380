/** Reading up to a boundary: all at once, or in steps. */
import { type Yieldable, shown } from "../../reactor/index.js";
import type { Result } from "../object/index.js";
import type { ReadHalf } from "./read-half.js";
import { Boundary } from "./boundary.js";
import { type Pattern, receiving } from "./receive.js";
import { NOTHING } from "./receive-bytes.js";

abstract class Piece<T> implements Pattern<T, Buffer> {
  readonly prefix = NOTHING;
  constructor(protected readonly boundary: Boundary) {}
  toString(): string {
    return `receive until ${JSON.stringify(this.boundary.bytes.toString("latin1"))}`;
  }
  /** Whether there is enough of it; `found`: the boundary has come. */
  protected abstract enough(half: ReadHalf, found: boolean): boolean;
  protected abstract cut(half: ReadHalf, found: boolean): Result<T, Buffer>;

  complete(half: ReadHalf): boolean {
    return this.enough(half, this.find(half));
  }
  take(half: ReadHalf): Result<T, Buffer> | null {
    const found = this.find(half);
    return this.enough(half, found) ? this.cut(half, found) : null;
  }
  /** What cannot be part of the boundary is the partial: so that reading on still finds it. */
  partial(half: ReadHalf): Buffer {
    return half.input.take(this.safe(half));
  }

  private find(half: ReadHalf): boolean {
    return this.boundary.find(half.input, half.position);
  }
  /** Bytes that have come and belong to the piece, whatever comes next: all of them, where nothing comes next. */
  protected safe({ ended, input, position }: ReadHalf): number {
    return ended ? input.size : this.boundary.safe(position);
  }
}

/** All of it, at once; bounded by the line limit, which does not count the boundary. */
class WholePiece extends Piece<Buffer> {
  protected enough(half: ReadHalf, found: boolean): boolean {
    return found || this.safe(half) > half.lineLimit;
  }
  protected cut(half: ReadHalf, found: boolean): Result<Buffer, Buffer> {
    const { boundary } = this;
    const { input, lineLimit, position } = half;
    if (!found || boundary.before(position) > lineLimit)
      return half.markDubious([undefined, "line too long", input.take(lineLimit)]);
    const piece = input.take(boundary.left(position));
    boundary.pass(input);
    return [piece];
  }
}

/** At most `size` bytes of it; undefined when all have been given. */
class Step extends Piece<Buffer | undefined> {
  constructor(
    boundary: Boundary,
    private readonly size: number,
  ) {
    super(boundary);
  }
  protected enough(half: ReadHalf, found: boolean): boolean {
    return found || this.safe(half) >= this.size;
  }
  protected cut(half: ReadHalf, found: boolean): Result<Buffer | undefined, Buffer> {
    const { boundary, size } = this;
    const { input, position } = half;
    const left = found ? boundary.left(position) : size;
    if (left > 0) {
      const piece = input.take(Math.min(size, left));
      boundary.took(half.position);
      return [piece];
    }
    boundary.pass(input);
    return [undefined];
  }
}

/** What `receiveuntil` gives: each call reads up to the boundary, or one step of at most `size` bytes. */
export interface BoundaryReader {
  /** `[bytes before the boundary]` (and the boundary, with `inclusive`), which is stepped over. */
  (): Yieldable<Result<Buffer, Buffer>>;
  /** `[at most size bytes]`, and `[undefined]` when the boundary has been reached. */
  (size: number): Yieldable<Result<Buffer | undefined, Buffer>>;
}
export function boundaryReader(
  half: ReadHalf,
  boundary: Buffer,
  inclusive: boolean,
): BoundaryReader {
  const state = new Boundary(boundary, inclusive);
  const whole = new WholePiece(state);
  const reader = (size?: number): Yieldable<Result<Buffer | undefined, Buffer>> => {
    if (size === undefined) return receiving(half, whole);
    if (!Number.isInteger(size) || size < 1)
      throw new TypeError(`receiveuntil: a step is a positive number of bytes, not ${shown(size)}`);
    return receiving(half, new Step(state, size));
  };
  return reader as BoundaryReader;
}
