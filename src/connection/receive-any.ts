/** Reading without a pattern: what is there, up to a boundary, and looking without taking. */
import { PENDING, type Pending, type Yieldable, shown } from "../../reactor/index.js";
import type { Failure, Result } from "../object/index.js";
import type { ReadHalf } from "./read-half.js";
import { Boundary } from "./boundary.js";
import { Read, Receive } from "./receive.js";

const NOTHING = Buffer.alloc(0);

/** OpenResty's `receiveany`: what is there, at least one byte. */
export class ReceiveAny extends Receive<Buffer> {
  protected readonly pattern = "any";
  constructor(
    half: ReadHalf,
    private readonly max: number,
  ) {
    super(half);
  }
  protected complete(): boolean {
    return this.source.input.size > 0;
  }
  protected take(): Result<Buffer, Buffer> | null {
    const { input } = this.source;
    return input.size > 0 ? [input.take(Math.min(this.max, input.size))] : null;
  }
  protected partial(): Buffer {
    return NOTHING;
  }
}

/** Bytes that stay for the next receive. */
export class Peek extends Receive<Buffer> {
  constructor(
    half: ReadHalf,
    private readonly count: number,
  ) {
    super(half);
  }
  protected get pattern(): string {
    return `peek ${this.count}`;
  }
  protected complete(): boolean {
    return this.source.input.size >= this.count;
  }
  protected take(): Result<Buffer, Buffer> | null {
    return this.complete() ? [this.source.input.peek(this.count)] : null;
  }
  /** What there is of them; it stays, too. */
  protected partial(): Buffer {
    return this.first ? this.source.input.peek(this.source.input.size) : NOTHING;
  }
}

abstract class UntilBoundary<T> extends Read<T | Failure<Buffer>> {
  constructor(
    half: ReadHalf,
    protected readonly boundary: Boundary,
  ) {
    super(half);
  }
  get description(): string {
    return `receive until ${JSON.stringify(this.boundary.bytes.toString("latin1"))} on ${String(this.source)}`;
  }
  ready(): boolean {
    return this.source.ended || this.enough(this.find());
  }
  protected abstract enough(found: boolean): boolean;
  protected abstract take(found: boolean): T;

  private find(): boolean {
    return this.boundary.find(this.source.input, this.source.position);
  }
  /** Bytes that have come and belong to the piece, whatever comes next. */
  protected get safe(): number {
    return this.boundary.safe(this.source.position);
  }

  protected attempt(): T | Failure<Buffer> | Pending {
    const { source } = this;
    if (!this.first) return PENDING;
    const found = this.find();
    if (this.enough(found)) {
      const value = this.take(found);
      source.taken();
      return value;
    }
    if (source.ended) return source.atEnd(source.input.take(source.input.size));
    source.wantMore();
    return PENDING;
  }

  /** What cannot be part of the boundary is the partial: so that reading on still finds it. */
  protected override timedOut(): Failure<Buffer> {
    const { source } = this;
    if (!this.first) return [undefined, "timeout", NOTHING];
    const partial = source.input.take(this.safe);
    source.taken();
    return source.markDubious([undefined, "timeout", partial]);
  }
}

/** All of it, at once; bounded by the line limit, which does not count the boundary. */
class WholePiece extends UntilBoundary<Result<Buffer, Buffer>> {
  protected enough(found: boolean): boolean {
    return found || this.safe > this.source.lineLimit;
  }
  protected take(found: boolean): Result<Buffer, Buffer> {
    const { boundary, source } = this;
    const { input, lineLimit } = source;
    if (!found || boundary.before(source.position) > lineLimit)
      return source.markDubious([undefined, "line too long", input.take(lineLimit)]);
    const piece = input.take(boundary.left(source.position));
    boundary.pass(input);
    return [piece];
  }
}

/** At most `size` bytes of it; undefined when all have been given. */
class Step extends UntilBoundary<Result<Buffer | undefined, Buffer>> {
  constructor(
    half: ReadHalf,
    boundary: Boundary,
    private readonly size: number,
  ) {
    super(half, boundary);
  }
  protected enough(found: boolean): boolean {
    return found || this.safe >= this.size;
  }
  protected take(found: boolean): Result<Buffer | undefined, Buffer> {
    const { boundary, source, size } = this;
    const left = found ? boundary.left(source.position) : size;
    if (left > 0) {
      const piece = source.input.take(Math.min(size, left));
      boundary.took(source.position);
      return [piece];
    }
    boundary.pass(source.input);
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
  const reader = (size?: number): Yieldable<Result<Buffer | undefined, Buffer>> => {
    if (size === undefined) return new WholePiece(half, state);
    if (!Number.isInteger(size) || size < 1)
      throw new TypeError(`receiveuntil: a step is a positive number of bytes, not ${shown(size)}`);
    return new Step(half, state, size);
  };
  return reader as BoundaryReader;
}
