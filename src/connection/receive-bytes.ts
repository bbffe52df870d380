/** The patterns that give bytes: so many, any, and looking without taking. */
import type { Result } from "../object/index.js";
import type { ReadHalf } from "./read-half.js";
import type { Pattern } from "./receive.js";

export const NOTHING = Buffer.alloc(0);

/** A number of bytes, or Infinity for all of them. */
export class Bytes implements Pattern<Buffer, Buffer> {
  constructor(
    private readonly count: number,
    readonly prefix: Buffer,
  ) {}
  toString(): string {
    return `receive(${this.count})`;
  }
  /** Bytes still to come; the prefix counts. */
  private get wanted(): number {
    return Math.max(this.count - this.prefix.length, 0);
  }
  complete({ input: { size } }: ReadHalf): boolean {
    // receive(0) waits until there is something, as in LuaSocket.
    return size >= this.wanted && (size > 0 || this.prefix.length > 0);
  }
  take(half: ReadHalf): Result<Buffer, Buffer> | null {
    const { wanted } = this;
    if (wanted === Infinity) {
      if (!half.finished || half.input.size === 0) return null;
      return [this.partial(half)];
    }
    return this.complete(half) ? [this.behindPrefix(half.input.take(wanted))] : null;
  }
  partial({ input }: ReadHalf): Buffer {
    return input.size === 0 ? this.prefix : this.behindPrefix(input.take(input.size));
  }
  private behindPrefix(block: Buffer): Buffer {
    return this.prefix.length === 0 ? block : Buffer.concat([this.prefix, block]);
  }
}

/** OpenResty's `receiveany`: what is there, at least one byte. */
export class AnyBytes implements Pattern<Buffer, Buffer> {
  readonly prefix = NOTHING;
  constructor(private readonly max: number) {}
  toString(): string {
    return "receive(any)";
  }
  complete({ input }: ReadHalf): boolean {
    return input.size > 0;
  }
  take({ input }: ReadHalf): Result<Buffer, Buffer> | null {
    return input.size > 0 ? [input.take(Math.min(this.max, input.size))] : null;
  }
  partial(): Buffer {
    return NOTHING;
  }
}

/** Bytes that stay for the next receive. */
export class Peeked implements Pattern<Buffer, Buffer> {
  readonly prefix = NOTHING;
  constructor(private readonly count: number) {}
  toString(): string {
    return `receive(peek ${this.count})`;
  }
  complete({ input }: ReadHalf): boolean {
    return input.size >= this.count;
  }
  take(half: ReadHalf): Result<Buffer, Buffer> | null {
    return this.complete(half) ? [half.input.peek(this.count)] : null;
  }
  /** What there is of them; it stays, too. */
  partial({ input }: ReadHalf): Buffer {
    return input.peek(input.size);
  }
}
