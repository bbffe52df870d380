/** A host of the simulated world: its addresses, and what is bound to its ports. */
import type { Endpoint, Sharing } from "../../network/index.js";
import { isBroadcast, isLoopback, isMulticast, isWildcard } from "./addresses.js";
import type { Binding } from "./binding.js";
import { Files } from "./files.js";

export type Protocol = "tcp" | "udp";

const FIRST_EPHEMERAL = 49152;
const LAST_PORT = 65535;

export class Host {
  readonly v4: string;
  readonly v6: string;
  /** By port, the youngest last. */
  private readonly bindings = {
    tcp: new Map<number, Binding[]>(),
    udp: new Map<number, Binding[]>(),
  };
  private readonly nextPort = { tcp: FIRST_EPHEMERAL, udp: FIRST_EPHEMERAL };
  /** Both ends of each connection that was made from a port of the program's choice. */
  readonly connections = new Set<string>();
  /** How many datagram sockets were made here. */
  datagramSockets = 0;
  /** Multicast groups, each at an interface, that sockets of this host have joined, and how many. */
  readonly groups = new Map<string, number>();
  /** Told of the servers that are made here. */
  sharing: Sharing | null = null;
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

  /** Add a binding: an error of the system's, or null. */
  bind(protocol: Protocol, binding: Binding): Error | null {
    if (!this.has(protocol, binding.address)) return systemError("EADDRNOTAVAIL");
    const { port } = binding;
    if (this.isTaken(protocol, binding) || port === 0) return systemError("EADDRINUSE");
    this.bindings[protocol].set(port, [...this.at(protocol, port), binding]);
    return null;
  }

  /** Whether another binding that does not share the port is in the way. */
  isTaken(protocol: Protocol, wanted: Omit<Binding, "accepts">): boolean {
    return this.at(protocol, wanted.port).some(
      (other) => overlaps(other, wanted) && !(other.shares && wanted.shares),
    );
  }

  unbind(protocol: Protocol, binding: Binding): void {
    const others = this.bindings[protocol].get(binding.port)?.filter((other) => other !== binding);
    if (others === undefined) return;
    if (others.length > 0) this.bindings[protocol].set(binding.port, others);
    else this.bindings[protocol].delete(binding.port);
  }

  /** The binding that accepts what `sender` sends to this address and port: an exact address before a wildcard, and among equals the newest. */
  find(protocol: Protocol, address: string, port: number, sender: Endpoint): Binding | undefined {
    const matching = this.at(protocol, port).filter(
      (binding) => covers(binding, address) && binding.accepts?.(sender) !== false,
    );
    return matching.findLast(({ address: own }) => own === address) ?? matching.at(-1);
  }

  /** All bindings of a port, the newest last. */
  at(protocol: Protocol, port: number): readonly Binding[] {
    return this.bindings[protocol].get(port) ?? [];
  }

  /** One that nobody has; 0: there is none. */
  freePort(protocol: Protocol): number {
    for (let tries = FIRST_EPHEMERAL; tries <= LAST_PORT; tries++) {
      const port = this.nextPort[protocol]++;
      if (this.nextPort[protocol] > LAST_PORT) this.nextPort[protocol] = FIRST_EPHEMERAL;
      if (!this.bindings[protocol].has(port)) return port;
    }
    return 0;
  }
}

type BoundAddress = Pick<Binding, "address" | "ipv6Only">;

function covers({ address: own, ipv6Only }: BoundAddress, address: string): boolean {
  if (own === address) return true;
  if (own === "::") return address.includes(":") || !ipv6Only;
  return own === "0.0.0.0" && !address.includes(":");
}

function overlaps(a: BoundAddress, b: BoundAddress): boolean {
  return covers(a, b.address) || covers(b, a.address);
}

/** An error as Node's: what counts is the code. */
export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
