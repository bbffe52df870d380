/** The links of a datagram socket: each datagram may be lost, duplicated or reordered. */
import type { Endpoint } from "../../network/index.js";
import type { Cause } from "../../trace/index.js";
import { word } from "../names.js";
import type { Fabric, Pair } from "./fabric.js";

/** Seconds after which a datagram that is to come after the next one comes without it. */
const LATE = 1;

/** What was sent: by whom, and that it was, for what arrives. */
export interface Datagram {
  readonly bytes: Buffer;
  readonly sender: Endpoint;
  readonly cause: Cause | null;
}

/** The link to one host. */
interface Destination {
  /** How many were sent. */
  sent: number;
  /** Arrivals that wait for another one to come before them. */
  reordered: (() => void)[];
}

export class DatagramLinks {
  private readonly destinations = new Map<string, Destination>();

  /** @param name of the socket: "client/udp1" */
  constructor(
    private readonly name: string,
    private readonly fabric: Fabric,
  ) {}

  /** @param onArrival is given a name of it each time that it arrives */
  send(hosts: Pair, { bytes }: Datagram, onArrival: (where: string) => void): void {
    const { fabric } = this;
    const [, target] = hosts;
    const destination = this.destination(target);
    const where = `${this.name}>${word(target)}@${++destination.sent}`;
    if (!fabric.passes(hosts) || fabric.plan.strikes("loss", where, hosts) !== null) return;
    const copies = fabric.plan.strikes("duplicate", where, hosts) === null ? 1 : 2;
    for (let copy = 1; copy <= copies; copy++) {
      const name = copy === 1 ? where : `${where}.${copy}`;
      const late = fabric.plan.strikes("reorder", name, hosts) !== null;
      const takes = fabric.plan.latency(name) + fabric.transmissionTime(bytes.length);
      fabric.after(takes, () => this.arrive(destination, late, () => onArrival(name)));
    }
  }

  private destination(target: string): Destination {
    let destination = this.destinations.get(target);
    if (destination === undefined)
      this.destinations.set(target, (destination = { sent: 0, reordered: [] }));
    return destination;
  }

  private arrive(destination: Destination, late: boolean, onArrival: () => void): void {
    if (!late) {
      onArrival();
      for (const held of destination.reordered.splice(0)) held();
      return;
    }
    destination.reordered.push(onArrival);
    // If none comes in time they come in the opposite order.
    this.fabric.after(LATE, () => {
      if (!destination.reordered.includes(onArrival)) return;
      for (const held of destination.reordered.splice(0).reverse()) held();
    });
  }
}
