/** A transport as a stream of Node's that looks like a socket: where there is no net.Socket below, but a simulated connection or another stream. */
import type * as net from "node:net";
import process from "node:process";
import { Duplex } from "node:stream";
import { Deadline, reactor } from "../../reactor/index.js";
import type { Chunk, Endpoint, Protocol, Transport } from "./network.js";

type Callback = (error?: Error | null) => void;

/** Node's SetKeepAliveOptions, which older types lack. */
interface KeepAliveOptions {
  enable?: boolean | undefined;
  initialDelay?: number | undefined;
  interval?: number | undefined;
  count?: number | undefined;
}

// That it is a net.Socket is checked where it is used for one: said here it would be in the declarations, and false for later types of Node's.
export class TransportStream extends Duplex implements Protocol {
  readonly connecting = false;
  readonly pending = false;
  readonly autoSelectFamilyAttemptedAddresses: string[] = [];
  bytesRead = 0;
  /** Bytes that have left. */
  private sent = 0;
  /** Bytes of the write that {@link written} is for. */
  private leaving = 0;
  /** Milliseconds, as Node has them; undefined: none. */
  timeout?: number;
  private idle: Deadline | null = null;
  /** To be told when the write that is under way has left; a write that was under way before has nobody to tell. */
  private written: Callback | null = null;
  /** What is to be written when that one has left. */
  private next: (() => void) | null = null;
  private finished_: Callback | null = null;
  private resets = false;

  /** Why there is no transport. */
  private failure: Error | null = null;

  /**
   * @param transport null: there is none any more, and {@link failOnceRead} says why
   * @param busy whether a write is under way, which the transport will tell of
   */
  constructor(
    private readonly transport: Transport | null,
    private busy = false,
  ) {
    // As net.Socket, which says with its "close" whether there was an error.
    super({ allowHalfOpen: true, emitClose: false });
    transport?.attach(this);
  }

  // ---- what the transport tells -----------------------------------------------------------------------------------

  arrived(chunk: Buffer): boolean {
    this.bytesRead += chunk.length;
    this.active();
    return this.push(chunk);
  }
  ended(error?: Error): void {
    if (error === undefined) this.push(null);
    else this.destroy(error);
  }
  wrote(error: Error | null): void {
    const { written, next } = this;
    this.next = null;
    this.busy = error === null && next !== null;
    this.active();
    if (this.busy) return next!();
    this.written = null;
    if (error === null) this.sent += this.leaving;
    this.leaving = 0;
    if (written !== null) written(error);
    else if (error !== null) this.destroy(error);
  }
  finished(): void {
    this.finished_?.();
  }
  broke(error: Error): void {
    this.destroy(error);
  }

