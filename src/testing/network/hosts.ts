/** The hosts of a simulated world: which there are, which is meant by a name or an address, and on which one code runs. */
import { Fiber, reactor } from "../../../reactor/index.js";
import type { Address } from "../../network/network.js";
import { Host, isLoopback, isWildcard } from "./host.js";

/** Where code runs that was not started on a host of its own. */
export const HOME = "home";

export class Hosts {
  private readonly byName = new Map<string, Host>();
  private readonly ofFiber = new WeakMap<Fiber, Host>();
  private readonly home: Host;

  /** @param aliases other names: what a name stands for, a host or an address */
  constructor(private readonly aliases: Readonly<Record<string, string>>) {
    this.home = this.named(HOME);
  }

  /** The host of this name, made if there is none. */
  named(name: string): Host {
    let host = this.byName.get(name);
    if (host === undefined) this.byName.set(name, (host = new Host(name, this.byName.size + 1)));
    return host;
  }

  /** From now on `fiber`, and what it starts, runs on this host. */
  settle(fiber: Fiber, host: Host): void {
    this.ofFiber.set(fiber, host);
  }

  /** The host on which the code runs that is running now. */
  here(): Host {
    for (let family: unknown = reactor.current; family instanceof Fiber; family = family.parent) {
      const host = this.ofFiber.get(family);
      if (host !== undefined) return host;
    }
    return this.home;
  }

  /** The host that is reached by an address, from `here`. */
  at(address: string, here: Host): Host | undefined {
    if (isLoopback(address) || isWildcard(address)) return here;
    for (const host of this.byName.values()) if (host.answers(address)) return host;
    return undefined;
  }

  /** The addresses of a name. */
  resolve(name: string): Address[] {
    const meant = this.aliases[name] ?? name;
    if (meant === "localhost")
      return [
        { address: "127.0.0.1", family: 4 },
        { address: "::1", family: 6 },
      ];
    const host = this.byName.get(meant);
    if (host !== undefined)
      return [
        { address: host.v4, family: 4 },
        { address: host.v6, family: 6 },
      ];
    if (/^[\d.]+$/.test(meant)) return [{ address: meant, family: 4 }];
    return meant.includes(":") ? [{ address: meant, family: 6 }] : [];
  }

  /** The name of an address. */
  nameOf(address: string): string | undefined {
    if (isLoopback(address))
      return ["127.0.0.1", "::1"].includes(address) ? "localhost" : undefined;
    return this.at(address, this.home)?.name;
  }

  get all(): readonly Host[] {
    return [...this.byName.values()];
  }
}
