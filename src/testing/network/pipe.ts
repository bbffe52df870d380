/**
 * One direction of a simulated connection, from the kernel of the sender to that of the receiver: bounded at both ends, in order,
 * and cut into packets that may be late, cut, joined, or the last.
 */
import type { Fabric, Pair } from "./fabric.js";
import { Link, type Packet } from "./link.js";
import { Window } from "./window.js";

/** Bytes that the kernels hold, of the sender and of the receiver. */
const SEND_BUFFER = 48 * 1024;
const RECEIVE_BUFFER = 48 * 1024;
/** Bytes of a packet: as a rule, one write. */
const PACKET = 16 * 1024;
/** Bytes of window below which a sender that has more to send waits. */
const SILLY_WINDOW = 8 * 1024;
/** Places at which one packet is cut, at most. */
const CUTS = 3;

/** The transport at one end of it. */
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
  private windowUpdateAt: number | null = null;
  private readonly link: Link;
  /** A fault: the receiver has seen an end that the sender knows nothing of. */
  private halfClosed = false;
  /** In the receiver's kernel. */
  private received: Buffer[] = [];
  private receivedSize = 0;
  /** The receiver is gone: what arrives is answered by a reset. */
  private refusing = false;

  /**
   * @param name "client>server:80#1": what the client of a connection sends
   * @param local within one kernel (Unix sockets): nobody is reset, and who sends to somebody who is gone learns it at once
   */
  constructor(
    readonly name: string,
    private readonly fabric: Fabric,
    private readonly hosts: Pair,
    readonly local: boolean,
  ) {
    const arrived = (packets: Packet[]): void => this.arrive(packets);
    this.link = new Link(name, fabric, hosts, arrived, () => this.sender?.lost());
  }

  /** Nothing arrives before that. */
  notBefore(time: number): void {
    this.link.notBefore(time);
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
    this.link.send(last("reset"));
  }

  private drop(): void {
    this.unsent = [];
    this.unsentSize = 0;
  }

  /** Send as much as the receiver has room for. */
  private transmit(): void {
    while (this.unsentSize > 0) {
      const window = this.window.left(this.fabric.now());
      // RFC 9293, 3.8.6.2: avoids the silly window syndrome.
      if (window < Math.min(this.unsentSize, SILLY_WINDOW)) return this.awaitWindow();
      this.sendPacket(Math.min(this.nextSize(), window));
    }
    if (this.ending !== "wanted") return;
    this.ending = "sent";
    const stall = this.stalls("end");
    this.link.send({ ...last("end"), stall });
  }

  /** What is longer than a packet is cut at the same places of the stream, whenever it leaves. */
  private nextSize(): number {
    return this.unsentSize <= PACKET ? this.unsentSize : PACKET - (this.position % PACKET);
  }

  private awaitWindow(): void {
    const { next } = this.window;
    if (next === undefined || next === this.windowUpdateAt) return;
    this.windowUpdateAt = next;
    this.fabric.at(next, () => {
      this.windowUpdateAt = null;
      this.progress();
    });
  }

  private sendPacket(size: number): void {
    const { plan } = this.fabric;
    const at = this.position;
    const where = `${this.name}@${at}`;
    const reset = plan.strikes("reset", where, this.hosts);
    if (reset !== null) {
      const bytes = this.cut(reset.below(size + 1));
      this.drop();
      this.ending = "reset";
      this.window.take(bytes.length);
      this.link.send({ ...last("reset"), bytes, at });
      this.back!.reset();
      return;
    }
    // It is lost, without the sender knowing.
    if (this.halfClosed) {
      this.cut(size);
      return this.fabric.soon(() => this.sender?.room());
    }
    this.halfClosed = plan.strikes("halfclose", where, this.hosts) !== null;
    const stall = this.stalls(at);
    const joins = plan.strikes("join", where, this.hosts) !== null;
    const pieces = this.pieces(where, size);
    for (const [i, piece] of pieces.entries()) {
      const final = i === pieces.length - 1;
      const packet = { at: this.position, stall: i === 0 ? stall : 0, joins: joins && final };
      const bytes = this.cut(piece);
      // Behind the first piece is the end.
      if (this.halfClosed && i > 0) continue;
      this.window.take(piece);
      this.link.send({ ...packet, bytes, then: this.halfClosed ? "end" : "more" });
    }
  }

  private stalls(at: Packet["at"]): number {
    const { plan } = this.fabric;
    const hit = plan.strikes("stall", `${this.name}@${at}`, this.hosts);
    return hit === null ? 0 : plan.stall;
  }

  /** The sizes of the pieces in which a packet of `size` bytes leaves. */
  private pieces(where: string, size: number): number[] {
    const split = size > 1 ? this.fabric.plan.strikes("split", where, this.hosts) : null;
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
    this.progress();
  }

  private deliver({ bytes, then, cause }: Packet): void {
    if (then === "reset") {
      this.tell("reset arrives", cause);
      this.keep(bytes, cause);
      this.broken = true;
    } else if (this.refusing) {
      this.free(bytes.length);
      if (bytes.length > 0) this.back!.reset();
      this.ended ||= then === "end";
    } else {
      this.keep(bytes, cause);
      if (then !== "end" || this.ended) return;
      this.tell("end arrives", cause);
      this.ended = true;
    }
  }

  private tell(what: string, cause: Packet["cause"]): void {
    this.fabric.log.network(this.name, this.hosts[1], what, what, cause);
  }

  private keep(bytes: Buffer, cause: Packet["cause"]): void {
    if (bytes.length === 0) return;
    if (this.refusing || this.ended || this.broken) return this.free(bytes.length);
    const arrive = (data: string): string => `${data} arrive`;
    this.fabric.log.data(this.name, this.hosts[1], bytes, arrive, cause);
    this.received.push(bytes);
    this.receivedSize += bytes.length;
  }

  /** There is room again; the sender learns of it when an acknowledgement has come back. */
  private free(bytes: number): void {
    const { fabric } = this;
    this.window.give(bytes, fabric.now() + (this.local ? 0 : fabric.plan.leastLatency));
  }

  /** The receiver goes: whether it leaves anything unread. */
  refuse(): boolean {
    const unread = this.receivedSize > 0;
    this.refusing = true;
    this.receiver = null;
    this.received = [];
    // What is left unread makes no room: a reset follows.
    this.receivedSize = 0;
    this.progress();
    return unread;
  }

  /** Whether the sender knows at once that nobody will receive. */
  get refused(): boolean {
    return this.local && this.refusing;
  }

  /** What has arrived, at most so many bytes; null for nothing. */
  take(most: number): Buffer | null {
    if (this.receivedSize === 0) return null;
    const all = this.received.length === 1 ? this.received[0]! : Buffer.concat(this.received);
    this.received = all.length > most ? [all.subarray(most)] : [];
    const taken = all.subarray(0, most);
    this.receivedSize -= taken.length;
    this.free(taken.length);
    return taken;
  }

  /** There may be room for the sender, or the receiver may be gone. */
  progress(): void {
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
  fabric: Fabric,
  [client, server]: Pair,
  local = false,
): [there: Pipe, back: Pipe] {
  const there = new Pipe(`${from}>${to}${number}`, fabric, [client, server], local);
  const back = new Pipe(`${from}<${to}${number}`, fabric, [server, client], local);
  there.back = back;
  back.back = there;
  return [there, back];
}

const EMPTY = Buffer.alloc(0);
