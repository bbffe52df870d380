/** A connection over any stream of Node's: a Duplex, a Readable and a Writable, a file descriptor. Public methods only. */
import * as net from "node:net";
import { Duplex, type Readable, type Writable } from "node:stream";
import { asError } from "../../reactor/index.js";
import { joined } from "./chunks.js";
import { endpoint } from "./socket-transport.js";
import type { Chunk, Endpoint, Protocol, TlsFacts, Transport } from "./network.js";
import { TransportStream } from "./transport-stream.js";

/** The process's own streams: left open, since others use them, too. */
const STANDARD: readonly unknown[] = [process.stdin, process.stdout, process.stderr];

const SHARE = 256 * 1024;

type Listener = (argument: unknown) => void;

export class StreamTransport implements Transport {
  readonly needsFin = true;
  readonly tls: TlsFacts | null = null;
  private protocol: Protocol | null = null;
  private readonly listeners: [Readable | Writable, string, Listener][] = [];
  private reading = true;
  private inputEnded = false;
  /** Bytes that may be handed over before Node's loop must have come round: a stream within the process never ends its turn. */
  private share = SHARE;
  private resting = false;

  constructor(
    private readonly input: Readable | null,
    private readonly output: Writable | null,
  ) {
    const broke = (error: unknown): void => this.broke(asError(error));
    if (input !== null) {
      this.listen(input, "readable", () => this.pull());
      this.listen(input, "end", () => this.end());
      this.listen(input, "close", () => this.inputClosed());
      this.listen(input, "error", broke);
    }
    if (output !== null) {
      // That nothing can be written any more does not end the reading: the last words may still be there.
      if (output !== (input as unknown)) {
        this.listen(output, "error", (error) => this.protocol?.wrote(asError(error)));
      }
      this.listen(output, "close", () => this.outputClosed());
    }
  }

  private listen(on: Readable | Writable, event: string, listener: Listener): void {
    on.on(event, listener);
    this.listeners.push([on, event, listener]);
  }

  get writable(): boolean {
    return this.output?.writable === true;
  }

  attach(protocol: Protocol): void {
    this.protocol = protocol;
    this.rest();
  }

  /** Hand over what the stream has, as far as the protocol takes it. */
  private pull(): void {
    const { input } = this;
    if (input === null || input.readableEnded) return this.end();
    // It was closed before anybody listened.
    if (input.closed) return this.inputClosed();
    while (this.reading && !this.resting && this.protocol !== null && this.pullOne(input));
  }

  /** Hand over one piece; false if there is none. */
  private pullOne(input: Readable): boolean {
    const chunk: unknown = input.read();
    if (chunk === null || this.protocol === null) return false;
    const data = bytes(chunk, input);
    this.share -= data.length;
    if (this.share <= 0) this.rest();
    this.reading = this.protocol.arrived(data);
    return true;
  }

  /** What has come can still be received, however full its buffer is. */
  private pullLast(): void {
    if (this.input !== null) while (this.pullOne(this.input));
  }

  /** Go on when Node's loop comes round; also because what arrives runs fibers, which the caller's stack is no place for. */
  private rest(): void {
    if (this.resting) return;
    this.resting = true;
    setImmediate(() => {
      this.resting = false;
      this.share = SHARE;
      this.pull();
    });
  }

  read(): void {
    this.reading = true;
    this.rest();
  }

