/**
 * One direction of a simulated connection, from the kernel of the sender to that of the receiver: bounded at both ends, in order,
 * and cut into packets that may be late, cut, joined, or the last.
 */
import type { Air, Pair } from "./air.js";
import { sample } from "../log.js";

/** Bytes that the kernels hold, of the sender and of the receiver. */
const SEND_BUFFER = 48 * 1024;
const RECEIVE_BUFFER = 48 * 1024;
/** Bytes of a packet: as a rule, one write. */
const PACKET = 16 * 1024;
/** Bytes of room below which a sender with more than that waits. */
const CRUMB = 8 * 1024;
/** Seconds after which a packet that was to come with the next one comes alone. */
const JOIN = 0.04;

interface Packet {
  readonly number: number;
  readonly bytes: Buffer;
  readonly then: "more" | "end" | "reset";
}

/** Whoever is at an end of it. */
export interface PipeEnd {
  /** Something has arrived: bytes, the end, or a reset. */
  arrived(): void;
  /** There is room for more to send. */
  room(): void;
  /** What was sent does not get through. */
  lost(): void;
}

export class Pipe {
  /** The receiver has seen the end of it; it was reset. */
  ended = false;
  broken = false;
  sender: PipeEnd | null = null;
  receiver: PipeEnd | null = null;
  /** The other direction: a reset of this one is answered there. */
  back: Pipe | null = null;

  /** In the sender's kernel. */
  private unsent: Buffer[] = [];
  private unsentSize = 0;
  private ending: "no" | "wanted" | "sent" | "reset" = "no";
  private lastNumber = 0;
  /** Ready to leave, but the hosts are parted. */
  private held: Packet[] = [];
  /** On their way, the oldest first. */
  private readonly onTheWay: Packet[] = [];
  private inFlight = 0;
  private busyUntil = 0;
  private lastArrival = 0;
  /** The receiver was shown an end that the sender knows nothing of. */
  private deaf = false;
  /** In the receiver's kernel. */
  private waiting: Buffer[] = [];
  private waitingSize = 0;
  /** The receiver is gone: what arrives is answered by a reset. */
  private refusing = false;

  /**
   * @param name "c1>": what the client of the first connection sends
   * @param local within one kernel (Unix sockets): nobody is reset, and who sends to somebody who is gone learns it at once
   */
  constructor(
    readonly name: string,
    private readonly air: Air,
    private readonly hosts: Pair,
    readonly local: boolean,
  ) {}

  /** Nothing arrives before that. */
  notBefore(time: number): void {
    this.lastArrival = Math.max(this.lastArrival, time);
  }

  // ---- the sender -----------------------------------------------------------------------------------------------

  /** Take what fits into the sender's kernel: how many bytes. */
  offer(bytes: Buffer): number {
    const size = Math.min(bytes.length, SEND_BUFFER - this.unsentSize);
    if (size > 0) {
      this.unsent.push(bytes.subarray(0, size));
      this.unsentSize += size;
      this.transmit();
    }
    return size;
  }

  /** Nothing more will be sent. */
  end(): void {
    if (this.ending !== "no") return;
    this.ending = "wanted";
    this.transmit();
  }

  /** Reset the connection: what has not left is lost. */
  reset(): void {
    this.drop();
    if (this.ending === "reset") return;
    this.ending = "reset";
    this.dispatch(EMPTY, "reset");
  }

  private drop(): void {
    this.unsent = [];
    this.unsentSize = 0;
  }

  /** Send as much as the receiver has room for. */
  private transmit(): void {
    while (this.unsentSize > 0) {
      const window = RECEIVE_BUFFER - this.inFlight - this.waitingSize;
      // Not in crumbs (RFC 9293, 3.8.6.2: silly window).
      if (window < Math.min(this.unsentSize, CRUMB)) return;
      this.sendPacket(Math.min(PACKET, window, this.unsentSize));
    }
    if (this.ending !== "wanted") return;
    this.ending = "sent";
    this.dispatch(EMPTY, "end");
  }

  private sendPacket(most: number): void {
    const { fate } = this.air;
    const where = `${this.name}${this.lastNumber + 1}`;
    const split = most > 1 ? fate.strikes("split", where, this.hosts) : null;
    const size = split === null ? most : 1 + split.below(most - 1);
    const reset = fate.strikes("reset", where, this.hosts);
    if (reset !== null) {
      const bytes = this.cut(reset.below(size + 1));
      this.drop();
      this.ending = "reset";
      this.dispatch(bytes, "reset");
      this.back!.reset();
      return;
    }
    const bytes = this.cut(size);
    // It vanishes; the sender is none the wiser.
    if (this.deaf) return this.air.soon(() => this.sender?.room());
    this.deaf = fate.strikes("halfclose", where, this.hosts) !== null;
    this.dispatch(bytes, this.deaf ? "end" : "more");
  }

