/**
 * One connection, as every stream object is inside: what happens on its wire, flow control, closing, and whom it
 * belongs to. What waits look at is in flow.ts, the methods that users call in stream-socket.ts.
 */
import { Deadline, reactor, type Belonging, type Fiber, unknownName } from "../../reactor/index.js";
import type { Link, Wire } from "../network/index.js";
import { changed } from "../watch.js";
import { Flow } from "./flow.js";
import { NO_INPUT, ReceiveBuffer } from "./receive-buffer.js";
import type { Read } from "./receive.js";

/** Unread bytes from which on the kernel is not read any more. */
const HIGH_WATER = 64 * 1024;
/** Seconds without progress after which a closed socket gives up what the peer does not take. */
const LINGER = 10;
/** Seconds that a closed socket goes on taking, and dropping, what the peer sends, so that it can read our last words. */
const DRAIN = 1;

export abstract class Connection extends Flow implements Link, Belonging {
  /** A write has failed. */
  private shutWrite = false;
  /** The wire was told that nothing more will be sent. */
  private finishing = false;
  /** Closed, with nothing left but to say so. */
  private parting = false;
  protected born = 0;
  /** The fiber that it is closed with. */
  private owner_: Fiber | null;
  private lingerDeadline: Deadline | null = null;

  constructor(maker: Fiber | null) {
    super();
    this.owner_ = maker;
  }

