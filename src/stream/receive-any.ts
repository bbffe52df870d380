/** Reading without a pattern: what is there, up to a boundary, and looking without taking. */
import { PENDING, type Pending, type Yieldable, shown } from "../../reactor/index.js";
import type { Failure, Result } from "../result.js";
import type { Connection } from "./connection.js";
import { Boundary } from "./boundary.js";
import { Read, Receive } from "./receive.js";

const NOTHING = Buffer.alloc(0);

/** OpenResty's `receiveany`: what is there, at least one byte. */
export class ReceiveAny extends Receive<Buffer> {
  protected readonly pattern = "any";
  constructor(
    connection: Connection,
    private readonly max: number,
  ) {
    super(connection);
  }
  protected complete(): boolean {
    return this.socket.input.size > 0;
  }
  protected take(): Result<Buffer, Buffer> | null {
    const { input } = this.socket;
    return input.size > 0 ? [input.take(Math.min(this.max, input.size))] : null;
  }
  protected partial(): Buffer {
    return NOTHING;
  }
}

/** Bytes that stay for the next receive. */
export class Peek extends Receive<Buffer> {
  constructor(
    connection: Connection,
    private readonly count: number,
  ) {
    super(connection);
  }
  protected get pattern(): string {
    return `peek ${this.count}`;
  }
  protected complete(): boolean {
    return this.socket.input.size >= this.count;
  }
  protected take(): Result<Buffer, Buffer> | null {
    return this.complete() ? [this.socket.input.peek(this.count)] : null;
  }
  /** What there is of them; it stays, too. */
  protected partial(): Buffer {
    return this.first ? this.socket.input.peek(this.socket.input.size) : NOTHING;
  }
}

abstract class UntilBoundary<T> extends Read<T | Failure<Buffer>> {
  constructor(
    stream: Connection,
    protected readonly boundary: Boundary,
  ) {
    super(stream);
  }
  get description(): string {
    return `receive until ${JSON.stringify(this.boundary.bytes.toString("latin1"))} on ${String(this.socket)}`;
  }
  ready(): boolean {
    return this.socket.inputOver || this.enough(this.find());
  }
  protected abstract enough(found: boolean): boolean;
  protected abstract take(found: boolean): T;

  private find(): boolean {
    return this.boundary.find(this.socket.input, this.socket.position);
  }
  /** Bytes that have come and belong to the piece, whatever comes next. */
  protected get safe(): number {
    return this.boundary.safe(this.socket.position);
  }

  protected attempt(): T | Failure<Buffer> | Pending {
    const { socket } = this;
    if (!this.first) return PENDING;
    const found = this.find();
    if (this.enough(found)) {
      const value = this.take(found);
      socket.taken();
      return value;
    }
    if (socket.inputOver) return socket.atEnd(socket.input.take(socket.input.size));
    socket.wantMore();
    return PENDING;
  }

  /** What cannot be part of the boundary is the partial: so that reading on still finds it. */
  protected override timedOut(): Failure<Buffer> {
    const { socket } = this;
    if (!this.first) return [undefined, "timeout", NOTHING];
    const partial = socket.input.take(this.safe);
    socket.taken();
    return socket.unsound([undefined, "timeout", partial]);
  }
}

/** All of it, at once; bounded by the line limit, which does not count the boundary. */
class WholePiece extends UntilBoundary<Result<Buffer, Buffer>> {
  protected enough(found: boolean): boolean {
    return found || this.safe > this.socket.lineLimit;
  }
  protected take(found: boolean): Result<Buffer, Buffer> {
    const { boundary, socket } = this;
    const { input, lineLimit } = socket;
    if (!found || boundary.before(socket.position) > lineLimit)
      return socket.unsound([undefined, "line too long", input.take(lineLimit)]);
    const piece = input.take(boundary.left(socket.position));
    boundary.pass(input);
    return [piece];
  }
}

/** At most `size` bytes of it; undefined when all have been given. */
class Step extends UntilBoundary<Result<Buffer | undefined, Buffer>> {
  constructor(
    stream: Connection,
    boundary: Boundary,
    private readonly size: number,
  ) {
    super(stream, boundary);
  }
  protected enough(found: boolean): boolean {
    return found || this.safe >= this.size;
  }
  protected take(found: boolean): Result<Buffer | undefined, Buffer> {
    const { boundary, socket, size } = this;
    const left = found ? boundary.left(socket.position) : size;
    if (left > 0) return [socket.input.take(Math.min(size, left))];
    boundary.pass(socket.input);
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
  stream: Connection,
  boundary: Buffer,
  inclusive: boolean,
): BoundaryReader {
  const state = new Boundary(boundary, inclusive);
  const reader = (size?: number): Yieldable<Result<Buffer | undefined, Buffer>> => {
    if (size === undefined) return new WholePiece(stream, state);
    if (!Number.isInteger(size) || size < 1)
      throw new TypeError(`receiveuntil: a step is a positive number of bytes, not ${shown(size)}`);
    return new Step(stream, state, size);
  };
  return reader as BoundaryReader;
}
