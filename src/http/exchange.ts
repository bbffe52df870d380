/** One request and its answer, spoken by node:http: what it writes is taken and sent, what was received is fed to it. It has no connection. */
import type { ClientRequest, IncomingMessage } from "node:http";
import process from "node:process";
import { Duplex } from "node:stream";
import { type Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";

/** What a request begins with; each character is a byte. */
export interface Head {
  readonly method: string;
  readonly uri: string;
  /** Names and values in turns, as they are to be written. */
  readonly headers: readonly string[];
}

/** More than is fed at a time, so that node:http never holds anything back. */
const ROOM = 1024 * 1024;

type Callback = (error?: Error | null) => void;

/** What node:http takes for a socket. */
class Pipe extends Duplex {
  readonly out: Buffer[] = [];
  /** It has been asked for bytes: from then on it hands over at once what is pushed. */
  begun = false;

  constructor(private readonly waiters: WaitList) {
    super({ readableHighWaterMark: ROOM, allowHalfOpen: true });
  }
  override _read(): void {
    this.begun = true;
    this.waiters.wakeAll();
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Callback): void {
    this.out.push(chunk);
    this.waiters.wakeAll();
    done();
  }
  override _writev(chunks: { chunk: unknown }[], done: Callback): void {
    // Strings have been decoded.
    for (const { chunk } of chunks) this.out.push(chunk as Buffer);
    this.waiters.wakeAll();
    done();
  }
}

export class Exchange {
  /** The answer, once its headers have come. */
  response: IncomingMessage | null = null;
  /** What is wrong with it. */
  failure: (Error & { code?: string; rawPacket?: Buffer; bytesParsed?: number }) | null = null;
  /** What was fed behind an answer that has no body, but another protocol. */
  rest: Buffer | null = null;
  private ended = false;
  /** What has come of the body: as node:http gives it, which would join it to one piece for whoever reads. */
  private readonly pieces: Buffer[] = [];
  private readonly waiters = new WaitList();
  private readonly pipe = new Pipe(this.waiters);
  private readonly request: ClientRequest;

  /** Throws Node's TypeError for what cannot stand in a head. */
  constructor({ method, uri: path, headers }: Head) {
    // Asked for when it is needed: not everybody who has this module makes a request.
    const http = process.getBuiltinModule("node:http");
    const request = http.request({
      method,
      path,
      headers,
      setHost: false,
      createConnection: () => this.pipe,
      // What LuaSocket reads: lines that end with LF alone, folded values. Nothing is read behind the answer that could be taken for another.
      insecureHTTPParser: true,
    });
    request.maxHeadersCount = 0;
    const switched = (response: IncomingMessage, _: unknown, rest: Buffer): void => {
      this.rest = rest;
      this.answered(response);
    };
    request
      .on("response", (response) => this.answered(response))
      .on("upgrade", switched)
      .on("connect", switched)
      .on("error", (error) => (this.failure ??= error))
      // Behind node:http's own listeners: what they know of the end, the response says.
      .on("socket", () => this.pipe.on("end", () => this.over()).on("close", () => this.over()));
    this.request = request;
  }

  private answered(response: IncomingMessage): void {
    this.response = response;
    response.on("error", () => {}).on("data", (piece: Buffer) => this.pieces.push(piece));
  }
  private over(): void {
    this.ended = true;
    this.waiters.wakeAll();
  }

  private until(what: string, condition: () => boolean): Operation<boolean> {
    return new Until(`node:http to ${what}`, "inactive", this.waiters, condition, Infinity);
  }

  /** Until it has taken the pipe for its socket, which it does in a later tick. */
  *begin(): Operation<void> {
    this.request.flushHeaders();
    yield* this.until("begin", () => this.pipe.begun && this.pipe.out.length > 0);
  }

  // ---- what is sent -----------------------------------------------------------------------------------------------

  write(piece: Buffer): void {
    if (piece.length > 0) this.request.write(piece);
  }
  /** The body is whole. */
  end(): void {
    this.request.end();
  }
  /** What is to be sent now. */
  taken(): Buffer[] {
    // node:http would gather what else comes in this tick.
    for (const gathering of [this.request, this.pipe])
      while (gathering.writableCorked > 0) gathering.uncork();
    return this.pipe.out.splice(0);
  }

  // ---- what is received -------------------------------------------------------------------------------------------

  *feed(chunk: Buffer): Operation<void> {
    this.pipe.push(chunk);
    yield* this.swallowed();
  }

  /** It takes what it is fed at once, unless it has been asked to hold back: then once the body has been read. */
  *swallowed(): Operation<void> {
    const { pipe } = this;
    if (pipe.readableLength > 0 && !this.response?.readableLength)
      yield* this.until("read", () => pipe.readableLength === 0 || pipe.destroyed);
  }

  /** The peer has ended the connection, properly. */
  *finish(): Operation<void> {
    if (!this.pipe.destroyed) this.pipe.push(null);
    yield* this.until("see the end", () => this.ended);
  }

  /** What has come of the body, undefined if nothing has. */
  piece(): Buffer | undefined {
    // It begins to give by itself in a later tick only.
    if (this.pieces.length === 0) this.response?.read();
    return this.pieces.shift();
  }

  /** Bytes of the body, if they are what stands in the stream: Infinity if that is all until its end; null for a transfer coding. */
  get plainLength(): number | null {
    const { headers = {} } = this.response ?? {};
    if (headers["transfer-encoding"] !== undefined) return null;
    const length = headers["content-length"] ?? "Infinity";
    return /^(\d+|Infinity)$/.test(length) ? Number(length) : null;
  }

  /** It holds nothing of the memory that it was fed: of a body it makes copies. */
  get fed(): boolean {
    return this.failure === null && this.rest === null && this.pipe.readableLength === 0;
  }

  /** Nor anything of the body. */
  get drained(): boolean {
    return this.fed && this.pieces.length === 0 && this.response?.readableLength === 0;
  }

  /** The answer is whole. */
  get complete(): boolean {
    return this.rest !== null || this.response?.complete === true;
  }

  /** Nobody wants it any more. */
  close(): void {
    this.request.destroy();
    this.pipe.destroy();
  }
}
