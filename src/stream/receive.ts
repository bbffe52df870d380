/**
 * The patterns of `receive`, as waits. Nothing is taken from the buffer before a pattern is complete, so a receive that is
 * halted has lost nothing; only a timeout or the end of the stream takes what is there, as the partial.
 */
import { PENDING, WaitList, type Pending } from "../../reactor/index.js";
import type { Result } from "../result.js";
import { ReceiveWait } from "../socket-wait.js";
import { dropCR, LONGEST_TEXT } from "./receive-buffer.js";
import type { Connection } from "./connection.js";

/** A read that waits in the stream's queue of readers. */
export abstract class Read<T> extends ReceiveWait<T, Connection> {
  /** Whether it would finish now. */
  abstract ready(): boolean;

  /** Bytes have arrived while it was first in the queue. */
  arrived(): void {
    if (this.ready()) this.enqueue();
    else this.progress();
  }

  protected get first(): boolean {
    const { readers } = this.socket;
    return readers === null || readers.admits(this);
  }

  /** Nothing was taken, but what it waited for is still to come: the pool must not take the connection. */
  protected override halted(): void {
    this.socket.unsound(undefined);
  }
  protected enlist(): void {
    (this.socket.readers ??= new WaitList()).add(this);
  }
  protected leave(): void {
    this.socket.readers!.delete(this);
    this.socket.wakeReader();
  }
}

export abstract class Receive<T extends string | Buffer> extends Read<Result<T, T>> {
  protected abstract readonly pattern: string;
  get description(): string {
    return `receive(${this.pattern}) on ${String(this.socket)}`;
  }
  /** The result if the pattern is complete, or null. */
  protected abstract take(): Result<T, T> | null;
  /** What is there, taken; `ended` when nothing more will come. */
  protected abstract partial(ended: boolean): T;

  /** Copas's receivepartial: whatever has come is enough, and then "timeout" says that it is not all. */
  declare eager: boolean;

  ready(): boolean {
    const { socket } = this;
    return socket.inputOver || this.complete() || (this.eager && socket.input.size > 0);
  }
  protected abstract complete(): boolean;

  protected attempt(): Result<T, T> | Pending {
    const { socket } = this;
    if (!this.first) return PENDING;
    const result = this.take();
    if (result !== null) {
      socket.taken();
      return result;
    }
    if (socket.inputOver) return socket.unsound([undefined, "closed", this.partial(true)]);
    if (this.eager && socket.input.size > 0) return this.timedOut();
    socket.wantMore();
    return PENDING;
  }

  protected override timedOut(): Result<T, T> {
    const partial = this.partial(!this.first);
    this.socket.taken();
    return this.socket.unsound([undefined, "timeout", partial]);
  }
}

// On the prototype: almost no receive is.
Object.defineProperty(Receive.prototype, "eager", { value: false, writable: true });

abstract class ReceiveText extends Receive<string> {
  constructor(
    stream: Connection,
    protected readonly prefix: string,
  ) {
    super(stream);
  }
  protected partial(ended: boolean): string {
    const { socket } = this;
    if (!this.first) return this.prefix;
    return this.prefix + this.clean(socket.input.takeText(Infinity, socket.encoding, ended));
  }
  protected clean(text: string): string {
    return text;
  }
}

/** "*l" and "*L" */
export class ReceiveLine extends ReceiveText {
  constructor(
    stream: Connection,
    prefix: string,
    private readonly raw: boolean,
  ) {
    super(stream, prefix);
  }
  protected get pattern(): string {
    return this.raw ? '"*L"' : '"*l"';
  }
  protected complete(): boolean {
    const { input, lineLimit } = this.socket;
    return input.lineLength() >= 0 || input.size > lineLimit;
  }
  protected take(): Result<string, string> | null {
    const { input, encoding, lineLimit } = this.socket;
    const length = input.lineLength();
    if (length > lineLimit || (length < 0 && input.size > lineLimit)) {
      const text = this.clean(input.takeText(lineLimit, encoding, false));
      return this.socket.unsound([undefined, "line too long", this.prefix + text]);
    }
    if (length < 0) return null;
    const line = this.raw ? input.takeRawLine(encoding) : input.takeLine(encoding);
    return [this.prefix === "" ? line : this.prefix + line];
  }
  protected override clean(text: string): string {
    return this.raw ? text : dropCR(text);
  }
}

/** "*a" */
export class ReceiveAll extends ReceiveText {
  protected readonly pattern = '"*a"';
  protected complete(): boolean {
    return this.socket.input.size > LONGEST_TEXT;
  }
  protected take(): Result<string, string> | null {
    const { socket } = this;
    const { input } = socket;
    if (input.size > LONGEST_TEXT) {
      throw new RangeError(
        `receive("*a"): more than ${LONGEST_TEXT} bytes do not fit in a string: use receive(Infinity), which gives a Buffer`,
      );
    }
    // LuaSocket: the end of the stream is an error only when nothing came before it.
    if (!socket.inputOver || input.size === 0 || socket.closed) return null;
    return [this.partial(true)];
  }
}

/** A number of bytes, or Infinity for all of them. */
export class ReceiveBytes extends Receive<Buffer> {
  constructor(
    stream: Connection,
    private readonly count: number,
    private readonly prefix: Buffer,
  ) {
    super(stream);
  }
  protected get pattern(): string {
    return String(this.count);
  }
  /** Bytes still to come; the prefix counts. */
  private get wanted(): number {
    return Math.max(this.count - this.prefix.length, 0);
  }
  protected complete(): boolean {
    const { size } = this.socket.input;
    // receive(0) waits until there is something, as in LuaSocket.
    return size >= this.wanted && (size > 0 || this.prefix.length > 0);
  }
  protected take(): Result<Buffer, Buffer> | null {
    const { socket, prefix, wanted } = this;
    if (wanted === Infinity) {
      if (!socket.inputOver || socket.input.size === 0 || socket.closed) return null;
      return [this.partial()];
    }
    if (!this.complete()) return null;
    const block = socket.input.take(wanted);
    return [prefix.length === 0 ? block : Buffer.concat([prefix, block])];
  }
  protected partial(): Buffer {
    const { input } = this.socket;
    if (!this.first || input.size === 0) return this.prefix;
    const block = input.take(input.size);
    return this.prefix.length === 0 ? block : Buffer.concat([this.prefix, block]);
  }
}