  /** The first bytes of what is to be sent. */
  private cut(size: number): Buffer {
    this.unsentSize -= size;
    const first = this.unsent.length === 1 ? this.unsent[0]! : Buffer.concat(this.unsent);
    this.unsent = first.length > size ? [first.subarray(size)] : [];
    return first.subarray(0, size);
  }

  private dispatch(bytes: Buffer, then: Packet["then"]): void {
    const packet = { number: ++this.lastNumber, bytes, then };
    this.inFlight += bytes.length;
    const parted = this.air.partedBetween(this.hosts);
    if (parted === null && this.held.length === 0) return this.leave(packet);
    this.held.push(packet);
    parted?.add(this.resume);
    if (this.held.length > 1 || this.air.giveUp === Infinity) return;
    this.air.after(this.air.giveUp, () => {
      if (this.held[0] !== packet) return;
      this.held = [];
      this.sender?.lost();
    });
  }

  /** The hosts are parted no more. */
  private readonly resume = (): void => {
    for (const packet of this.held.splice(0)) this.leave(packet);
  };

  /** Put a packet on its way. */
  private leave(packet: Packet): void {
    const { air, hosts } = this;
    const where = `${this.name}${packet.number}`;
    this.onTheWay.push(packet);
    this.busyUntil = Math.max(this.busyUntil, air.now()) + air.takes(packet.bytes.length);
    let arrival = air.opens(hosts, this.busyUntil) + air.fate.latency(where);
    if (arrival === Infinity) return air.after(air.giveUp, () => this.sender?.lost());
    if (air.fate.strikes("stall", where, hosts) !== null) arrival += air.fate.lasts("stall");
    this.lastArrival = Math.max(this.lastArrival, arrival);
    const joins = air.fate.strikes("join", where, hosts) !== null;
    air.at(this.lastArrival + (joins ? JOIN : 0), () => this.arrive(packet.number));
  }

  // ---- the receiver ---------------------------------------------------------------------------------------------

  /** The packet of this number has arrived, and with it those before it. */
  private arrive(number: number): void {
    let some = false;
    while (this.onTheWay.length > 0 && this.onTheWay[0]!.number <= number) {
      this.deliver(this.onTheWay.shift()!);
      some = true;
    }
    if (!some) return;
    this.receiver?.arrived();
    this.goOn();
  }

  private deliver({ bytes, then }: Packet): void {
    this.inFlight -= bytes.length;
    if (then === "reset") {
      this.air.log.add(this.name, "reset arrives");
      this.keep(bytes);
      this.broken = true;
    } else if (this.refusing) {
      if (bytes.length > 0) this.back!.reset();
      this.ended ||= then === "end";
    } else {
      this.keep(bytes);
      if (then !== "end" || this.ended) return;
      this.air.log.add(this.name, "end arrives");
      this.ended = true;
    }
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0 || this.refusing || this.ended || this.broken) return;
    this.air.log.add(this.name, `${sample(bytes)} arrive`);
    this.waiting.push(bytes);
    this.waitingSize += bytes.length;
  }

  /** The receiver goes: whether it leaves anything unread. */
  refuse(): boolean {
    const unread = this.waitingSize > 0;
    this.refusing = true;
    this.receiver = null;
    this.waiting = [];
    this.waitingSize = 0;
    this.goOn();
    return unread;
  }

  /** Whether the sender knows at once that nobody will receive. */
  get refused(): boolean {
    return this.local && this.refusing;
  }

  /** What has arrived, at most so many bytes; null for nothing. */
  take(most: number): Buffer | null {
    if (this.waitingSize === 0) return null;
    const all = this.waiting.length === 1 ? this.waiting[0]! : Buffer.concat(this.waiting);
    this.waiting = all.length > most ? [all.subarray(most)] : [];
    const taken = all.subarray(0, most);
    this.waitingSize -= taken.length;
    return taken;
  }

  /** The receiver has room again. */
  goOn(): void {
    this.transmit();
    this.sender?.room();
  }
}

/** Both directions of a connection between two hosts. */
export function pipes(
  name: string,
  air: Air,
  [from, to]: Pair,
  local = false,
): [there: Pipe, back: Pipe] {
  const there = new Pipe(`${name}>`, air, [from, to], local);
  const back = new Pipe(`${name}<`, air, [to, from], local);
  there.back = back;
  back.back = there;
  return [there, back];
}

const EMPTY = Buffer.alloc(0);
