/** The multicast groups that one socket has joined. */
import { canonical, isMulticast, isWildcard } from "./addresses.js";
import { type Host, systemError } from "./host.js";

export class Memberships {
  /** Group and interface of each. */
  private readonly joined = new Set<string>();

  constructor(private readonly host: Host) {}

  /**
   * As Linux has it, everybody on the host whose port it is hears a group that anybody there has joined (IP_MULTICAST_ALL). Throws an
   * error of the system's.
   *
   * @param at the address of an interface, by default any
   */
  join(group: string, at: string | undefined): void {
    const address = canonical(group) ?? group;
    if (!isMulticast(address)) throw systemError("EINVAL");
    if (!this.has(at)) throw systemError("ENODEV");
    const name = membership(address, at);
    if (this.joined.has(name)) throw systemError("EADDRINUSE");
    this.joined.add(name);
    this.host.groups.set(address, (this.host.groups.get(address) ?? 0) + 1);
  }

  leave(group: string, at: string | undefined): void {
    const address = canonical(group) ?? group;
    if (!this.joined.delete(membership(address, at))) throw systemError("EADDRNOTAVAIL");
    this.count(address);
  }

  leaveAll(): void {
    for (const name of this.joined) this.count(name.split(" ")[0]!);
    this.joined.clear();
  }

  private count(group: string): void {
    const { groups } = this.host;
    const left = groups.get(group)! - 1;
    if (left > 0) groups.set(group, left);
    else groups.delete(group);
  }

  /** Of IPv6 the interface has a number, which here are all the same. */
  private has(at: string | undefined): boolean {
    if (at === undefined || at.startsWith("::%")) return true;
    return isWildcard(at) || this.host.answers(at);
  }
}

function membership(group: string, at = "any"): string {
  return `${group} ${isWildcard(at) ? "any" : at}`;
}
