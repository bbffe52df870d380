/** What every stream object offers, whatever its domain: LuaSocket's methods, by LuaSocket's names. */
import type { Subscription } from "effection";
import { reactor, type Yieldable, shown, checkOptionNames } from "../../reactor/index.js";
import type { Result } from "../result.js";
import { Connection } from "./connection.js";
import { bytePattern, textPattern, type BytePattern, type TextPattern } from "./patterns.js";
import { checkSend, type Data } from "./data.js";
import { each } from "./each.js";
import { boundaryReader, Peek, ReceiveAny, type BoundaryReader } from "./receive-any.js";
import { ReceiveAll, ReceiveBytes, ReceiveLine } from "./receive.js";
import { Flush, Send, SendText } from "./send.js";

export abstract class StreamSocket extends Connection {
  /**
   * Receive by pattern.
   *
   * - `"*l"` (default): a line as a string, without its LF; every CR in it is dropped
   * - `"*L"`: a line as it came, with its line end
   * - `"*a"`: a string of everything until the peer closes
   * - a number n: a Buffer of exactly n bytes; `Infinity`: a Buffer of everything until the peer closes
   *
   * @param prefix is put before what is received, and counts toward n, and of a line toward the line limit: so
   * `receive(pattern, partial)` goes on after a timeout
   * @returns `[data]`, or `[undefined, error, partial]`: "timeout" (settimeout; the connection is as before), "closed",
   * "line too long" (setoption "line-limit"; the connection is usable). The partial has been taken from the stream.
   * "*a" and Infinity succeed where the peer has ended the stream; a connection that breaks is "closed", with what has come as
   * partial, and the reason in lastError. Never throws on network trouble; TypeError for a bad pattern.
   *
   * Cancelling takes nothing: what had arrived is there for the next receive. Several tasks may receive on one
   * socket: first come, first served. (LuaSocket: client:receive)
   */
  receive(pattern?: TextPattern, prefix?: string): Yieldable<Result<string, string>>;
  receive(pattern: BytePattern, prefix?: string | Uint8Array): Yieldable<Result<Buffer, Buffer>>;
  receive(
    pattern: TextPattern | BytePattern,
    prefix?: string,
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>>;
  receive(
    pattern: TextPattern | BytePattern = "*l",
    prefix: string | Uint8Array = "",
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>> {
    const reading = this.reading("receive", pattern, prefix);
    if (this.timeouts.eager) reading.eager = true;
    return reading;
  }

  private reading(
    what: string,
    pattern: TextPattern | BytePattern,
    prefix: string | Uint8Array,
  ): ReceiveLine | ReceiveAll | ReceiveBytes {
    this.mustBeClient(what);
    const text = textPattern(pattern, prefix);
    if (text === "*l") return new ReceiveLine(this, prefix as string, false);
    if (text === "*L") return new ReceiveLine(this, prefix as string, true);
    if (text === "*a") return new ReceiveAll(this, prefix as string);
    const bytes =
      typeof prefix === "string" ? Buffer.from(prefix, this.encoding) : Buffer.from(prefix);
    return new ReceiveBytes(this, bytePattern(pattern), bytes);
  }

  /**
   * Receive by pattern, but be content with whatever has come: if that does not complete the pattern, the result is
   * `[undefined, "timeout", partial]` at once. Waits only while there is nothing at all. Patterns, prefix, errors and
   * cancelling as {@link receive}. (Copas: receivepartial)
   */
  receivepartial(pattern?: TextPattern, prefix?: string): Yieldable<Result<string, string>>;
  receivepartial(
    pattern: BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<Result<Buffer, Buffer>>;
  receivepartial(
    pattern: TextPattern | BytePattern,
    prefix?: string,
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>>;
  receivepartial(
    pattern: TextPattern | BytePattern = "*l",
    prefix: string | Uint8Array = "",
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>> {
    const reading = this.reading("receivepartial", pattern, prefix);
    reading.eager = true;
    return reading;
  }

  /**
   * Receive what is there, as soon as there is at least one byte.
   *
   * @param max at most so many bytes (default: all that are buffered); what is beyond stays for the next receive
   * @returns `[bytes]`, or `[undefined, error, empty]`: "timeout", "closed". Cancelling takes nothing.
   * (OpenResty: tcpsock:receiveany)
   */
  receiveany(max = Infinity): Yieldable<Result<Buffer, Buffer>> {
    this.mustBeClient("receiveany");
    if (max !== Infinity) wholeNumber(max, "receiveany takes the most bytes to receive");
    return new ReceiveAny(this, max);
  }

  /**
   * Look at the next bytes without taking them: once there are `count`.
   *
   * @returns `[bytes]`, or `[undefined, error, those that are there]`: "timeout", "closed". They stay for the next
   * receive, whatever the result.
   */
  peek(count: number): Yieldable<Result<Buffer, Buffer>> {
    this.mustBeClient("peek");
    wholeNumber(count, "peek takes how many bytes to look at");
    return new Peek(this, count);
  }

  /**
   * A reader of what comes before a boundary, piece after piece.
   *
   * ```ts
   * const part = client.receiveuntil("\r\n--boundary");
   * const [body, err] = yield* part();           // a whole piece; the boundary is stepped over
   * const [step, failure] = yield* part(4096);   // or step by step: undefined when the boundary has been reached
   * ```
   *
   * @param boundary text (UTF-8) or bytes, at least one
   * @param options.inclusive whether the boundary is given, too (default false)
   * @returns a function that makes an operation: `[bytes]`, or `[undefined, error, partial]`: "timeout" (nothing of a boundary
   * that has begun is in the partial: read on), "closed", "line too long" (a whole piece, without the boundary, beyond setoption
   * "line-limit"; steps have no limit). It may be mixed with other ways of receiving. Cancelling takes nothing. (OpenResty: tcpsock:receiveuntil)
   */
  receiveuntil(
    boundary: string | Uint8Array,
    options: { inclusive?: boolean } = {},
  ): BoundaryReader {
    this.mustBeClient("receiveuntil");
    checkOptionNames("receiveuntil", options, ["inclusive"]);
    const { inclusive = false } = options;
    if ((typeof boundary !== "string" && !(boundary instanceof Uint8Array)) || !boundary.length)
      throw new TypeError(
        `receiveuntil takes a boundary, a string or bytes, at least one, not ${shown(boundary)}`,
      );
    if (typeof inclusive !== "boolean")
      throw new TypeError(`receiveuntil: inclusive is true or false, not ${shown(inclusive)}`);
    return boundaryReader(this, Buffer.from(boundary as string), inclusive);
  }

  /**
   * The lines as an Effection Stream: `for (const line of yield* each(client.lines()))`. It ends when the peer
   * has ended the stream, or the socket was closed here; a last line without its LF is given, too. Any other error, such as a timeout,
   * or "closed" when the connection breaks, is thrown (SocketException).
   */
  lines(): Yieldable<Subscription<string, void>> {
    return each(
      "lines",
      () => this.inputCut,
      () => this.receive("*l"),
    );
  }

  /** Blocks of `size` bytes as an Effection Stream, the last one shorter; otherwise as {@link lines}. */
  blocks(size: number): Yieldable<Subscription<Buffer, void>> {
    wholeNumber(size, "blocks takes the bytes of a block");
    return each(
      "blocks",
      () => this.inputCut,
      () => this.receive(size),
    );
  }

  /**
   * Send data, or the bytes from i to j of it (1-based, both included, negative from the end).
   *
   * Sent means taken into the socket's bounded queue, which leaves at the end of the turn; beyond the bound `send` waits
   * for the peer. The caller may change its buffer as soon as `send` has returned.
   *
   * @param data a string (in the socket's encoding), a Uint8Array, or an array of them
   * @returns `[index of the last byte sent]`, or `[undefined, error, index]`: "timeout", "closed". Sending on from
   * index + 1 neither repeats nor loses a byte. TypeError for other data.
   *
   * Cancelling stops the waiting, not the message: it still leaves, whole and in order; but when more than 16 MiB are waiting to leave
   * by then, it breaks the connection ("no buffer space available"). Messages of several senders never mix. (LuaSocket: client:send)
   */
  send(data: Data, i?: number, j?: number): Yieldable<Result<number, number>> {
    this.mustBeClient("send");
    const whole = i === undefined && j === undefined;
    if (!whole || typeof data !== "string" || this.encoding !== "utf8")
      checkSend(data, i, j, this.encoding);
    return whole && typeof data === "string"
      ? new SendText(this, data)
      : new Send(this, data, i, j);
  }

  /**
   * Wait until what was sent is in the kernel. Nobody has to: it leaves by itself, and `close` delivers it.
   *
   * @returns `[1]`, "timeout" (of settimeout's for sending), "closed". Cancelling stops the waiting. (Copas: skt:flush,
   * which does nothing)
   */
  flush(): Yieldable<Result<1>> {
    this.mustBeClient("flush");
    return new Flush(this);
  }

  /** Bytes received and sent, and the age of the connection in seconds. (LuaSocket) */
  getstats(): [received: number, sent: number, age: number] {
    return [this.received, this.sent, this.born === 0 ? 0 : reactor.clock.now() - this.born];
  }

  /** Set what `getstats` counts from; undefined leaves a figure as it is. (LuaSocket) */
  setstats(received?: number, sent?: number, age?: number): 1 {
    this.received = received ?? this.received;
    this.sent = sent ?? this.sent;
    if (age !== undefined) this.born = reactor.clock.now() - age;
    return 1;
  }

  /** Whether there are bytes that have arrived and nobody has received. (LuaSocket) */
  dirty(): boolean {
    return this.input.size > 0;
  }

  /** The file descriptor, -1 when there is none. (LuaSocket) */
  getfd(): number {
    return this.wire?.fd() ?? -1;
  }
}

function wholeNumber(value: unknown, what: string): void {
  if (!(Number.isInteger(value) && (value as number) >= 1))
    throw new TypeError(`${what}, a positive integer, not ${shown(value)}`);
}
