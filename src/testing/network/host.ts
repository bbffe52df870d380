/** A machine of the simulated world: its addresses, and who listens on its ports. */
import type { Endpoint } from "../../network/index.js";
import { isBroadcast, isLoopback, isMulticast, isWildcard } from "./addresses.js";
import type { Holder } from "./binding.js";
import { Files } from "./files.js";

export type Protocol = "tcp" | "udp";

const FIRST_EPHEMERAL = 49152;
const LAST_PORT = 65535;

export class Host {
  readonly v4: string;
  readonly v6: string;
  /** By port, the youngest last. */
  private readonly holders = {
    tcp: new Map<number, Holder[]>(),
    udp: new Map<number, Holder[]>(),
  };
  private readonly nextPort = { tcp: FIRST_EPHEMERAL, udp: FIRST_EPHEMERAL };
  /** Both ends of each connection that was made from a port of the program's choice. */
  readonly connections = new Set<string>();
  /** How many datagram sockets were made here. */
  datagramSockets = 0;
  /** Multicast groups, each at an interface, that sockets of this host have joined, and how many. */
  readonly groups = new Map<string, number>();
  /** Unix sockets. */
  readonly files = new Files();

  /** @param number from 1 */
  constructor(
    readonly name: string,
    number: number,
  ) {
    this.v4 = `10.0.${number >> 8}.${number & 255}`;
    this.v6 = `fd00::${number.toString(16)}`;
  }

  /** Whether somebody here may have this address: its own, loopback, or all; of UDP also a group's. */
  private has(protocol: Protocol, address: string): boolean {
    if (isWildcard(address) || this.answers(address)) return true;
    return protocol === "udp" && (isBroadcast(address) || isMulticast(address));
  }

  /** Whether what is sent to this address from here, or from elsewhere, can arrive here. */
  answers(address: string): boolean {
    if (isBroadcast(address)) return false;
    return address === this.v4 || address === this.v6 || isLoopback(address);
  }

  /** The local address of a connection to `remote`. */
  addressFor(remote: string): string {
    if (isLoopback(remote) || isWildcard(remote)) return remote.includes(":") ? "::1" : "127.0.0.1";
    return remote.includes(":") ? this.v6 : this.v4;
  }

  /** Take a port for `holder`: an error of the system's, or null. */
  hold(protocol: Protocol, holder: Holder): Error | null {
    if (!this.has(protocol, holder.address)) return systemError("EADDRNOTAVAIL");
    const { port } = holder;
    if (this.taken(protocol, holder) || port === 0) return systemError("EADDRINUSE");
    this.holders[protocol].set(port, [...this.at(protocol, port), holder]);
    return null;
  }

  /** Whether somebody has that port, who does not share it. */
  taken(protocol: Protocol, wanted: Omit<Holder, "hears">): boolean {
    return this.at(protocol, wanted.port).some(
      (other) => overlaps(other, wanted) && !(other.shares && wanted.shares),
    );
  }

  release(protocol: Protocol, holder: Holder): void {
    const others = this.holders[protocol].get(holder.port)?.filter((other) => other !== holder);
    if (others === undefined) return;
    if (others.length > 0) this.holders[protocol].set(holder.port, others);
    else this.holders[protocol].delete(holder.port);
  }

  /**
   * Who has this address and port, and hears what comes from `sender`; the one that says the address itself before the one that says
   * all, the youngest first.
   */
  find(protocol: Protocol, address: string, port: number, sender: Endpoint): Holder | undefined {
    const matching = this.at(protocol, port).filter(
      (holder) => covers(holder, address) && holder.hears?.(sender) !== false,
    );
    return matching.findLast(({ address: own }) => own === address) ?? matching.at(-1);
  }

  /** All that have a port. */
  at(protocol: Protocol, port: number): readonly Holder[] {
    return this.holders[protocol].get(port) ?? [];
  }

  /** One that nobody has; 0: there is none. */
  freePort(protocol: Protocol): number {
    for (let tries = FIRST_EPHEMERAL; tries <= LAST_PORT; tries++) {
      const port = this.nextPort[protocol]++;
      if (this.nextPort[protocol] > LAST_PORT) this.nextPort[protocol] = FIRST_EPHEMERAL;
      if (!this.holders[protocol].has(port)) return port;
    }
    return 0;
  }
}

type Place = Pick<Holder, "address" | "ipv6Only">;

function covers({ address: own, ipv6Only }: Place, address: string): boolean {
  if (own === address) return true;
  if (own === "::") return address.includes(":") || !ipv6Only;
  return own === "0.0.0.0" && !address.includes(":");
}

function overlaps(a: Place, b: Place): boolean {
  return covers(a, b.address) || covers(b, a.address);
}

/** An error as Node's: what counts is the code. */
export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
