/**
 * Which sockets are open: a ring of all that have a connection, listen, or are a datagram socket, so that joining and leaving cost a few
 * stores and no memory but two places in each. And what all that there ever were have done, in numbers.
 */

import { gauges } from "../trace/index.js";
import { socketChannels, tellSocket } from "./told.js";

/** In the ring, or not: then both are null. */
export interface Linked {
  before: Linked | null;
  after: Linked | null;
  readonly reading?: { readonly received: number };
  readonly writing?: { readonly sent: number };
}

/** Sums over all sockets that there ever were. */
export interface Totals {
  /** Bytes of those that are closed, less what was counted of those that are open before they were. */
  received: number;
  sent: number;
  opened: number;
  closed: number;
  /** Connections that came in and were accepted; that were closed because too many waited. */
  accepted: number;
  refused: number;
  /** Connections that were made, and that could not be. */
  connected: number;
  unconnected: number;
  /** TLS handshakes, and those that failed. */
  handshakes: number;
  handshakeErrors: number;
  /** Handlers of `serve` that have failed. */
  handlerErrors: number;
  /** Datagrams for which there was no room. */
  dropped: number;
}

/** The sockets of one world: the real one, or a simulated one. */
export class Open {
  private readonly head: Linked = { before: null, after: null };
  readonly totals: Totals = {
    received: 0,
    sent: 0,
    opened: 0,
    closed: 0,
    accepted: 0,
    refused: 0,
    connected: 0,
    unconnected: 0,
    handshakes: 0,
    handshakeErrors: 0,
    handlerErrors: 0,
    dropped: 0,
  };

  constructor() {
    this.head.before = this.head.after = this.head;
  }

  /** It is open from now on. What it has counted as another socket is counted already. */
  add(one: Linked): void {
    if (one.after !== null) return;
    const { head, totals } = this;
    const last = head.before!;
    one.before = last;
    one.after = head;
    last.after = head.before = one;
    totals.opened++;
    this.count(one, -1);
    if (socketChannels.open.hasSubscribers) tellSocket("open", one);
  }

  delete(one: Linked): void {
    if (one.after === null) return;
    one.before!.after = one.after;
    one.after.before = one.before;
    one.before = one.after = null;
    this.totals.closed++;
    this.count(one, 1);
    if (socketChannels.close.hasSubscribers) tellSocket("close", one);
  }

  /** What it has received and sent counts as that of one that is closed (1), or does not (-1). */
  count({ reading, writing }: Linked, sign: number): void {
    const { totals } = this;
    totals.received += sign * reading!.received;
    totals.sent += sign * writing!.sent;
  }

  /** A connection was made, or could not be. */
  tried(made: boolean): void {
    if (made) this.totals.connected++;
    else this.totals.unconnected++;
  }

  /** The oldest first. */
  *[Symbol.iterator](): Generator<Linked> {
    const { head } = this;
    for (let one = head.after!; one !== head;) {
      const next = one.after!;
      yield one;
      one = next;
    }
  }

  /** Of those that are open and those that were. */
  bytes(): { received: number; sent: number } {
    let { received, sent } = this.totals;
    for (let one = this.head.after!; one !== this.head; one = one.after!) {
      received += one.reading!.received;
      sent += one.writing!.sent;
    }
    return { received, sent };
  }
}

/** Those of the world in which the caller is. */
export const open: { sockets: Open } = { sockets: new Open() };

gauges.push(() => {
  const { received, sent } = open.sockets.bytes();
  return { "bytes received": received, "bytes sent": sent };
});
