/** Reading without a pattern: what is there, up to a boundary, and looking without taking. */
import { PENDING, type Pending, type Yieldable } from "../../reactor/index.js";
import type { Failure, Result } from "../result.js";
import type { Connection } from "./connection.js";
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

/** Where a reader of {@link receiveuntil} stands between two steps. */
class Boundary {
  /** How much was searched already without finding it. */
  searched = 0;
  /** Bytes still to give, once it has been found; -1 before. */
  left = -1;
  constructor(
    readonly bytes: Buffer,
    readonly inclusive: boolean,
  ) {}

  /** Look for it in what has come. Whether it is there. */
  find({ input }: Connection): boolean {
    if (this.left >= 0) return true;
    const index = input.indexOf(this.bytes, Math.min(this.searched, input.size));
    if (index >= 0) this.left = this.inclusive ? index + this.bytes.length : index;
    else this.searched = Math.max(input.size - this.bytes.length + 1, 0);
    return index >= 0;
  }

  /** How many of the bytes that have come cannot be part of it. */
  safe({ input }: Connection): number {
    const window = input.slice(Math.max(input.size - this.bytes.length + 1, 0), input.size);
    for (let at = 0; at < window.length; at++) {
      if (this.bytes.subarray(0, window.length - at).equals(window.subarray(at)))
        return input.size - window.length + at;
    }
    return input.size;
  }

  /** Everything before it was given: step over it. */
  pass({ input }: Connection): void {
    if (!this.inclusive) input.take(this.bytes.length);
    this.reset();
  }

  reset(): void {
    this.left = -1;
    this.searched = 0;
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
    return this.socket.inputOver || this.enough();
  }
  protected abstract enough(): boolean;
  protected abstract take(): T;

  protected attempt(): T | Failure<Buffer> | Pending {
    const { socket, boundary } = this;
    if (!this.first) return PENDING;
    const { input } = socket;
    if (this.enough()) {
      const value = this.take();
      socket.taken();
      return value;
    }
    if (socket.inputOver) {
      boundary.reset();
      return socket.unsound([undefined, "closed", input.take(input.size)]);
    }
    socket.wantMore();
    return PENDING;
  }

  /** What cannot be part of the boundary is the partial: so that reading on still finds it. */
  protected override timedOut(): Failure<Buffer> {
    const { socket, boundary } = this;
    if (!this.first) return [undefined, "timeout", NOTHING];
    const partial = socket.input.take(boundary.safe(socket));
    boundary.reset();
    socket.taken();
    return socket.unsound([undefined, "timeout", partial]);
  }
}

/** All of it, at once; bounded by the line limit. */
class WholePiece extends UntilBoundary<Result<Buffer, Buffer>> {
  protected enough(): boolean {
    return this.boundary.find(this.socket) || this.socket.input.size > this.socket.lineLimit;
  }
  protected take(): Result<Buffer, Buffer> {
    const { boundary, socket } = this;
    const { input, lineLimit } = socket;
    if (boundary.left < 0 || boundary.left > lineLimit) {
      boundary.reset();
      return socket.unsound([undefined, "line too long", input.take(lineLimit)]);
    }
    const piece = input.take(boundary.left);
    boundary.pass(socket);
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
  protected enough(): boolean {
    return this.boundary.find(this.socket) || this.boundary.safe(this.socket) >= this.size;
  }
  protected take(): Result<Buffer | undefined, Buffer> {
    const { boundary, socket, size } = this;
    if (boundary.left === 0) {
      boundary.pass(socket);
      return [undefined];
    }
    const found = boundary.left >= 0;
    const piece = socket.input.take(found ? Math.min(size, boundary.left) : size);
    if (!found) boundary.searched = Math.max(boundary.searched - size, 0);
    else boundary.left -= piece.length;
    return [piece];
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
      throw new TypeError(
        `receiveuntil: a step is a positive number of bytes, not ${String(size)}`,
      );
    return new Step(stream, state, size);
  };
  return reader as BoundaryReader;
}
