import { Fifo, open, type Timeouts } from "../object/index.js";
import { Side } from "./side.js";

/** A datagram that has arrived, and where it came from. */
export interface Datagram {
  readonly data: Buffer;
  readonly address: string;
  readonly port: number;
}

/** What a datagram counts beside its bytes: so that a flood of empty ones is bounded, too. */
const OVERHEAD = 256;
/** The part of its limit that it may hold when a turn is put off: libuv reads 32 datagrams in one poll. */
const ROOMY = 32;

/** Datagrams that nobody has received yet, a bounded queue. When it is full, what comes is dropped and counted. */
export class Inbox extends Side {
  /** Bytes that it may hold. */
  limit = 1024 * 1024;
  /** Bytes of all datagrams that were taken in. */
  received = 0;
  dropped = 0;
  private size = 0;
  private readonly queue = new Fifo<Datagram>();

  constructor(private readonly socket: { readonly timeouts: Timeouts }) {
    super();
  }
  get kind(): "read" {
    return "read";
  }
  get of(): object {
    return this.socket;
  }
  get timeouts(): Timeouts {
    return this.socket.timeouts;
  }
  get timeout(): number {
    return this.timeouts.receive;
  }

  get empty(): boolean {
    return this.queue.length === 0;
  }

  /** Bytes that it holds. */
  get unread(): number {
    return this.size - this.queue.length * OVERHEAD;
  }

  /** Whether it has room for all that one poll of the kernel may bring: whoever receives need not empty it at once. */
  get roomy(): boolean {
    return this.size * ROOMY < this.limit;
  }

  /** False: there was no room. One is always taken, however long it is. */
  push(data: Buffer, address: string, port: number): boolean {
    const size = data.length + OVERHEAD;
    if (!this.empty && this.size + size > this.limit) {
      this.dropped++;
      open.sockets.totals.dropped++;
      return false;
    }
    this.received += data.length;
    this.size += size;
    this.queue.push({ data, address, port });
    return true;
  }

  /** The oldest one. Only when it is not empty. */
  shift(): Datagram {
    const datagram = this.queue.shift();
    this.size -= datagram.data.length + OVERHEAD;
    return datagram;
  }

  /** Forget those that are not from there. */
  keep(address: string, port: number): void {
    for (let left = this.queue.length; left > 0; left--) {
      const datagram = this.shift();
      if (datagram.address !== address || datagram.port !== port) continue;
      this.size += datagram.data.length + OVERHEAD;
      this.queue.push(datagram);
    }
  }
}
