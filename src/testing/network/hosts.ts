/** The hosts of a simulated world: which there are, which is meant by a name or an address, and on which one code runs. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Fiber, reactor, shown } from "../../../reactor/index.js";
import type { Address } from "../../network/index.js";
import { hostKey } from "../names.js";
import { canonical, isLoopback, isWildcard } from "./addresses.js";
import { Host } from "./host.js";

/** Where code runs that was not started on a host of its own. */
export const HOME = "home";
const LOCALHOST = "localhost";
/** What 10.0.0.0/16 has room for. */
const MOST_HOSTS = 0xfffe;

/** What each name stands for besides those of the hosts: hosts, or addresses; of several the resolver gives all, in this order. */
export type Names = Readonly<Record<string, string | readonly string[]>>;

export class Hosts {
  private readonly byName = new Map<string, Host>();
  private readonly byAddress = new Map<string, Host>();
  /** Other names: what a name stands for, hosts or addresses. */
  private readonly aliases = new Map<string, readonly string[]>();
  private readonly ofContext = new AsyncLocalStorage<Host>();
  private readonly ofFiber = new WeakMap<Fiber, Host>();
  private readonly home: Host;

  constructor(aliases: Names) {
    this.home = this.named(HOME);
    for (const [alias, meant] of Object.entries(aliases)) {
      const all: readonly unknown[] = Array.isArray(meant) ? meant : [meant];
      if (all.length === 0 || all.some((one) => typeof one !== "string" || one === ""))
        throw new TypeError(
          `simulate: names.${alias} is the name of a host, or an address, or several of them, not ${shown(meant)}`,
        );
      this.aliases.set(hostKey(alias), all as string[]);
    }
  }

  /** The host of this name, made if there is none. */
  named(name: string): Host {
    const key = hostKey(name);
    let host = this.byName.get(key);
    if (host !== undefined) return host;
    if (this.byName.size >= MOST_HOSTS)
      throw new RangeError(`there are ${MOST_HOSTS} hosts already`);
    host = new Host(name, this.byName.size + 1);
    this.byName.set(key, host);
    for (const address of [host.v4, host.v6]) this.byAddress.set(address, host);
    return host;
  }

  /** The one of this name. */
  known(name: string): Host | undefined {
    return this.byName.get(hostKey(name));
  }

  /** Why no host can have this name; undefined: it can. */
  whyNot(name: unknown): string | undefined {
    if (typeof name !== "string" || name === "") return "a name is a text";
    const key = hostKey(name);
    if (key === HOME) return "that is where everything runs that was not started on a host";
    if (key === LOCALHOST) return "that is each host itself";
    if (key.includes(":") || /^\d+(?:\.\d+){3}$/.test(key)) return "that is an address";
    const meant = this.aliases.get(key);
    return meant === undefined ? undefined : `that is another name of ${meant.join(", ")}`;
  }

  /** From now on `fiber`, and what it starts, runs on this host. Called by its own code. */
  assign(fiber: Fiber, host: Host): void {
    this.ofFiber.set(fiber, host);
    // So do the Effection tasks that it starts.
    this.ofContext.enterWith(host);
    reactor.forgetting.add(() => this.ofContext.disable());
  }

  /** The host on which the code runs that is running now. */
  here(): Host {
    for (let family = reactor.current; family !== null; family = family.parent.nearest) {
      const host = this.ofFiber.get(family);
      if (host !== undefined) return host;
    }
    return this.ofContext.getStore() ?? this.home;
  }

  /** The host that is reached by an address, from `here`. */
  at(address: string, here: Host): Host | undefined {
    if (isLoopback(address) || isWildcard(address)) return here;
    return this.byAddress.get(address);
  }

  /** The addresses of a name. */
  resolve(name: string): Address[] {
    const meant = this.aliases.get(hostKey(name)) ?? [name];
    return meant.flatMap((one) => this.addressesOf(one));
  }

  private addressesOf(name: string): Address[] {
    const meant = hostKey(name);
    if (meant === LOCALHOST) return both("127.0.0.1", "::1");
    const host = this.byName.get(meant);
    if (host !== undefined) return both(host.v4, host.v6);
    // A final dot makes a name of it.
    const address = name.endsWith(".") ? null : canonical(meant);
    return address === null ? [] : [{ address, family: address.includes(":") ? 6 : 4 }];
  }

  /** The name of an address. */
  nameOf(address: string): string | undefined {
    if (isLoopback(address)) return ["127.0.0.1", "::1"].includes(address) ? LOCALHOST : undefined;
    return this.at(address, this.home)?.name;
  }

  get all(): readonly Host[] {
    return [...this.byName.values()];
  }
}

function both(v4: string, v6: string): Address[] {
  return [
    { address: v4, family: 4 },
    { address: v6, family: 6 },
  ];
}
