/**
 * One direction of a simulated connection, from the kernel of the sender to that of the receiver: bounded at both ends, in order,
 * and cut into packets that may be late, cut, joined, or the last.
 */
import { sample } from "../log.js";
import type { Air, Pair } from "./air.js";
import { Lane, type Packet } from "./lane.js";
import { Window } from "./window.js";

/** Bytes that the kernels hold, of the sender and of the receiver. */
const SEND_BUFFER = 48 * 1024;
const RECEIVE_BUFFER = 48 * 1024;
/** Bytes of a packet: as a rule, one write. */
const PACKET = 16 * 1024;
/** Bytes of room below which a sender with more than that waits. */
const CRUMB = 8 * 1024;
/** Places at which one packet is cut, at most. */
const CUTS = 3;

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
  /** Bytes that have been sent: faults are named by it, so that none is moved by another one. */
  private position = 0;
  private readonly window = new Window(RECEIVE_BUFFER);
  /** When the sender looks at the window again. */
  private wakeAt: number | null = null;
  private readonly lane: Lane;
  /** The receiver was shown an end that the sender knows nothing of. */
  private deaf = false;
  /** In the receiver's kernel. */
  private waiting: Buffer[] = [];
  private waitingSize = 0;
  /** The receiver is gone: what arrives is answered by a reset. */
  private refusing = false;

  /**
   * @param name "client>server:80#1": what the client of a connection sends
   * @param local within one kernel (Unix sockets): nobody is reset, and who sends to somebody who is gone learns it at once
   */
  constructor(
    readonly name: string,
    private readonly air: Air,
    private readonly hosts: Pair,
    readonly local: boolean,
  ) {
    const arrived = (packets: Packet[]): void => this.arrive(packets);
    this.lane = new Lane(name, air, hosts, arrived, () => this.sender?.lost());
  }

  /** Nothing arrives before that. */
  notBefore(time: number): void {
    this.lane.notBefore(time);
  }

  // ---- the sender -----------------------------------------------------------------------------------------------

  /** Take what fits into the sender's kernel: how many bytes. */
  offer(bytes: Buffer): number {
    let taken = 0;
    for (;;) {
      const size = Math.min(bytes.length - taken, SEND_BUFFER - this.unsentSize);
      if (size <= 0) return taken;
      this.unsent.push(bytes.subarray(taken, taken + size));
      this.unsentSize += size;
      taken += size;
      this.transmit();
    }
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
    this.lane.send(last("reset"));
  }

  private drop(): void {
    this.unsent = [];
    this.unsentSize = 0;
  }

  /** Send as much as the receiver has room for. */
  private transmit(): void {
    while (this.unsentSize > 0) {
      const window = this.window.left(this.air.now());
      // Not in crumbs (RFC 9293, 3.8.6.2: silly window).
      if (window < Math.min(this.unsentSize, CRUMB)) return this.wakeLater();
      this.sendPacket(Math.min(this.nextSize(), window));
    }
    if (this.ending !== "wanted") return;
    this.ending = "sent";
    const stall = this.stalls("end");
    this.lane.send({ ...last("end"), stall });
  }

  /** What is longer than a packet is cut at the same places of the stream, whenever it leaves. */
  private nextSize(): number {
    return this.unsentSize <= PACKET ? this.unsentSize : PACKET - (this.position % PACKET);
  }

  private wakeLater(): void {
    const { next } = this.window;
    if (next === undefined || next === this.wakeAt) return;
    this.wakeAt = next;
    this.air.at(next, () => {
      this.wakeAt = null;
      this.goOn();
    });
  }

  private sendPacket(size: number): void {
    const { fate } = this.air;
    const at = this.position;
    const where = `${this.name}@${at}`;
    const reset = fate.strikes("reset", where, this.hosts);
    if (reset !== null) {
      const bytes = this.cut(reset.below(size + 1));
      this.drop();
      this.ending = "reset";
      this.window.take(bytes.length);
      this.lane.send({ ...last("reset"), bytes, at });
      this.back!.reset();
      return;
    }
    // It vanishes; the sender is none the wiser.
    if (this.deaf) {
      this.cut(size);
      return this.air.soon(() => this.sender?.room());
    }
    this.deaf = fate.strikes("halfclose", where, this.hosts) !== null;
    const stall = this.stalls(at);
    const joins = fate.strikes("join", where, this.hosts) !== null;
    const pieces = this.pieces(where, size);
    for (const [i, piece] of pieces.entries()) {
      const final = i === pieces.length - 1;
      const packet = { at: this.position, stall: i === 0 ? stall : 0, joins: joins && final };
      const bytes = this.cut(piece);
      // Behind the first piece is the end.
      if (this.deaf && i > 0) continue;
      this.window.take(piece);
      this.lane.send({ ...packet, bytes, then: this.deaf ? "end" : "more" });
    }
  }

  private stalls(at: Packet["at"]): number {
    const { fate } = this.air;
    const hit = fate.strikes("stall", `${this.name}@${at}`, this.hosts);
    return hit === null ? 0 : fate.stall;
  }

  /** The sizes of the pieces in which a packet of `size` bytes leaves. */
  private pieces(where: string, size: number): number[] {
    const split = size > 1 ? this.air.fate.strikes("split", where, this.hosts) : null;
    if (split === null) return [size];
    const cuts = new Set<number>();
    for (let i = split.below(CUTS); i >= 0; i--) cuts.add(1 + split.below(size - 1));
    const borders = [0, ...[...cuts].sort((a, b) => a - b), size];
    return borders.slice(1).map((border, i) => border - borders[i]!);
  }

  /** The first bytes of what is to be sent. */
  private cut(size: number): Buffer {
    this.unsentSize -= size;
    this.position += size;
    const first = this.unsent.length === 1 ? this.unsent[0]! : Buffer.concat(this.unsent);
    this.unsent = first.length > size ? [first.subarray(size)] : [];
    return first.subarray(0, size);
  }

  // ---- the receiver ---------------------------------------------------------------------------------------------

  private arrive(packets: Packet[]): void {
    for (const packet of packets) this.deliver(packet);
    this.receiver?.arrived();
    this.goOn();
  }

  private deliver({ bytes, then }: Packet): void {
    if (then === "reset") {
      this.air.log.add(this.name, "reset arrives");
      this.keep(bytes);
      this.broken = true;
    } else if (this.refusing) {
      this.free(bytes.length);
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
    if (bytes.length === 0) return;
    if (this.refusing || this.ended || this.broken) return this.free(bytes.length);
    this.air.log.add(this.name, `${sample(bytes)} arrive`);
    this.waiting.push(bytes);
    this.waitingSize += bytes.length;
  }

  /** There is room again; the sender hears of it when an acknowledgement has come back. */
  private free(bytes: number): void {
    const { air } = this;
    this.window.give(bytes, air.now() + (this.local ? 0 : air.fate.leastLatency));
  }

  /** The receiver goes: whether it leaves anything unread. */
  refuse(): boolean {
    const unread = this.waitingSize > 0;
    this.refusing = true;
    this.receiver = null;
    this.waiting = [];
    // What is left unread makes no room: a reset follows.
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
    this.free(taken.length);
    return taken;
  }

  /** Something has changed for the sender: room, or that nobody is there any more. */
  goOn(): void {
    this.transmit();
    this.sender?.room();
  }
}

/** The last packet of a direction. */
function last(then: "end" | "reset"): Packet {
  return { at: then, bytes: EMPTY, then, stall: 0, joins: false };
}

/** Both directions of a connection, which is named by three parts: "client", "server:80", "#1". */
export function pipes(
  [from, to, number]: readonly [from: string, to: string, number: string],
  air: Air,
  [client, server]: Pair,
  local = false,
): [there: Pipe, back: Pipe] {
  const there = new Pipe(`${from}>${to}${number}`, air, [client, server], local);
  const back = new Pipe(`${from}<${to}${number}`, air, [server, client], local);
  there.back = back;
  back.back = there;
  return [there, back];
}

const EMPTY = Buffer.alloc(0);
