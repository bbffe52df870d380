/** The link of one direction of a connection: packets leave one after the other, and arrive in their order, unless they are lost. */
import type { Cause } from "../../trace/index.js";
import type { Fabric, Pair } from "./fabric.js";

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
  /** That it has left, for what arrives. */
  cause?: Cause | null;
}

export class Link {
  /** Ready to leave, while the hosts are partitioned. */
  private blocked: Packet[] = [];
  /** In flight, the oldest first. */
  private readonly inFlight: Packet[] = [];
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
    private readonly fabric: Fabric,
    readonly hosts: Pair,
    private readonly arrived: (packets: Packet[]) => void,
    private readonly lost: () => void,
  ) {}

  /** Nothing arrives before that. */
  notBefore(time: number): void {
    this.lastArrival = Math.max(this.lastArrival, time);
  }

  send(packet: Packet): void {
    const { fabric } = this;
    const now = fabric.now();
    this.busyUntil = Math.max(this.busyUntil, now) + fabric.transmissionTime(packet.bytes.length);
    if (this.busyUntil > now) fabric.at(this.busyUntil, () => this.enqueue(packet));
    else this.enqueue(packet);
  }

  private enqueue(packet: Packet): void {
    if (this.dead) return;
    this.blocked.push(packet);
    if (this.blocked.length === 1) this.fabric.pass(this.hosts, this.release, this.giveUp);
  }

  private readonly giveUp = (): void => {
    this.dead = true;
    this.blocked = [];
    this.lost();
  };

  private readonly release = (): void => {
    for (const packet of this.blocked.splice(0)) this.transmit(packet);
  };

  private transmit(packet: Packet): void {
    const { fabric } = this;
    if (this.dead) return;
    if (packet.stall >= fabric.giveUp) {
      this.dead = true;
      return fabric.after(fabric.giveUp, this.giveUp);
    }
    const takes = fabric.plan.latency(`${this.name}@${packet.at}`) + packet.stall;
    this.lastArrival = Math.max(this.lastArrival, fabric.now() + takes);
    packet.cause = fabric.log.tell(this.name, this.hosts[0], leaving(packet));
    this.inFlight.push(packet);
    fabric.at(this.lastArrival + (packet.joins ? JOIN : 0), () => this.arrive(packet));
  }

  /** This one arrives, and with it those before it. */
  private arrive(packet: Packet): void {
    const index = this.inFlight.indexOf(packet);
    if (index >= 0) this.arrived(this.inFlight.splice(0, index + 1));
  }
}

function leaving({ bytes, then }: Packet): string {
  if (then === "more" || (then === "end" && bytes.length > 0)) return `${bytes.length} bytes leave`;
  return `${then} leaves`;
}
