/**
 * One connection, as every stream object is inside: what has arrived and who waits for it, what is to leave and who waits
 * for room, flow control, closing, and whom it belongs to. The methods that users call are in stream-socket.ts.
 */
import { Deadline, reactor, WaitList, type Belonging, type Fiber } from "../../reactor/index.js";
import type { SocketError } from "../errors.js";
import type { Link, Wire } from "../network/index.js";
import { NO_TIMEOUTS, type Timeouts } from "../timeouts.js";
import { Output, type OutputOwner } from "./output.js";
import { NO_INPUT, ReceiveBuffer, type Encoding } from "./receive-buffer.js";
import type { Read } from "./receive.js";
import { SEND_AGAIN, type Send } from "./send.js";

/** Unread bytes from which on the kernel is not read any more, and below which it is again. */
const HIGH_WATER = 64 * 1024;
const LOW_WATER = 16 * 1024;
/** Longest line, in bytes, unless `setoption("line-limit")` says otherwise. */
const LINE_LIMIT = 1024 * 1024;
/** Seconds without progress after which a closed socket gives up what the peer does not take. */
const LINGER = 10;
/** Seconds that a closed socket goes on taking, and dropping, what the peer sends, so that it can read our last words. */
const DRAIN = 1;

export abstract class Connection implements Link, OutputOwner, Belonging {
  /** @internal The connection; null before there is one and after it is gone. */
  wire: Wire | null = null;
  /** @internal What has arrived; {@link NO_INPUT} while that is nothing. */
  input: ReceiveBuffer = NO_INPUT;
  /** @internal What is to leave; null while that is nothing. */
  output: Output | null = null;
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
  /** @internal Seconds that close may take to deliver, if set; 0 resets. */
  linger: number | null = null;
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
  protected born = 0;
  /** The fiber that it is closed with. */
  private owner: Fiber | null;
  private readDeadline_: Deadline | null = null;
  private writeDeadline_: Deadline | null = null;
  private lingerDeadline: Deadline | null = null;

  constructor(maker: Fiber | null) {
    this.owner = maker;
  }

  abstract toString(): string;

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
    if (this.readers === null || this.readers.empty) this.input = NO_INPUT;
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
    if (this.input.size === 0) this.input = NO_INPUT;
    if (!this.paused || this.wire === null) return;
    this.paused = false;
    this.wire.read();
  }

  /** @internal Bytes taken and not in the kernel yet. */
  get queued(): number {
    return this.output?.queued ?? 0;
  }

  /** @internal For something to send. */
  get outlet(): Output {
    return (this.output ??= new Output(this));
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
    if (first && (this.sendError !== null || this.queued <= SEND_AGAIN)) first.turn();
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
    this.output?.flush();
  }

  /** There will be a handle: from now on it is closed when its fiber ends. */
  protected begin(): void {
    this.inputEnded = false;
    this.ownedBy(
      this.owner === null || this.owner.state === "ended" ? reactor.current : this.owner,
    );
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
    if (this.input === NO_INPUT) this.input = new ReceiveBuffer();
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
    if (error === null) return this.output?.wrote();
    // Reading goes on: the peer's last words may still be on their way.
    this.lastError = error;
    this.shutSend = this.shutWrite = true;
    this.output?.discard();
    this.wakeSenders();
    if (this.closed) this.destroyWhenDone();
    reactor.run();
  }

  /** @internal */
  drained(): void {
    if (this.finished) return;
    this.wakeSender();
    if (this.queued === 0) {
      this.output = null;
      if (this.closed) this.destroyWhenDone();
      else if (this.shutSend) this.finishWhenDrained();
    } else if (this.closed) this.lingerFor(this.linger ?? LINGER);
    reactor.run();
  }

  /** @internal */
  broke(error: Error): void {
    this.lastError = error;
    this.inputEnded = true;
    this.wire = null;
    this.output?.discard();
    this.wakeReader();
    this.wakeSenders();
    this.gone();
    reactor.run();
  }

  private finishWhenDrained(): void {
    if (this.queued > 0 || this.finished || this.wire === null) return;
    this.finished = true;
    this.wire.finish();
  }

  private closeWire(wire: Wire): void {
    this.output?.flush();
    // Closing with unread bytes in the kernel resets the connection, and with it what was sent.
    const unread = this.paused && this.sent > 0;
    if (this.queued === 0 && !unread) return this.destroyWhenDone();
    if (this.queued > 0) this.lingerFor(this.linger ?? LINGER);
    else {
      this.lingerFor(Math.min(this.linger ?? LINGER, DRAIN));
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
    reactor.timers.arm(deadline, reactor.clock.now() + seconds, {
      expire: () => this.destroyWhenDone(),
    });
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
