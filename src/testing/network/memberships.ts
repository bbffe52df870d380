/** The multicast groups that one socket has joined. */
import {
  canonical,
  groupAt,
  interfaceOf,
  isMulticast,
  isWildcard,
  LOOPBACK_INTERFACE,
  OUTER_INTERFACE,
} from "./addresses.js";
import { type Host, systemError } from "./host.js";

export class Memberships {
  /** Group and interface of each. */
  private readonly joined = new Set<string>();

  constructor(private readonly host: Host) {}

  /**
   * As Linux has it, every socket of the host that is bound to the port receives from a group that any socket there has joined (IP_MULTICAST_ALL). Throws an
   * error of the system's.
   *
   * @param at the address of an interface, or its number, by default the one to the other hosts
   */
  join(group: string, at: string | number | undefined): void {
    const address = canonical(group) ?? group;
    if (!isMulticast(address)) throw systemError("EINVAL");
    if (!this.has(at)) throw systemError("ENODEV");
    const name = groupAt(address, interfaceOf(at));
    if (this.joined.has(name)) throw systemError("EADDRINUSE");
    this.joined.add(name);
    this.host.groups.set(name, (this.host.groups.get(name) ?? 0) + 1);
  }

  leave(group: string, at: string | number | undefined): void {
    const name = groupAt(canonical(group) ?? group, interfaceOf(at));
    if (!this.joined.delete(name)) throw systemError("EADDRNOTAVAIL");
    this.count(name);
  }

  leaveAll(): void {
    for (const name of this.joined) this.count(name);
    this.joined.clear();
  }

  private count(name: string): void {
    const { groups } = this.host;
    const left = groups.get(name)! - 1;
    if (left > 0) groups.set(name, left);
    else groups.delete(name);
  }

  private has(at: string | number | undefined): boolean {
    if (typeof at === "number") return at === LOOPBACK_INTERFACE || at === OUTER_INTERFACE;
    return at === undefined || isWildcard(at) || this.host.answers(at);
  }
}
