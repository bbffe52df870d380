/** What every stream object offers, whatever its domain: LuaSocket's methods, by LuaSocket's names. */
import type { Operation } from "effection";
import { reactor } from "../../reactor/index.js";
import type { Result } from "../result.js";
import { shown, withTimeout, withTimeouts, type TimeoutMode } from "../timeouts.js";
import { Connection } from "./connection.js";
import { bytePattern, textPattern, type BytePattern, type TextPattern } from "./patterns.js";
import type { Encoding } from "./receive-buffer.js";
import { ReceiveAll, ReceiveAny, ReceiveBytes, ReceiveLine } from "./receive.js";
import { checkSend, Send, SendText, type Data } from "./send.js";

export abstract class StreamSocket extends Connection {
  /** Throws TypeError unless this object can `what`. */
  protected abstract mustBeClient(what: string): void;

  /**
   * Receive by pattern.
   *
   * - `"*l"` (default): a line as a string, without its LF; every CR in it is dropped
   * - `"*L"`: a line as it came, with its line end
   * - `"*a"`: a string of everything until the peer closes
   * - a number n: a Buffer of exactly n bytes; `Infinity`: a Buffer of everything until the peer closes
   *
   * @param prefix is put before what is received, and counts toward n: so `receive(pattern, partial)` goes on after
   * a timeout
   * @returns `[data]`, or `[undefined, error, partial]`: "timeout" (settimeout; the connection is as before), "closed",
   * "line too long" (setoption "line-limit"; the connection is usable). The partial has been taken from the stream.
   * Never throws on network trouble; TypeError for a bad pattern.
   *
   * Cancelling takes nothing: what had arrived is there for the next receive. Several tasks may receive on one
   * socket: first come, first served. (LuaSocket: client:receive)
   */
  receive(pattern?: TextPattern, prefix?: string): Operation<Result<string, string>>;
  receive(pattern: BytePattern, prefix?: string | Uint8Array): Operation<Result<Buffer, Buffer>>;
  receive(
    pattern: TextPattern | BytePattern = "*l",
    prefix: string | Uint8Array = "",
  ): Operation<Result<string, string>> | Operation<Result<Buffer, Buffer>> {
    this.mustBeClient("receive");
    const text = textPattern(pattern, prefix);
    if (text === "*l") return new ReceiveLine(this, prefix as string, false);
    if (text === "*L") return new ReceiveLine(this, prefix as string, true);
    if (text === "*a") return new ReceiveAll(this, prefix as string);
    const bytes =
      typeof prefix === "string" ? Buffer.from(prefix, this.encoding) : Buffer.from(prefix);
    return new ReceiveBytes(this, bytePattern(pattern), bytes);
  }

  /**
   * Receive what is there, as soon as there is at least one byte.
   *
   * @param max at most so many bytes (default: all that are buffered); what is beyond stays for the next receive
   * @returns `[bytes]`, or `[undefined, error, empty]`: "timeout", "closed". Cancelling takes nothing.
   * (OpenResty: tcpsock:receiveany)
   */
  receiveany(max = Infinity): Operation<Result<Buffer, Buffer>> {
    this.mustBeClient("receiveany");
    if (!(max > 0) || !(Number.isInteger(max) || max === Infinity)) {
      throw new TypeError(
        `receiveany takes the most bytes to receive, a positive integer, not ${String(max)}`,
      );
    }
    return new ReceiveAny(this, max);
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
   * Cancelling stops the waiting, not the message: it still leaves, whole and in order. Messages of several
   * senders never mix. (LuaSocket: client:send)
   */
  send(data: Data, i?: number, j?: number): Operation<Result<number, number>> {
    this.mustBeClient("send");
    const whole = i === undefined && j === undefined;
    if (!whole || typeof data !== "string" || this.encoding !== "utf8")
      checkSend(data, i, j, this.encoding);
    return whole && typeof data === "string"
      ? new SendText(this, data)
      : new Send(this, data, i, j);
  }

  /**
   * How long operations may wait, in seconds (fractions count).
   *
   * @param value undefined or negative: for ever; 0: not at all
   * @param mode "b" (default): each single wait; "t" or "r": the whole call. Both may be set. (LuaSocket)
   */
  settimeout(value?: number, mode: TimeoutMode = "b"): 1 {
    this.timeouts = withTimeout(this.timeouts, value, mode);
    return 1;
  }

  /** The block timeout and the total timeout in seconds; -1 is none. (LuaSocket) */
  gettimeout(): [block: number, total: number] {
    return [shown(this.timeouts.receive), shown(this.timeouts.total)];
  }

  /** Block timeouts in seconds: undefined leaves one as it is, negative is none. (Copas) */
  settimeouts(connect?: number, send?: number, receive?: number): 1 {
    this.timeouts = withTimeouts(this.timeouts, connect, send, receive);
    return 1;
  }

  /** How strings are sent, lines and "*a" received: "utf8" (default), or "latin1", Lua's 8-bit clean strings. */
  setencoding(encoding: Encoding): 1 {
    if (encoding !== "utf8" && encoding !== "latin1") {
      throw new TypeError(`setencoding takes "utf8" or "latin1", not ${JSON.stringify(encoding)}`);
    }
    this.encoding = encoding;
    return 1;
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
