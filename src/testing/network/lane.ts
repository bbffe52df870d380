/** The way of one direction of a connection: packets leave one after the other, and arrive in their order, unless they are lost. */
import type { Air, Pair } from "./air.js";

/** Seconds after which a packet that was to come with the next one comes alone. */
const JOIN = 0.04;

export interface Packet {
  /** Where it begins in the stream, in bytes; "end" and "reset" have no bytes. It names the packet. */
  readonly at: number | "end" | "reset";
  readonly bytes: Buffer;
  readonly then: "more" | "end" | "reset";
  /** Seconds for which nothing more arrives. */
  readonly stall: number;
  readonly joins: boolean;
}

export class Lane {
  /** Ready to leave, but nothing passes between the hosts. */
  private held: Packet[] = [];
  /** On their way, the oldest first. */
  private readonly flying: Packet[] = [];
  private busyUntil = 0;
  private lastArrival = 0;
  /** Something did not get through: nothing more does. */
  private dead = false;

  /**
   * @param arrived is given those that arrive together
   * @param lost is called when something does not get through
   */
  constructor(
    readonly name: string,
    private readonly air: Air,
    readonly hosts: Pair,
    private readonly arrived: (packets: Packet[]) => void,
    private readonly lost: () => void,
  ) {}

  /** Nothing arrives before that. */
  notBefore(time: number): void {
    this.lastArrival = Math.max(this.lastArrival, time);
  }

  send(packet: Packet): void {
    const { air } = this;
    const now = air.now();
    this.busyUntil = Math.max(this.busyUntil, now) + air.takes(packet.bytes.length);
    if (this.busyUntil > now) air.at(this.busyUntil, () => this.leave(packet));
    else this.leave(packet);
  }

  private leave(packet: Packet): void {
    if (this.dead) return;
    this.held.push(packet);
    if (this.held.length === 1) this.air.pass(this.hosts, this.release, this.giveUp);
  }

  private readonly giveUp = (): void => {
    this.dead = true;
    this.held = [];
    this.lost();
  };

  private readonly release = (): void => {
    for (const packet of this.held.splice(0)) this.fly(packet);
  };

  private fly(packet: Packet): void {
    const { air } = this;
    if (this.dead) return;
    if (packet.stall >= air.giveUp) {
      this.dead = true;
      return air.after(air.giveUp, this.giveUp);
    }
    const takes = air.fate.latency(`${this.name}@${packet.at}`) + packet.stall;
    this.lastArrival = Math.max(this.lastArrival, air.now() + takes);
    this.flying.push(packet);
    air.at(this.lastArrival + (packet.joins ? JOIN : 0), () => this.land(packet));
  }

  /** This one arrives, and with it those before it. */
  private land(packet: Packet): void {
    const index = this.flying.indexOf(packet);
    if (index >= 0) this.arrived(this.flying.splice(0, index + 1));
  }
}
