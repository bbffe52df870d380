/** A machine of the simulated world: its addresses, and who listens on its ports. */
import type { Endpoint } from "../../network/network.js";

/** Something that has a local address and port. */
export interface Holder {
  readonly address: string;
  readonly port: number;
  /** Whether another one may have the same, if that one says so, too. */
  readonly shares: boolean;
  /** Of "::": whether it is for IPv6 only. */
  readonly ipv6Only: boolean;
  /** Whether it takes what comes from there. */
  hears?(sender: Endpoint): boolean;
}

export type Protocol = "tcp" | "udp";

const FIRST_EPHEMERAL = 49152;
const LAST_PORT = 65535;

export class Host {
  readonly v4: string;
  readonly v6: string;
  private readonly holders = { tcp: [] as Holder[], udp: [] as Holder[] };
  private readonly nextPort = { tcp: FIRST_EPHEMERAL, udp: FIRST_EPHEMERAL };
  /** Who listens at which path. */
  readonly paths = new Map<string, Holder>();

  /** @param number from 1 */
  constructor(
    readonly name: string,
    number: number,
  ) {
    this.v4 = `10.0.${number >> 8}.${number & 255}`;
    this.v6 = `fd00::${number.toString(16)}`;
  }

  /** Whether somebody here may have this address: its own, loopback, or all. */
  has(address: string): boolean {
    return isWildcard(address) || this.answers(address);
  }

  /** Whether what is sent to this address from here, or from elsewhere, can arrive here. */
  answers(address: string): boolean {
    return address === this.v4 || address === this.v6 || isLoopback(address);
  }

  /** The local address of a connection to `remote`. */
  addressFor(remote: string): string {
    if (isLoopback(remote) || isWildcard(remote)) return remote.includes(":") ? "::1" : "127.0.0.1";
    return remote.includes(":") ? this.v6 : this.v4;
  }

  /** Take a port for `holder`: an error of the system's, or null. */
  hold(protocol: Protocol, holder: Holder): Error | null {
    if (!this.has(holder.address)) return systemError("EADDRNOTAVAIL");
    const taken = this.holders[protocol].some(
      (other) =>
        other.port === holder.port && overlaps(other, holder) && !(other.shares && holder.shares),
    );
    if (taken) return systemError("EADDRINUSE");
    this.holders[protocol].push(holder);
    return null;
  }

  release(protocol: Protocol, holder: Holder): void {
    const list = this.holders[protocol];
    const index = list.indexOf(holder);
    if (index >= 0) list.splice(index, 1);
  }

  /**
   * Who has this address and port, and hears what comes from `sender`; the one that says the address itself before the one that says
   * all, the youngest first.
   */
  find(protocol: Protocol, address: string, port: number, sender?: Endpoint): Holder | undefined {
    const matching = this.holders[protocol].filter(
      (holder) =>
        holder.port === port &&
        covers(holder, address) &&
        (sender === undefined || holder.hears?.(sender) !== false),
    );
    return matching.findLast(({ address: own }) => own === address) ?? matching.at(-1);
  }

  all(protocol: Protocol): readonly Holder[] {
    return this.holders[protocol];
  }

  freePort(protocol: Protocol): number {
    for (;;) {
      const port = this.nextPort[protocol]++;
      if (this.nextPort[protocol] > LAST_PORT) this.nextPort[protocol] = FIRST_EPHEMERAL;
      if (!this.holders[protocol].some((holder) => holder.port === port)) return port;
    }
  }
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function covers({ address: own, ipv6Only }: Holder, address: string): boolean {
  if (own === address) return true;
  if (own === "::") return address.includes(":") || !ipv6Only;
  return own === "0.0.0.0" && !address.includes(":");
}

function overlaps(a: Holder, b: Holder): boolean {
  return covers(a, b.address) || covers(b, a.address);
}

export function endpointOf(address: string, port: number): Endpoint {
  return { address, port, family: address.includes(":") ? "inet6" : "inet" };
}

/** An error as Node's: what counts is the code. */
export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