  private end(error?: Error): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    this.protocol?.ended(error);
  }

  /** It has closed: after its end, or without one. */
  private inputClosed(): void {
    if (this.inputEnded) return;
    this.pullLast();
    const { errored, readableEnded } = this.input!;
    if (readableEnded) this.end();
    else
      this.end(
        errored
          ? asError(errored)
          : coded("ERR_STREAM_PREMATURE_CLOSE", "the stream closed without end"),
      );
  }

  private broke(error: Error): void {
    this.pullLast();
    const { protocol } = this;
    this.destroy();
    protocol?.broke(error);
  }

  private outputClosed(): void {
    if (this.protocol === null || this.output!.writableFinished) return;
    this.protocol.wrote(coded("ERR_STREAM_DESTROYED", "the stream was closed"));
  }

  write(chunk: Chunk["chunk"], encoding: Chunk["encoding"]): void {
    const { output } = this;
    let told = false;
    const tell = (error: Error | null): void => {
      if (told) return;
      told = true;
      this.protocol?.wrote(error);
    };
    const done = (error?: Error | null): void => tell(error ? asError(error) : null);
    const failed = (error: Error): void => queueMicrotask(() => tell(error));
    if (!this.writable) return failed(coded("EPIPE", "the stream is not writable"));
    try {
      if (encoding === "buffer") output!.write(chunk, done);
      else output!.write(chunk, encoding, done);
    } catch (error) {
      // It is somebody's own code: what it throws is an error of the stream, and nobody else's.
      failed(asError(error));
    }
  }

  unsent(): number {
    return this.output?.writableLength ?? 0;
  }

  writev(chunks: Chunk[]): void {
    this.write(joined(chunks), "buffer");
  }

  finish(): void {
    const { output } = this;
    const finished = (): void => this.protocol?.finished();
    if (output === null || STANDARD.includes(output) || !output.writable) queueMicrotask(finished);
    else output.end(finished);
  }

  destroy(): void {
    this.protocol = null;
    this.forget();
    const { input, output } = this;
    for (const stream of [input, output]) {
      if (stream === null) continue;
      // An error that comes from closing is nobody's concern any more.
      stream.on("error", () => {});
      // A writable that has finished closes itself; within the process, what it holds may still be read.
      const over = stream === output && stream !== (input as unknown) && output.writableFinished;
      if (!over && !STANDARD.includes(stream)) stream.destroy();
    }
    if (input === process.stdin) {
      input.pause();
      this.unref(input);
    }
  }

  reset(): void {
    this.destroy();
  }

  hold(on: boolean): void {
    for (const stream of [this.input, this.output]) {
      if (on) (stream as Partial<net.Socket> | null)?.ref?.();
      else this.unref(stream);
    }
  }

  private unref(stream: unknown): void {
    (stream as Partial<net.Socket> | null)?.unref?.();
  }

  /** Leave the stream as it was, for TLS to take over. */
  release(): Duplex {
    this.protocol = null;
    this.forget();
    const { input, output } = this;
    if (input instanceof Duplex && input === (output as unknown)) return input;
    return Duplex.from({ readable: input ?? undefined, writable: output ?? undefined } as {
      readable: Readable;
      writable: Writable;
    });
  }

  duplex(busy: boolean): net.Socket {
    const { input, output } = this;
    // One that has told its end takes nothing back.
    if (!(input instanceof net.Socket) || input !== (output as unknown) || input.readableEnded)
      return new TransportStream(this, busy);
    this.protocol = null;
    this.forget();
    return input;
  }

  private forget(): void {
    for (const [on, event, listener] of this.listeners) on.removeListener(event, listener);
    this.listeners.length = 0;
  }

  setNoDelay(): void {}
  setKeepAlive(): void {}
  local(): Endpoint | undefined {
    return this.socket && endpoint(this.socket.localAddress, this.socket.localPort);
  }
  peer(): Endpoint | undefined {
    return this.socket && endpoint(this.socket.remoteAddress, this.socket.remotePort);
  }
  private get socket(): net.Socket | undefined {
    return [this.input, this.output].find((stream) => stream instanceof net.Socket);
  }
  fd(): number {
    for (const stream of [this.input, this.output]) {
      const { fd } = (stream ?? {}) as { fd?: unknown };
      if (typeof fd === "number") return fd;
    }
    return -1;
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function bytes(chunk: unknown, from: Readable): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  // Somebody has called setEncoding on it.
  if (typeof chunk === "string") return Buffer.from(chunk, from.readableEncoding ?? "utf8");
  return Buffer.from(chunk as Uint8Array);
}

/** A transport over a Duplex, or over a Readable and a Writable. Misuse throws TypeError. */
export function streamTransport(input: Readable | null, output: Writable | null): Transport {
  if (input?.readableObjectMode || output?.writableObjectMode) {
    throw new TypeError("socket.stream takes streams of bytes, not object streams");
  }
  return new StreamTransport(input, output);
}
