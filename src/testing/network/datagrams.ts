/** A datagram socket of the simulated network. */
import type {
  DatagramProtocol,
  DatagramOptions,
  DatagramSocket,
  Endpoint,
} from "../../network/index.js";
import { word } from "../names.js";
import {
  canonical,
  destination,
  endpointOf,
  groupAt,
  interfaceOf,
  isBroadcast,
  isIPv6,
  isLoopback,
  isMapped,
  isMulticast,
  isNonsense,
  isWildcard,
  LOOPBACK_INTERFACE,
} from "./addresses.js";
import type { Fabric } from "./fabric.js";
import { type Datagram, DatagramLinks } from "./datagram-link.js";
import type { Binding } from "./binding.js";
import { type Host, systemError } from "./host.js";
import type { Hosts } from "./hosts.js";
import { KernelBuffers } from "./kernel-buffers.js";
import { Memberships } from "./memberships.js";

type Done = (error: Error | null) => void;

/** Bytes of a datagram at most: IPv4's length field, less the headers. */
const LONGEST = 65_507;
/** Of IPv6, whose length field does not count the first header. */
const LONGEST_6 = 65_527;
/** What a datagram counts beside its bytes, as Linux has it. */
const OVERHEAD = 768;
export class SimDatagramSocket implements DatagramSocket, Binding {
  address = "";
  port = 0;
  readonly shares: boolean;
  readonly ipv6Only: boolean;
  private readonly host: Host;
  /** As a part of a fault's name: "client/udp1". */
  private readonly name: string;
  private readonly links: DatagramLinks;
  private readonly memberships: Memberships;
  private bound = false;
  /** What the program named, and the kernel did not choose: only that stays when it disconnects. */
  private named: { address: string; port: number };
  private remote: Endpoint | undefined = undefined;
  private closed = false;
  private broadcast = false;
  private loopback = true;
  /** The address of the interface by which multicast leaves, if the program named one. */
  private multicastFrom: string | undefined = undefined;
  private readonly buffers = new KernelBuffers();

  constructor(
    private readonly fabric: Fabric,
    private readonly hosts: Hosts,
    private readonly family: 4 | 6,
    options: DatagramOptions,
    private readonly protocol: DatagramProtocol,
    private readonly gone: () => void,
  ) {
    this.host = hosts.here();
    this.name = `${word(this.host.name)}/udp${++this.host.datagramSockets}`;
    this.links = new DatagramLinks(this.name, fabric);
    this.memberships = new Memberships(this.host);
    this.named = { address: family === 6 ? "::" : "0.0.0.0", port: 0 };
    this.shares = options.reuseAddr || options.reusePort;
    this.ipv6Only = options.ipv6Only;
  }

  toString(): string {
    return `datagram socket ${this.address}:${this.port} of ${this.host.name}`;
  }

  // ---- addresses ------------------------------------------------------------------------------------------------

  bind(address: string, port: number, done: Done): void {
    const where = canonical(address) ?? address;
    this.named = { address: where, port };
    const impossible = isNonsense(address) || (this.ipv6Only && isMapped(address));
    done(impossible ? systemError("EINVAL") : this.bindTo(where, port));
  }

  /** Take an address and a port, any for 0: an error of the system's, or null. */
  private bindTo(address: string, port: number): Error | null {
    this.address = address;
    this.port = port === 0 ? this.host.freePort("udp") : port;
    const error = this.host.bind("udp", this);
    this.bound = error === null;
    if (this.bound) this.fabric.log.add(this.name, `is bound at ${address}:${this.port}`);
    else this.port = 0;
    return error;
  }

  connect(address: string, port: number, done: Done): void {
    const never = this.unreachable(address);
    if (never !== null) return done(never);
    const to = destination(address, this.source);
    const own = this.host.addressFor(to);
    const { address: named } = this.named;
    const error = this.port === 0 ? this.bindTo(isWildcard(named) ? own : named, 0) : null;
    if (error !== null) return done(error);
    if (isWildcard(this.address)) this.address = own;
    this.remote = endpointOf(to, port);
    done(null);
  }

  /** As Linux does: what the kernel had chosen is gone, the port, too. */
  disconnect(): void {
    const { address, port } = this.named;
    this.remote = undefined;
    this.address = address;
    if (port !== 0) return;
    this.host.unbind("udp", this);
    this.port = 0;
  }

  local(): Endpoint | undefined {
    return this.bound && !this.closed ? endpointOf(this.address, this.port) : undefined;
  }
  peer(): Endpoint | undefined {
    return this.remote;
  }
  fd(): number {
    return -1;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.memberships.leaveAll();
    this.host.unbind("udp", this);
    this.gone();
  }

  // ---- sending --------------------------------------------------------------------------------------------------

  send(
    datagram: Uint8Array,
    port: number | undefined,
    address: string | undefined,
    done: Done,
  ): void {
    const unbound = this.port === 0 ? this.bindTo(this.address || this.named.address, 0) : null;
    const never = address === undefined ? null : this.unreachable(address);
    const to = address === undefined ? this.remote?.address : destination(address, this.source);
    const error = unbound ?? never ?? this.refusal(datagram, to);
    // As Node does, a moment later.
    this.fabric.soon(() => done(error));
    if (error !== null) return;
    const place = endpointOf(to!, port ?? this.remote!.port);
    // The sender is who it is now, whatever becomes of its socket meanwhile.
    const sender = endpointOf(this.source ?? this.defaultSource(place.address), this.port);
    const words = (data: string): string => `sends ${data} to ${place.address}:${place.port}`;
    const cause = this.fabric.log.data(this.name, this.host.name, datagram, words);
    const sent = { bytes: Buffer.from(datagram), sender, cause };
    for (const target of this.targets(place)) this.dispatch(sent, place, target);
  }

