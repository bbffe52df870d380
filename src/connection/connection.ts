/** One stream inside: its two halves, whom it belongs to, and its life. A transport below tells it what happens. No methods for users. */
import { reactor, type Fiber } from "../../reactor/index.js";
import { byDefault, changed, Engine, type Selectable } from "../object/index.js";
import type { Protocol, Transport } from "../network/index.js";
import { endpointName } from "../address/index.js";
import { type Closable, Closing } from "./closing.js";
import type { Whole } from "./half.js";
import type { Holder } from "./holder.js";
import { type OutputOwner, SEND_AGAIN } from "./output.js";
import { ReadHalf } from "./read-half.js";
import { WriteHalf } from "./write-half.js";

export class Connection
  extends Engine
  implements Whole, Closable, Protocol, OutputOwner, Selectable
{
  /** Null before there is one and after it is gone. */
  transport: Transport | null = null;
  readonly reading: ReadHalf = new ReadHalf(this);
  readonly writing = new WriteHalf(this);
  /** Seconds that close may take to deliver, if set; 0 resets. */
  declare linger: number | null;
  /** When it began, in the clock's seconds; 0 before. */
  born = 0;
  /** The other side began it. */
  declare incoming: boolean;
  /** A write has failed: the system has said that there is no connection any more. */
  declare dead: boolean;
  /** The method by which it became a stream of Node's; null if it did not. */
  declare givenAway: string | null;
  /** While it is being encrypted. */
  declare handshake: { abort(): void } | null;
  /** Whether a timeout keeps the process alive: where the transport does so by itself it need not. */
  declare deadlinesHold: boolean;
  /** An operation has failed, so that nobody knows what is still to come. The pool refuses it. */
  declare private dubious: boolean;
  declare private ending: Closing | null;

  constructor(
    readonly holder: Holder,
    maker: Fiber | null,
  ) {
    super(maker);
  }
  override toString(): string {
    if (this.givenAway !== null) return `${String(this.holder)} (given away)`;
    return String(this.holder) + (this.closed ? " (closed)" : "");
  }
  /** Whether there will be a connection, or it will be another one. */
  get pending(): boolean {
    return this.handshake !== null || this.holder.pending;
  }

  get peerAddress(): string | undefined {
    const peer = this.transport?.peer();
    return this.holder.where ?? (peer && endpointName(peer));
  }

  /** An operation has failed: the pool must not take the connection. */
  markDubious<T>(result: T): T {
    this.dubious = true;
    this.tellError();
    return result;
  }

  /** Whether nobody is in the middle of anything, and nothing has gone wrong. */
  get calm(): boolean {
    const { reading, writing } = this;
    const busy = reading.readers?.empty === false || writing.senders?.empty === false;
    return !busy && !this.dubious && !writing.shut && !writing.queued && !!this.transport;
  }

  // ---- its life ---------------------------------------------------------------------------------------------------

  /** There will be a handle: from now on it is closed when its fiber ends. */
  begin(): void {
    this.reading.begin();
    this.writing.begin();
    if (this.dubious || this.dead) this.dubious = this.dead = false;
    if (this.ending !== null) this.ending = null;
    this.ownedBy(this.owner?.over ? reactor.current : this.owner);
  }

  /** There is a connection now, or an encrypted one over it. */
  connected(transport: Transport, reused = false): void {
    this.transport = transport;
    this.born = reactor.clock.now();
    this.opened();
    if (!transport.writable) this.writing.shut = this.dead = true;
    transport.attach(this);
    this.writing.output?.flush();
    // It was shut down while there was no transport.
    if (this.writing.shut && !this.dead) this.closing.finishWhenDrained();
    changed(this);
    this.holder.connected(transport, reused);
  }

  /** Give the transport away: there is none any more. */
  detach(): Transport {
    const transport = this.transport!;
    this.transport = null;
    return transport;
  }

  /** There is no handle any more, but there may be one again. */
  idle(): void {
    this.reading.end();
    // What was to be sent was meant for this peer.
    this.writing.breakOff();
    this.writing.output = null;
    this.gaveUp();
  }

  /** Be closed, but leave the transport alive. @param counted whether it still counts as open, until its holder is told */
  retire(counted = false): Transport {
    const transport = this.detach();
    this.closed = this.reading.ended = true;
    this.leave();
    if (!counted) this.holder.gone();
    changed(this);
    return transport;
  }

  shutdown(how: "send" | "receive" | "both"): void {
    const { reading, writing } = this;
    if (this.transport === null && !this.pending) return;
    if (how !== "receive" && !writing.shut) {
      // While it can still be sent: what halted senders have left behind.
      writing.wakeAll();
      writing.shut = true;
      this.closing.finishWhenDrained();
    }
    if (how !== "send") {
      reading.shut = true;
      reading.end();
      reading.wantMore();
    }
  }

  /** @param unread something of the peer's may be on its way */
  close(unread = false): void {
    if (this.closed) return;
    const { reading, writing } = this;
    this.handshake?.abort();
    // As in shutdown.
    writing.wakeAll();
    this.closed = reading.ended = true;
    if (reading.readers === null || reading.readers.empty) reading.drop();
    reading.wake();
    if (this.transport === null) this.gone();
    else if (this.linger === 0) {
      this.transport.reset();
      this.gone();
    } else this.closeGracefully(this.transport, unread);
    changed(this);
    this.holder.onclose();
  }

  /** Nobody wants it: close it by a reset. */
  abandon(): void {
    this.linger = 0;
    this.close();
  }

  private closeGracefully(transport: Transport, expected: boolean): void {
    const { reading, writing } = this;
    // Closing with unread bytes in the kernel resets the connection, and with it what was sent.
    const unread = (expected || reading.paused) && writing.sent > 0;
    // The last of it may leave at once.
    if (unread) this.closing.drains = true;
    writing.output?.flush();
    const over = writing.queued === 0 && !unread && (!transport.needsFin || this.dead);
    if (over) this.destroy();
    else this.closing.begin(unread);
  }

  private get closing(): Closing {
    return (this.ending ??= new Closing(this));
  }

  /** Close the transport at once: everything has left, or nobody takes it. */
  destroy(): void {
    if (this.transport === null) return;
    this.detach().destroy();
    this.gone();
  }

  /** Nothing of it is left: no handle, no timer. */
  private gone(): void {
    this.leave();
    this.holder.gone();
  }

  private leave(): void {
    for (const deadline of [this.reading.idleDeadline, this.writing.idleDeadline])
      if (deadline !== null) reactor.timers.remove(deadline);
    this.ending?.gone();
    this.gaveUp();
    this.owner = null;
  }

  // ---- what its transport tells -----------------------------------------------------------------------------------
  arrived(chunk: Buffer): boolean {
    return this.reading.arrived(chunk);
  }
  lent(memory: Buffer, length: number, given: boolean): boolean {
    return this.reading.lent(memory, length, given);
  }

  ended(error?: Error): void {
    if (error !== undefined) this.lastError = this.reading.breakOff(error);
    this.reading.ended = true;
    // The peer may still be reading what is on its way to it.
    if (this.closed && this.writing.queued === 0 && this.ending?.last !== true) this.destroy();
    else if (this.ending !== null) this.ending.drains = false;
    this.reading.wake();
    changed(this);
    reactor.run();
  }

  wrote(error: Error | null): void {
    // Node answers a write that was under way when the connection broke, too.
    if (this.transport === null || this.dead) return;
    if (error === null) return this.writing.output?.wrote();
    // Reading goes on: the peer's last words may still be on their way.
    this.lastError = error;
    this.writing.shut = this.dead = true;
    this.writing.breakOff();
    if (this.closed) this.destroy();
    changed(this);
    reactor.run();
  }

  finished(): void {
    if (this.ending !== null) this.ending.finished = true;
    if (this.ending?.last === true) this.destroy();
    reactor.run();
  }

  broke(error: Error): void {
    this.lose(error);
    reactor.run();
  }

  /** There is room again. */
  drained(): void {
    const { writing } = this;
    if (this.ending?.finishing === true) return;
    writing.wake();
    if (writing.queued === 0) {
      writing.output = null;
      if (this.closed) this.closing.drained();
      else if (writing.shut) this.closing.finishWhenDrained();
    } else if (this.closed) this.closing.progress();
    changed(this);
    reactor.run();
  }

  /** Nobody can be told that messages are missing but by breaking the connection. */
  overflow(): void {
    const why = "halted sends left more than 16 MiB behind, and the peer takes none of it";
    const { transport } = this;
    this.lose(Object.assign(new Error(why), { code: "ENOBUFS" }));
    transport?.reset();
  }

  private lose(error: Error): void {
    this.lastError = this.reading.breakOff(error);
    this.transport = null;
    this.reading.end();
    this.writing.breakOff();
    this.gone();
    changed(this);
  }

  // ---- select -----------------------------------------------------------------------------------------------------

  get selectable(): boolean {
    const { instead, role } = this.holder;
    if (this.closed || instead !== null) return !this.closed;
    // What has failed of a master is no connection.
    const some = this.transport !== null || this.handshake !== null || this.lastError !== undefined;
    return role === "client" && some;
  }
  get readable(): boolean {
    const { handshake, holder, reading } = this;
    const ready = reading.unread > 0 || (reading.ended && handshake === null);
    return holder.instead?.readable ?? ready;
  }
  get writable(): boolean {
    const { handshake, holder, writing } = this;
    const ready = handshake === null && (writing.error !== null || writing.queued <= SEND_AGAIN);
    return holder.instead?.writable ?? ready;
  }
}

// What is private is no key of the type.
const none = { linger: null, givenAway: null, handshake: null, ending: null };
const no = { incoming: false, dead: false, dubious: false, deadlinesHold: false };
byDefault<object>(Connection.prototype, { ...none, ...no });