  /** What was unshifted can be read; then, and whenever anything is written, this is its error. */
  failOnceRead(error: Error): void {
    this.failure = error;
    process.nextTick(() => this.failIfRead());
  }
  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    if (this.failure !== null) process.nextTick(() => this.failIfRead());
    return chunk;
  }
  private failIfRead(): void {
    if (this.readableLength === 0) this.destroy(this.failure!);
  }

  // ---- what streams ask -------------------------------------------------------------------------------------------

  override _read(): void {
    this.transport?.read();
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.hand(chunk.length, callback, () => this.transport?.write(chunk, "buffer"));
  }
  override _writev(chunks: { chunk: unknown; encoding: string }[], callback: Callback): void {
    // Strings have been decoded.
    const all = chunks.map(({ chunk }): Chunk => ({ chunk: chunk as Buffer, encoding: "buffer" }));
    const bytes = all.reduce((sum, { chunk }) => sum + chunk.length, 0);
    this.hand(bytes, callback, () => this.transport?.writev(all));
  }

  /** A transport takes one write at a time. */
  private hand(bytes: number, callback: Callback, write: () => void): void {
    if (this.failure !== null) return callback(this.failure);
    this.leaving = bytes;
    this.written = callback;
    if (this.busy) this.next = write;
    else {
      this.busy = true;
      write();
    }
  }

  override _final(callback: Callback): void {
    if (this.failure !== null) return callback(this.failure);
    this.finished_ = callback;
    this.transport?.finish();
  }
  override _destroy(error: Error | null, callback: Callback): void {
    if (this.idle !== null) reactor.timers.remove(this.idle);
    if (this.resets) this.transport?.reset();
    else this.transport?.destroy();
    callback(error);
    const { written } = this;
    this.written = this.next = null;
    // As sockets do: who waits for a write would wait for ever.
    written?.(error ?? destroyed());
    process.nextTick(() => this.emit("close", error !== null));
  }

  // ---- what sockets have ------------------------------------------------------------------------------------------

  get bytesWritten(): number {
    return this.sent + this.writableLength;
  }
  get bufferSize(): number {
    return this.writableLength;
  }
  get readyState(): net.SocketReadyState {
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  address(): net.AddressInfo | Record<string, never> {
    const local = this.transport?.local();
    return local === undefined
      ? {}
      : { address: local.address, family: familyOf(local)!, port: local.port };
  }
  // Node's types leave out that a socket may have no address.
  get localAddress(): string {
    return this.transport?.local()?.address as string;
  }
  get localPort(): number {
    return this.transport?.local()?.port as number;
  }
  get localFamily(): string {
    return familyOf(this.transport?.local()) as string;
  }
  get remoteAddress(): string | undefined {
    return this.transport?.peer()?.address;
  }
  get remotePort(): number | undefined {
    return this.transport?.peer()?.port;
  }
  get remoteFamily(): string | undefined {
    return familyOf(this.transport?.peer());
  }

  /** It is connected, and stays so: an error of this stream, as of a net.Socket. */
  connect(): this {
    const error = new Error("connect EISCONN: the stream is connected already");
    return this.destroy(Object.assign(error, { code: "EISCONN", syscall: "connect" }));
  }
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }
  resetAndDestroy(): this {
    this.resets = true;
    return this.destroy();
  }
  setNoDelay(on = true): this {
    this.transport?.setNoDelay(on);
    return this;
  }
  /** Times in milliseconds. All but the first two, and options, have come with Node 24 and 26. */
  setKeepAlive(on?: boolean, initialDelay?: number, interval?: number, count?: number): this;
  setKeepAlive(options: KeepAliveOptions): this;
  setKeepAlive(
    first: boolean | KeepAliveOptions = false,
    initialDelay = 0,
    // Node's own.
    interval = 1000,
    count = 10,
  ): this {
    if (typeof first === "object") {
      const { enable, ...probes } = first;
      return this.setKeepAlive(enable, probes.initialDelay, probes.interval, probes.count);
    }
    const [idle, between] = [Math.trunc(initialDelay / 1000), Math.trunc(interval / 1000)];
    this.transport?.setKeepAlive({ on: first, idle, interval: between, count });
    return this;
  }
  ref(): this {
    this.transport?.hold(true);
    return this;
  }
  unref(): this {
    this.transport?.hold(false);
    return this;
  }

  /** @param milliseconds without anything read or written after which "timeout" is emitted, each time; 0: never */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.timeout = milliseconds;
    if (listener !== undefined) {
      if (milliseconds > 0) this.once("timeout", listener);
      else this.removeListener("timeout", listener);
    }
    this.active();
    return this;
  }

  /** Something was read or written: it is idle from now on. */
  private active(): void {
    const { timeout = 0 } = this;
    if (timeout > 0 && !this.destroyed) {
      const idle = (this.idle ??= new Deadline(false));
      reactor.timers.arm(idle, reactor.clock.now() + timeout / 1000, {
        // The listener is somebody's own code.
        expire: () => process.nextTick(() => this.emit("timeout")),
      });
    } else if (this.idle !== null) reactor.timers.remove(this.idle);
  }
}

function destroyed(): Error {
  const error = new Error("Cannot call write after a stream was destroyed");
  return Object.assign(error, { code: "ERR_STREAM_DESTROYED" });
}

function familyOf(end: Endpoint | undefined): "IPv4" | "IPv6" | undefined {
  return end && (end.family === "inet6" ? "IPv6" : "IPv4");
}
