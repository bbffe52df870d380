/** The way of a socket's datagrams: each may be lost, come twice, or come after one that was sent later. */
import { word } from "../names.js";
import type { Air, Pair } from "./air.js";

/** Seconds after which a datagram that is to come after the next one comes without it. */
const LATE = 1;

/** To one host. */
interface Course {
  /** How many were sent. */
  sent: number;
  /** Those that wait for another one to come before them. */
  late: (() => void)[];
}

export class Flight {
  private readonly courses = new Map<string, Course>();

  /** @param name of the socket: "client/udp1" */
  constructor(
    private readonly name: string,
    private readonly air: Air,
  ) {}

  /** @param arrive is given the name of the datagram, each time that it arrives */
  send(hosts: Pair, size: number, arrive: (where: string) => void): void {
    const { air } = this;
    const [, target] = hosts;
    const course = this.course(target);
    const where = `${this.name}>${word(target)}@${++course.sent}`;
    if (!air.passes(hosts) || air.fate.strikes("loss", where, hosts) !== null) return;
    const copies = air.fate.strikes("duplicate", where, hosts) === null ? 1 : 2;
    for (let copy = 1; copy <= copies; copy++) {
      const name = copy === 1 ? where : `${where}.${copy}`;
      const late = air.fate.strikes("reorder", name, hosts) !== null;
      const takes = air.fate.latency(name) + air.takes(size);
      air.after(takes, () => this.land(course, late, () => arrive(name)));
    }
  }

  private course(target: string): Course {
    let course = this.courses.get(target);
    if (course === undefined) this.courses.set(target, (course = { sent: 0, late: [] }));
    return course;
  }

  private land(course: Course, late: boolean, arrive: () => void): void {
    if (!late) {
      arrive();
      for (const held of course.late.splice(0)) held();
      return;
    }
    course.late.push(arrive);
    // If none comes in time they come in the opposite order.
    this.air.after(LATE, () => {
      if (!course.late.includes(arrive)) return;
      for (const held of course.late.splice(0).reverse()) held();
    });
  }
}
