/** What every stream object shares, whatever its domain: receive, send, timeouts, shutdown, close. */
import type { Operation } from "effection";
import { Deadline, reactor, WaitList, type Belonging, type Fiber } from "../../reactor/index.js";
import type { SocketError } from "../errors.js";
import type { Link, Wire } from "../network/index.js";
import type { Result } from "../result.js";
import { NO_TIMEOUTS, shown, withTimeout, withTimeouts, type TimeoutMode, type Timeouts } from "../timeouts.js";
import { Output, type OutputOwner } from "./output.js";
import { bytePattern, textPattern, type BytePattern, type TextPattern } from "./patterns.js";
import { ReceiveBuffer, type Encoding } from "./receive-buffer.js";
import { ReceiveAll, ReceiveBytes, ReceiveLine, type Read } from "./receive.js";
import { checkSend, Send, SEND_AGAIN, SendText, type Data } from "./send.js";

/** Unread bytes from which on the kernel is not read any more, and below which it is again. */
const HIGH_WATER = 64 * 1024;
const LOW_WATER = 16 * 1024;
/** Longest line, in bytes, unless `setoption("line-limit")` says otherwise. */
const LINE_LIMIT = 1024 * 1024;
/** Seconds without progress after which a closed socket gives up what the peer does not take. */
const LINGER = 10;
/** Seconds that a closed socket goes on taking, and dropping, what the peer sends, so that it can read our last words. */
const DRAIN = 1;

export abstract class StreamSocket implements Link, OutputOwner, Belonging {
  /** @internal The connection; null before there is one and after it is gone. */
  wire: Wire | null = null;
  /** @internal */
  readonly input = new ReceiveBuffer();
  /** @internal */
  readonly output = new Output(this);
  /** @internal */
  readers: WaitList | null = null;
  /** @internal */
  senders: WaitList | null = null;
  /** @internal */
  timeouts: Timeouts = NO_TIMEOUTS;
  /** @internal */
  encoding: Encoding = "utf8";
  /** @internal */
  lineLimit = LINE_LIMIT;
  /** @internal Seconds that close may take to deliver; 0 resets. */
  linger = LINGER;
  /** @internal Counted for `getstats`. */
  received = 0;
  /** @internal */
  sent = 0;
  /** Node's own error behind the last word returned, if there was one. */
  lastError: Error | undefined = undefined;

  /** Whether `close()` was called. */
  closed = false;
  private inputEnded = false;
  private paused = false;
  private shutSend = false;
  /** A write has failed. */
  private shutWrite = false;
  private finished = false;
  private born = 0;
  /** The fiber that it is closed with. */
  private owner: Fiber | null;
  private readDeadline_: Deadline | null = null;
  private writeDeadline_: Deadline | null = null;
  private lingerDeadline: Deadline | null = null;

  constructor(maker: Fiber | null) {
    this.owner = maker;
  }

  abstract toString(): string;
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
    const bytes = typeof prefix === "string" ? Buffer.from(prefix, this.encoding) : Buffer.from(prefix);
    return new ReceiveBytes(this, bytePattern(pattern), bytes);
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
    if (!whole || typeof data !== "string" || this.encoding !== "utf8") checkSend(data, i, j, this.encoding);
    return whole && typeof data === "string" ? new SendText(this, data) : new Send(this, data, i, j);
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

  /**
   * Shut down one direction, or both. Always 1. (LuaSocket)
   *
   * "send": what was sent still leaves, then the peer sees the end; "receive": what has arrived can be received,
   * what comes later is dropped.
   */
  shutdown(how: "send" | "receive" | "both" = "both"): 1 {
    if (how !== "send" && how !== "receive" && how !== "both") {
      throw new TypeError(`shutdown takes "send", "receive" or "both", not ${JSON.stringify(how)}`);
    }
    if (how !== "receive" && this.wire !== null && !this.shutSend) {
      this.shutSend = true;
      this.wakeSenders();
      this.finishWhenDrained();
    }
    if (how !== "send" && this.wire !== null) {
      this.inputEnded = true;
      this.wakeReader();
      this.wantMore();
    }
    return 1;
  }

