/** A connection as two streams of the web: one to read, one to write, each with its own end. */
import * as web from "node:stream/web";
import { Deadline, reactor, shown } from "../../reactor/index.js";
import type { Socket } from "../network/index.js";

/** What `webstreams` gives: the streams that are global, in Node and on the web, so that what takes those takes them. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array>;
}

/** @returns the streams, and what tells when all that was written on them until now has been handed to `stream` */
export function webStreams(stream: Socket): [WebStreams, (then: () => void) => void] {
  const input = new Input(stream);
  const output = new Output(stream, input);
  const { writable } = output;
  return [{ readable: input.readable, writable }, (then) => output.whenTaken(then)];
}

/** Seconds that what comes is dropped, before the connection is closed that nobody reads from or writes on. */
const DRAIN = 1;

/** What a web stream is to be told of one that was cut. */
function cut(stream: Socket): Error {
  if (stream.errored) return stream.errored;
  const code = "ERR_STREAM_PREMATURE_CLOSE";
  return Object.assign(new Error("the connection was closed"), { code });
}

class Input {
  readonly readable: WebStreams["readable"];
  private controller!: web.ReadableByteStreamController;
  /** Somebody waits for bytes. */
  private wanted: (() => void) | null = null;
  private over = false;

  constructor(private readonly stream: Socket) {
    this.readable = new web.ReadableStream(
      {
        type: "bytes",
        start: (controller: web.ReadableByteStreamController) =>
          void (this.controller = controller),
        pull: () => this.pull(),
        cancel: () => this.cancel(),
      },
      // The socket below reads ahead.
      { highWaterMark: 0 },
    ) as WebStreams["readable"];
    stream.on("readable", this.look);
    stream.once("end", () => this.end());
    stream.once("close", () => this.end(cut(stream)));
  }

  private pull(): Promise<void> {
    return new Promise((resolve) => {
      this.wanted = resolve;
      this.look();
    });
  }

  private readonly look = (): void => {
    const { stream } = this;
    // An end is told only to who asks for more.
    if (this.wanted === null && stream.readableLength > 0) return;
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) return;
    // It is handed over with its memory, which here is others', too.
    this.controller.enqueue(new Uint8Array(chunk));
    this.satisfied();
  };

  private satisfied(): void {
    const { wanted } = this;
    this.wanted = null;
    wanted?.();
  }

  private end(error?: Error): void {
    if (this.over) return;
    this.over = true;
    if (error !== undefined) this.controller.error(error);
    else {
      this.controller.close();
      this.controller.byobRequest?.respond(0);
    }
    this.satisfied();
  }

  /** Nobody reads any more: what comes is dropped. */
  private cancel(): void {
    const { stream } = this;
    this.over = true;
    stream.removeListener("readable", this.look);
    stream.resume();
    this.leave();
  }

  /**
   * What was written has left, and nobody reads: it is over when the peer has ended, too, or soon: to close with bytes unread
   * would reset the connection, and could take from the peer what it has not read.
   */
  leave(): void {
    const { stream } = this;
    if (!this.over || !stream.writableFinished || stream.destroyed) return;
    const deadline = new Deadline(false);
    reactor.timers.arm(deadline, reactor.clock.now() + DRAIN, {
      expire: () => void stream.destroy(),
    });
    stream.once("close", () => reactor.timers.remove(deadline));
  }
}

class Output {
  readonly writable: WritableStream<Uint8Array>;
  /** Chunks that were written, and that the stream has not got yet. */
  private queued = 0;
  /** To be told when it has got so many more. */
  private awaited: { chunks: number; then: () => void } | null = null;

  constructor(
    private readonly stream: Socket,
    private readonly input: Input,
  ) {
    const { size } = this;
    this.writable = new web.WritableStream<Uint8Array>(
      {
        start: (controller) => {
          stream.once("close", () => {
            if (!stream.writableFinished) controller.error(cut(stream));
          });
        },
        write: (chunk) => this.write(chunk),
        close: () => this.close(),
        abort: (reason) => this.abort(reason),
      },
      { highWaterMark: 1, size },
    );
  }

  /** What is written later does not count. */
  whenTaken(then: () => void): void {
    if (this.queued === 0) then();
    else this.awaited = { chunks: this.queued, then };
  }

  /** Asked when a chunk is written, before it waits for its turn. */
  private readonly size = (): number => {
    this.queued++;
    return 1;
  };

  private async write(chunk: unknown): Promise<void> {
    const { awaited, stream } = this;
    this.queued--;
    // Node would destroy it, with what has still to leave.
    if (stream.writableEnded) throw over();
    try {
      const bytes = bytesOf(chunk);
      await told((done) => {
        stream.write(bytes, done);
        if (awaited !== null && --awaited.chunks === 0) awaited.then();
      });
    } catch (error) {
      // The writable is of no more use, and cannot be closed.
      reset(stream, error as Error);
      throw error;
    }
  }

  private async close(): Promise<void> {
    const { stream } = this;
    if (!stream.writableFinished) await told((done) => stream.end(done));
    this.input.leave();
  }

  /** What was written so far is no whole: the peer must not take it for one. */
  private abort(reason: unknown): void {
    const { stream } = this;
    if (stream.destroyed) return;
    reset(stream, reason instanceof Error ? reason : new Error("aborted", { cause: reason }));
  }
}

function over(): Error {
  const code = "ERR_STREAM_WRITE_AFTER_END";
  return Object.assign(new Error("the fiber that the connection belonged to has ended"), { code });
}

function reset(stream: Socket, error: Error): void {
  try {
    stream.resetAndDestroy();
  } catch {
    // Node has RST for TCP only.
    stream.destroy(error);
  }
}

/** When `act` has been done, by the word of the stream. */
function told(act: (done: (error?: Error | null) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    act((error) => (error ? reject(error) : resolve()));
  });
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError(
    `webstreams: the writable takes bytes, a Uint8Array, not ${shown(chunk)}: TextEncoderStream makes them of text`,
  );
}
