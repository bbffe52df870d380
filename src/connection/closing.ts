/** The end of a connection that needs time: what was sent has still to leave, and the peer to be told that it was all. */
import { Deadline, reactor } from "../../reactor/index.js";
import type { Transport } from "../network/index.js";
import type { ReadHalf } from "./read-half.js";
import type { WriteHalf } from "./write-half.js";

/** Seconds without progress after which a closed socket gives up what the peer does not take. */
export const LINGER = 10;
/** Seconds that a closed socket goes on taking, and dropping, what the peer sends, so that it can read our last words. */
export const DRAIN = 1;

/** The connection that comes to its end. */
export interface Closable {
  readonly reading: ReadHalf;
  readonly writing: WriteHalf;
  readonly transport: Transport | null;
  /** Seconds that it may take to deliver, if set. */
  readonly linger: number | null;
  /** A write has failed. */
  readonly dead: boolean;
  /** Close the transport at once. */
  destroy(): void;
}

export class Closing {
  /** The transport was told that nothing more will be sent. */
  finishing = false;
  /** And has said that it is in the kernel, or that nobody waits for it. */
  finished = false;
  /** Closed, and everything has left but that. */
  last = false;
  /** What still comes is dropped until the peer has ended, too: to close with bytes unread would reset the connection. */
  drains = false;
  private deadline: Deadline | null = null;

  constructor(private readonly connection: Closable) {}

  /** The connection is closed. @param unread bytes are in the kernel, or on their way, that nobody will receive */
  begin(unread: boolean): void {
    const { connection } = this;
    this.drains = unread;
    if (connection.writing.queued > 0) this.lingerFor(this.linger);
    else if (unread) this.drain();
    else return this.drained();
    if (connection.reading.paused) connection.reading.resume();
  }

  private drain(): void {
    this.lingerFor(Math.min(this.linger, DRAIN));
    this.finishWhenDrained();
  }

  /** Tell the peer that nothing more will come, once what was sent has left. */
  finishWhenDrained(): void {
    const { writing, transport } = this.connection;
    if (writing.queued > 0 || this.finishing || transport === null) return;
    this.finishing = true;
    transport.finish();
  }

  /** Closed, and everything has left: say so where the transport needs it (TLS), then it is over. */
  drained(): void {
    const { connection } = this;
    if (this.drains && !connection.dead) return this.drain();
    if (connection.transport?.needsFin !== true || this.finished || connection.dead)
      return connection.destroy();
    this.last = true;
    this.drain();
  }

  /** The peer takes some of it: it has time again. */
  progress(): void {
    this.lingerFor(this.linger);
  }

  private get linger(): number {
    return this.connection.linger ?? LINGER;
  }

  private lingerFor(seconds: number): void {
    const { connection } = this;
    const deadline = (this.deadline ??= new Deadline(true));
    const unsent = connection.transport?.unsent();
    reactor.timers.arm(deadline, reactor.clock.now() + seconds, {
      // A long write says nothing before its end; that the peer takes some of it shows here.
      expire: () =>
        connection.transport?.unsent() === unsent ? connection.destroy() : this.lingerFor(seconds),
    });
  }

  /** The connection is gone. */
  gone(): void {
    if (this.deadline !== null) reactor.timers.remove(this.deadline);
  }
}