  /**
   * Close it. Immediate for the caller; what was sent is still delivered, unless the peer takes none of it for
   * `setoption("linger", { on: true, timeout })` seconds (10 by default; 0 resets the connection).
   *
   * Tasks that wait on it get "closed", later calls too. Calling it again is fine. Always 1. (LuaSocket)
   */
  close(): 1 {
    if (this.closed) return 1;
    this.closed = true;
    this.inputEnded = true;
    if (this.readers === null || this.readers.empty) this.input.clear();
    this.wakeReader();
    this.wakeSenders();
    if (this.wire === null) this.gone();
    else if (this.linger === 0) {
      this.wire.reset();
      this.gone();
    } else this.closeWire(this.wire);
    return 1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  // ---- for the waits --------------------------------------------------------------------------------------------

  /** @internal Nothing more will come: what is buffered is all. */
  get inputOver(): boolean {
    return this.inputEnded;
  }
  /** @internal */
  get inputError(): SocketError {
    return "closed";
  }
  /** @internal Why nothing can be sent, or null. */
  get sendError(): SocketError | null {
    return this.shutSend || this.closed || (this.wire === null && !this.pending) ? "closed" : null;
  }
  /** Whether a connection is in the making. */
  protected get pending(): boolean {
    return false;
  }
  /** @internal Kept for all receives, so that a timeout costs no allocation. */
  get readDeadline(): Deadline {
    return (this.readDeadline_ ??= new Deadline(false));
  }
  /** @internal */
  get writeDeadline(): Deadline {
    return (this.writeDeadline_ ??= new Deadline(false));
  }

  /** @internal A reader cannot go on without more. */
  wantMore(): void {
    if (!this.paused || this.wire === null) return;
    this.paused = false;
    this.wire.read();
  }

  /** @internal Something was taken from the input. */
  taken(): void {
    if (this.paused && this.input.size < LOW_WATER) this.wantMore();
  }

  /** @internal The first reader may be able to finish. */
  wakeReader(): void {
    const first = this.readers?.first as Read<unknown> | null | undefined;
    if (first?.ready()) first.wake();
  }

  /** @internal The first sender may be able to go on. */
  wakeSender(): void {
    const first = this.senders?.first as Send | null | undefined;
    if (first && (this.sendError !== null || this.output.queued <= SEND_AGAIN)) first.turn();
  }

  private wakeSenders(): void {
    if (this.senders !== null) for (const send of this.senders) (send as Send).closing();
  }

  // ---- the connection -------------------------------------------------------------------------------------------

  /** @internal There is a connection now. */
  connected(wire: Wire): void {
    this.wire = wire;
    this.born = reactor.clock.now();
    wire.attach(this);
    this.output.flush();
  }

  /** There will be a handle: from now on it is closed when its fiber ends. */
  protected begin(): void {
    this.inputEnded = false;
    this.ownedBy(this.owner === null || this.owner.state === "ended" ? reactor.current : this.owner);
  }

  /** There is no handle any more, but there may be one again. */
  protected idle(): void {
    this.inputEnded = true;
    this.owner?.disown(this);
  }

  /** @internal Close it when `fiber` ends. */
  ownedBy(fiber: Fiber | null): void {
    if (fiber !== this.owner) this.owner?.disown(this);
    this.owner = fiber;
    fiber?.own(this);
  }

  /** @internal */
  release(): void {
    this.close();
  }

  /** @internal */
  arrived(chunk: Buffer): boolean {
    this.received += chunk.length;
    if (this.inputEnded) return true;
    this.input.push(chunk);
    const first = this.readers?.first as Read<unknown> | null | undefined;
    if (first) {
      first.arrived();
      reactor.run();
    }
    if (this.input.size < HIGH_WATER || this.readers?.first?.parked) return true;
    this.paused = true;
    return false;
  }

  /** @internal */
  ended(): void {
    this.inputEnded = true;
    if (this.closed) this.destroyWhenDone();
    this.wakeReader();
    reactor.run();
  }

  /** @internal */
  wrote(error: Error | null): void {
    // Node answers a write that was under way when the connection broke, too.
    if (this.wire === null || this.shutWrite) return;
    if (error === null) return this.output.wrote();
    // Reading goes on: the peer's last words may still be on their way.
    this.lastError = error;
    this.shutSend = this.shutWrite = true;
    this.output.discard();
    this.wakeSenders();
    if (this.closed) this.destroyWhenDone();
    reactor.run();
  }

  /** @internal */
  drained(): void {
    if (this.finished) return;
    this.wakeSender();
    if (this.output.queued === 0) {
      if (this.closed) this.destroyWhenDone();
      else if (this.shutSend) this.finishWhenDrained();
    } else if (this.closed) this.lingerFor(this.linger);
    reactor.run();
  }

  /** @internal */
  broke(error: Error): void {
    this.lastError = error;
    this.inputEnded = true;
    this.wire = null;
    this.output.discard();
    this.wakeReader();
    this.wakeSenders();
    this.gone();
    reactor.run();
  }

  private finishWhenDrained(): void {
    if (this.output.queued > 0 || this.finished || this.wire === null) return;
    this.finished = true;
    this.wire.finish();
  }

  private closeWire(wire: Wire): void {
    this.output.flush();
    // Closing with unread bytes in the kernel resets the connection, and with it what was sent.
    const unread = this.paused && this.sent > 0;
    if (this.output.queued === 0 && !unread) return this.destroyWhenDone();
    if (this.output.queued > 0) this.lingerFor(this.linger);
    else {
      this.lingerFor(Math.min(this.linger, DRAIN));
      this.finishWhenDrained();
    }
    if (this.paused) wire.read();
    this.paused = false;
  }

  private destroyWhenDone(): void {
    if (this.wire === null) return;
    this.wire.destroy();
    this.wire = null;
    this.gone();
  }

  private lingerFor(seconds: number): void {
    const deadline = (this.lingerDeadline ??= new Deadline(true));
    reactor.timers.arm(deadline, reactor.clock.now() + seconds, { expire: () => this.destroyWhenDone() });
  }

  /** Nothing of it is left: no handle, no timer. */
  private gone(): void {
    for (const deadline of [this.readDeadline_, this.writeDeadline_, this.lingerDeadline]) {
      // A deadline somebody waits on is disarmed when that wait ends.
      if (deadline !== null && (deadline.waiter === null || deadline === this.lingerDeadline)) {
        reactor.timers.remove(deadline);
      }
    }
    this.owner?.disown(this);
    this.owner = null;
  }
}