  /** Its own address, as far as it is one that can send. */
  private get source(): string | undefined {
    const { address } = this;
    if (address === "" || isWildcard(address) || isMulticast(address) || isBroadcast(address))
      return undefined;
    return address;
  }

  private defaultSource(to: string): string {
    const isForMany = isMulticast(to) && !isIPv6(to);
    return isForMany && this.multicastFrom !== undefined
      ? this.multicastFrom
      : this.host.addressFor(to);
  }

  /** Why nothing can ever be sent there. */
  private unreachable(address: string): Error | null {
    if (isNonsense(address)) return systemError("EINVAL");
    return this.ipv6Only && isMapped(address) ? systemError("ENETUNREACH") : null;
  }

  private refusal(datagram: Uint8Array, address: string | undefined): Error | null {
    if (address === undefined) return systemError("ENOTCONN");
    if (datagram.length > (isIPv6(address) ? LONGEST_6 : LONGEST)) return systemError("EMSGSIZE");
    if (isBroadcast(address) && !this.broadcast) return systemError("EACCES");
    return null;
  }

  /** The hosts that it goes to. */
  private targets({ address }: Endpoint): Host[] {
    const toGroup = isMulticast(address);
    if (toGroup || isBroadcast(address)) {
      const from = (toGroup ? this.multicastFrom : undefined) ?? this.source;
      const at = interfaceOf(isLoopback(address) ? address : from);
      const reached = at === LOOPBACK_INTERFACE ? [this.host] : this.hosts.all;
      return toGroup ? reached.filter((host) => this.hasJoined(host, address, at)) : [...reached];
    }
    const host = this.hosts.at(address, this.host);
    return host === undefined ? [] : [host];
  }

  private hasJoined(host: Host, group: string, at: number): boolean {
    // At the loopback interface it comes back by itself, whatever the option says.
    const returns = this.loopback || at === LOOPBACK_INTERFACE;
    return host.groups.has(groupAt(group, at)) && (host !== this.host || returns);
  }

  private dispatch(sent: Datagram, to: Endpoint, target: Host): void {
    const there = [this.host.name, target.name] as const;
    const many = isBroadcast(to.address) || isMulticast(to.address);
    this.links.send(there, sent, (where) => {
      if (many) return deliverToAll(target, sent, to);
      const binding = target.find("udp", to.address, to.port, sent.sender);
      if (binding !== undefined) (binding as SimDatagramSocket).deliver(sent);
      else if (this.remote !== undefined) this.refusedBy(to, where, target);
    });
  }

  /** Nobody is there, which an ICMP message tells a socket that is connected to it. */
  private refusedBy(to: Endpoint, where: string, target: Host): void {
    const { fabric } = this;
    if (!fabric.passes([target.name, this.host.name])) return;
    fabric.after(fabric.plan.latency(`${where}.icmp`), () => {
      const { remote } = this;
      const concerned = remote?.address === to.address && remote.port === to.port;
      if (concerned && !this.closed) this.protocol.failed(systemError("ECONNREFUSED"));
    });
  }

  // ---- receiving ------------------------------------------------------------------------------------------------

  /** One that is connected accepts datagrams of its peer only. */
  accepts({ address, port }: Endpoint): boolean {
    const { remote } = this;
    return remote === undefined || (remote.address === address && remote.port === port);
  }

  /** Whether it accepts a datagram that is sent to many: one that is bound to an address of the host's accepts only what is sent there. */
  acceptsMany(sender: Endpoint, to: Endpoint): boolean {
    if (this.port !== to.port) return false;
    const takesFamily =
      to.family === "inet6" ? this.family === 6 : this.family === 4 || !this.ipv6Only;
    if (!takesFamily) return false;
    const fits = isWildcard(this.address) || this.address === to.address;
    return fits && this.accepts(sender);
  }

  deliver({ bytes, sender: { address, port }, cause }: Datagram): void {
    if (bytes.length + OVERHEAD > this.buffers.receive) return;
    const words = (data: string): string => `${data} arrive from ${address}:${port}`;
    this.fabric.log.data(this.name, this.host.name, bytes, words, cause);
    const mapped = this.family === 6 && !address.includes(":");
    this.protocol.received(Buffer.from(bytes), mapped ? `::ffff:${address}` : address, port);
  }

  // ---- options --------------------------------------------------------------------------------------------------

  setBroadcast(on: boolean): void {
    this.broadcast = on;
  }
  setTTL(): void {}
  setMulticastTTL(): void {}
  setMulticastLoopback(on: boolean): void {
    this.loopback = on;
  }
  setMulticastInterface(address: string): void {
    if (!isWildcard(address) && !this.host.answers(address)) throw systemError("EADDRNOTAVAIL");
    this.multicastFrom = isWildcard(address) ? undefined : address;
  }
  addMembership(group: string, at?: string | number): void {
    this.memberships.join(group, at);
  }
  dropMembership(group: string, at?: string | number): void {
    this.memberships.leave(group, at);
  }
  setRecvBufferSize(bytes: number): void {
    this.buffers.setReceive(bytes);
  }
  setSendBufferSize(bytes: number): void {
    this.buffers.setSend(bytes);
  }
  getRecvBufferSize(): number {
    return this.buffers.receive;
  }
  getSendBufferSize(): number {
    return this.buffers.send;
  }
}

function deliverToAll(target: Host, sent: Datagram, to: Endpoint): void {
  for (const socket of target.at("udp", to.port) as readonly SimDatagramSocket[])
    if (socket.acceptsMany(sent.sender, to)) socket.deliver(sent);
}
