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
    if (socket.inputOver) return socket.atEnd(this.partial(true));
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
    return this.first ? this.begun(Infinity, ended) : this.prefix;
  }
  /** The prefix, and at most `n` bytes of what has come, taken. */
  protected begun(n: number, ended: boolean): string {
    const { input, encoding } = this.socket;
    return this.behindPrefix(this.clean(input.takeText(n, encoding, ended)));
  }
  protected behindPrefix(text: string): string {
    return this.prefix + text;
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
    const { input } = this.socket;
    return input.lineLength() >= 0 || input.size > this.room;
  }
  protected take(): Result<string, string> | null {
    const { input, encoding } = this.socket;
    const length = input.lineLength();
    const { room } = this;
    if (length > room || (length < 0 && input.size > room)) {
      const text = this.begun(Math.max(room, 0), false);
      return this.socket.unsound([undefined, "line too long", text]);
    }
    if (length < 0) return null;
    const line = this.raw ? input.takeRawLine(encoding) : input.takeLine(encoding);
    if (this.prefix === "") return [line];
    this.socket.begun = null;
    return [this.prefix + line];
  }
  /** Bytes that the line may still have; the prefix counts. */
  private get room(): number {
    const { socket, prefix } = this;
    return prefix === ""
      ? socket.lineLimit
      : socket.lineLimit - socket.partial.bytesOf(prefix, socket.encoding);
  }
  protected override behindPrefix(text: string): string {
    const { partial, encoding } = this.socket;
    return partial.extend(this.prefix, text, encoding);
  }
  protected override clean(text: string): string {
    return this.raw ? text : dropCR(text);
  }
}

/** "*a" */
export class ReceiveAll extends ReceiveText {
  protected readonly pattern = '"*a"';
  protected complete(): boolean {
    return this.tooLong;
  }
  private get tooLong(): boolean {
    return this.prefix.length + this.socket.input.size > LONGEST_TEXT;
  }
  protected take(): Result<string, string> | null {
    const { socket } = this;
    const { input } = socket;
    if (this.tooLong) {
      throw new RangeError(
        `receive("*a"): more than ${LONGEST_TEXT} bytes do not fit in a string: use receive(Infinity), which gives a Buffer`,
      );
    }
    // LuaSocket: the end of the stream is an error only when nothing came before it.
    if (!socket.inputWhole || input.size === 0) return null;
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
      if (!socket.inputWhole || socket.input.size === 0) return null;
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