  /**
   * Shut down one direction, or both. Always 1. (LuaSocket)
   *
   * "send": what was sent still leaves, then the peer sees the end; "receive": what has arrived can be received,
   * what comes later is dropped.
   */
  shutdown(how: "send" | "receive" | "both" = "both"): 1 {
    if (how !== "send" && how !== "receive" && how !== "both") {
      throw new TypeError(
        `shutdown: there is no mode ${unknownName(how, ["send", "receive", "both"])}`,
      );
    }
    if (!this.closed) this.mustBeClient("shutdown");
    if (how !== "receive" && this.wire !== null && !this.shutSend) {
      // While it can still be sent: what halted senders have left behind.
      this.wakeSenders();
      this.shutSend = true;
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
    // As in shutdown.
    this.wakeSenders();
    this.closed = true;
    this.inputEnded = true;
    if (this.readers === null || this.readers.empty) this.dropInput();
    this.wakeReader();
    if (this.wire === null) this.gone();
    else if (this.linger === 0) {
      this.wire.reset();
      this.gone();
    } else this.closeWire(this.wire);
    changed(this);
    return 1;
  }

  // ---- the connection -------------------------------------------------------------------------------------------

  /** @internal There is a connection now. */
  connected(wire: Wire): void {
    this.wire = wire;
    this.born = reactor.clock.now();
    if (!wire.writable) this.shutSend = this.shutWrite = true;
    wire.attach(this);
    this.output?.flush();
    changed(this);
  }

  /** Give the connection away: the object has none any more. */
  protected detach(): Wire {
    const wire = this.wire!;
    this.wire = null;
    return wire;
  }

  /** Throws TypeError unless this object can `what`. */
  protected abstract mustBeClient(what: string): void;

  /** Whether the system has said, when something was sent, that there is no connection any more. */
  protected get dead(): boolean {
    return this.shutWrite;
  }

  /** Whether nobody is in the middle of anything, and nothing has gone wrong. */
  protected get calm(): boolean {
    const busy = this.readers?.empty === false || this.senders?.empty === false;
    return !busy && !this.dubious && !this.shutSend && this.queued === 0 && this.wire !== null;
  }

  /** Be closed, but leave the connection alive. */
  protected retire(): Wire {
    const wire = this.detach();
    this.closed = this.inputEnded = true;
    this.gone();
    changed(this);
    return wire;
  }

  /** There will be a handle: from now on it is closed when its fiber ends. */
  protected begin(): void {
    // Nothing of an earlier connection, which broke, must be taken for this one's.
    this.dropInput();
    this.inputEnded = this.paused = this.dubious = false;
    this.shutSend = this.shutWrite = this.finishing = false;
    if (this.shutWord !== "closed") this.shutWord = "closed";
    this.inputError = undefined;
    this.ownedBy(this.owner_?.over ? reactor.current : this.owner_);
  }

  /** There is no handle any more, but there may be one again. */
  protected idle(): void {
    this.inputEnded = true;
    // What was to be sent was meant for this peer.
    this.output?.discard();
    this.output = null;
    this.wakeReader();
    this.wakeSenders();
    this.owner_?.disown(this);
  }

  /** @internal Whose end closes it. */
  get owner(): Fiber | null {
    return this.owner_;
  }

  /** @internal */
  inherit(heir: Fiber | null): void {
    if (!this.closed) this.ownedBy(heir);
  }

  /** @internal Close it when `fiber` ends. */
  ownedBy(fiber: Fiber | null): void {
    if (fiber !== this.owner_) this.owner_?.disown(this);
    this.owner_ = fiber;
    fiber?.own(this);
  }

  /** @internal */
  arrived(chunk: Buffer): boolean {
    this.received += chunk.length;
    if (this.inputEnded) return true;
    if (this.input === NO_INPUT) this.input = new ReceiveBuffer(this.position_);
    this.input.push(chunk);
    changed(this);
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
  ended(error?: Error): void {
    if (error !== undefined) this.cut(error);
    this.inputEnded = true;
    // The peer may still be reading what is on its way to it.
    if (this.closed && this.queued === 0 && !this.parting) this.destroyWhenDone();
    this.wakeReader();
    changed(this);
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
    changed(this);
    reactor.run();
  }

  /** @internal */
  drained(): void {
    if (this.finishing) return;
    this.wakeSender();
    if (this.queued === 0) {
      this.output = null;
      if (this.closed) this.part();
      else if (this.shutSend) this.finishWhenDrained();
    } else if (this.closed) this.lingerFor(this.linger ?? LINGER);
    changed(this);
    reactor.run();
  }

  /** @internal */
  finished(): void {
    if (this.parting) this.destroyWhenDone();
    reactor.run();
  }

  /** @internal */
  broke(error: Error): void {
    this.lose(error);
    reactor.run();
  }

  /** @internal Nobody can be told that messages are missing but by breaking the connection. */
  overflow(): void {
    const { wire } = this;
    this.shutSend = true;
    this.shutWord = "no buffer space available";
    this.lose(
      Object.assign(
        new Error("halted sends left more than 16 MiB behind, and the peer takes none of it"),
        {
          code: "ENOBUFS",
        },
      ),
    );
    wire?.reset();
  }

  private lose(error: Error): void {
    this.cut(error);
    this.inputEnded = true;
    this.wire = null;
    this.output?.discard();
    this.wakeReader();
    this.wakeSenders();
    this.gone();
    changed(this);
  }

  /** Unless the stream has ended already: then nothing of it is missing. */
  private cut(error: Error): void {
    this.lastError = error;
    if (!this.inputEnded) this.inputError = error;
  }

  private finishWhenDrained(): void {
    if (this.queued > 0 || this.finishing || this.wire === null) return;
    this.finishing = true;
    this.wire.finish();
  }

  private closeWire(wire: Wire): void {
    this.output?.flush();
    // Closing with unread bytes in the kernel resets the connection, and with it what was sent.
    const unread = this.paused && this.sent > 0;
    if (this.queued > 0) this.lingerFor(this.linger ?? LINGER);
    else if (unread) {
      this.lingerFor(Math.min(this.linger ?? LINGER, DRAIN));
      this.finishWhenDrained();
    } else return this.part();
    if (this.paused) wire.read();
    this.paused = false;
  }

  /** Everything has been sent: say good-bye where that is the custom, and close. */
  private part(): void {
    if (this.wire?.farewell !== true || this.finishing || this.shutWrite)
      return this.destroyWhenDone();
    this.parting = true;
    this.lingerFor(Math.min(this.linger ?? LINGER, DRAIN));
    this.finishWhenDrained();
  }

  private destroyWhenDone(): void {
    if (this.wire === null) return;
    this.wire.destroy();
    this.wire = null;
    this.gone();
  }

  private lingerFor(seconds: number): void {
    const deadline = (this.lingerDeadline ??= new Deadline(true));
    const unsent = this.wire?.unsent();
    reactor.timers.arm(deadline, reactor.clock.now() + seconds, {
      // A long write says nothing before its end; that the peer takes some of it shows here.
      expire: () =>
        this.wire?.unsent() === unsent ? this.destroyWhenDone() : this.lingerFor(seconds),
    });
  }

  /** Nothing of it is left: no handle, no timer. */
  protected gone(): void {
    for (const deadline of this.idleDeadlines()) reactor.timers.remove(deadline);
    if (this.lingerDeadline !== null) reactor.timers.remove(this.lingerDeadline);
    this.owner_?.disown(this);
    this.owner_ = null;
  }
}
