/** A datagram socket of the simulated network. */
import type { DatagramLink, DatagramOptions, Datagrams, Endpoint } from "../../network/network.js";
import type { Air } from "./air.js";
import { endpointOf, type Holder, type Host, isWildcard, systemError } from "./host.js";
import type { Hosts } from "./hosts.js";
import { sample } from "../log.js";

type Done = (error: Error | null) => void;

/** Bytes of a datagram at most: IPv4's length field, less the headers. */
const LONGEST = 65_507;
const BROADCAST = "255.255.255.255";
/** What a datagram counts beside its bytes, and what the kernel's queue holds, as Linux has it. */
const OVERHEAD = 768;
const RECEIVE_BUFFER = 212_992;
/** How much later one comes that is to come later than others, as a multiple of the latency. */
const LATE = 3;

export class SimDatagrams implements Datagrams, Holder {
  address = "";
  port = 0;
  readonly shares: boolean;
  readonly ipv6Only: boolean;
  private readonly host: Host;
  private bound = false;
  /** What the program named, and the kernel did not choose: only that stays when it disconnects. */
  private named: { address: string; port: number };
  private remote: Endpoint | undefined = undefined;
  private closed = false;
  private broadcast = false;
  private loopback = true;
  private readonly groups = new Set<string>();
  private receiveBuffer = RECEIVE_BUFFER;
  private sendBuffer = RECEIVE_BUFFER;
  private sent = 0;

  constructor(
    private readonly air: Air,
    private readonly hosts: Hosts,
    private readonly family: 4 | 6,
    options: DatagramOptions,
    private readonly link: DatagramLink,
    private readonly gone: () => void,
  ) {
    this.host = hosts.here();
    this.named = { address: family === 6 ? "::" : "0.0.0.0", port: 0 };
    this.shares = options.reuseAddr || options.reusePort;
    this.ipv6Only = options.ipv6Only;
  }

  toString(): string {
    return `datagram socket ${this.address}:${this.port} of ${this.host.name}`;
  }

  bind(address: string, port: number, done: Done): void {
    this.named = { address, port };
    done(this.take(address, port));
  }

  /** Have an address and a port, any for 0: an error of the system's, or null. */
  private take(address: string, port: number): Error | null {
    this.address = address;
    this.port = port === 0 ? this.host.freePort("udp") : port;
    const error = this.host.hold("udp", this);
    this.bound = error === null;
    if (this.bound) this.air.log.add(this.name, `is bound on ${this.host.name}`);
    else this.port = 0;
    return error;
  }

  private get name(): string {
    return `udp ${this.address}:${this.port}`;
  }

  connect(address: string, port: number, done: Done): void {
    const own = this.host.addressFor(address);
    const { address: named } = this.named;
    const error = this.port === 0 ? this.take(isWildcard(named) ? own : named, 0) : null;
    if (error !== null) return done(error);
    if (isWildcard(this.address)) this.address = own;
    this.remote = endpointOf(address, port);
    done(null);
  }

  /** As Linux does: what the kernel had chosen is gone, the port, too. */
  disconnect(): void {
    const { address, port } = this.named;
    this.remote = undefined;
    this.address = address;
    if (port !== 0) return;
    this.host.release("udp", this);
    this.port = 0;
  }

  send(
    datagram: Uint8Array,
    port: number | undefined,
    address: string | undefined,
    done: Done,
  ): void {
    if (this.port === 0) this.take(this.address, 0);
    const error = this.refusal(datagram, address ?? this.remote?.address);
    // As Node does, a moment later.
    this.air.soon(() => done(error));
    if (error !== null) return;
    const to = endpointOf(address ?? this.remote!.address, port ?? this.remote!.port);
    const bytes = Buffer.from(datagram);
    for (const target of this.targets(to)) this.dispatch(bytes, to, target);
  }

  private refusal(datagram: Uint8Array, address: string | undefined): Error | null {
    if (address === undefined) return systemError("ENOTCONN");
    if (datagram.length > LONGEST) return systemError("EMSGSIZE");
    if (address === BROADCAST && !this.broadcast) return systemError("EACCES");
    return null;
  }

  /** The hosts that it goes to. */
  private targets({ address }: Endpoint): (Host | undefined)[] {
    if (address === BROADCAST) return [...this.hosts.all];
    if (!isMulticast(address)) return [this.hosts.at(address, this.host)];
    return this.hosts.all.filter((host) => host !== this.host || this.loopback);
  }

  private dispatch(bytes: Buffer, to: Endpoint, target: Host | undefined): void {
    const { air } = this;
    const where = `${this.name}>${++this.sent}`;
    const from = this.host.addressFor(to.address);
    air.log.add(this.name, `sends ${sample(bytes)} to ${to.address}:${to.port}`);
    if (target === undefined) return;
    const pair = [this.host.name, target.name] as const;
    const parted = air.partedBetween(pair) !== null || air.opens(pair, air.now()) > air.now();
    if (parted || air.fate.strikes("loss", where, pair) !== null) return;
    const copies = air.fate.strikes("duplicate", where, pair) === null ? 1 : 2;
    for (let copy = 1; copy <= copies; copy++) {
      let takes = air.fate.latency(`${where}.${copy}`) + air.takes(bytes.length);
      const late = air.fate.strikes("reorder", `${where}.${copy}`, pair);
      if (late !== null) takes += takes * late.between(0, LATE);
      air.after(takes, () => this.arrive(bytes, from, to, target));
    }
  }

  private arrive(bytes: Buffer, from: string, to: Endpoint, target: Host): void {
    const sender = endpointOf(isWildcard(this.address) ? from : this.address, this.port);
    if (isMulticast(to.address) || to.address === BROADCAST) {
      for (const holder of target.all("udp"))
        (holder as SimDatagrams).acceptMany(bytes, sender, to);
      return;
    }
    const holder = target.find("udp", to.address, to.port, sender) as SimDatagrams | undefined;
    if (holder !== undefined) holder.accept(bytes, sender);
    else if (this.remote !== undefined && !this.closed)
      this.link.failed(systemError("ECONNREFUSED"));
  }

  private acceptMany(bytes: Buffer, sender: Endpoint, to: Endpoint): void {
    if (this.port !== to.port || this.family !== (to.family === "inet6" ? 6 : 4)) return;
    if (isMulticast(to.address) && !this.groups.has(to.address)) return;
    if (this.hears(sender)) this.accept(bytes, sender);
  }

  /** One that is connected hears only its peer. */
  hears({ address, port }: Endpoint): boolean {
    const { remote } = this;
    return remote === undefined || (remote.address === address && remote.port === port);
  }

  private accept(bytes: Buffer, { address, port }: Endpoint): void {
    if (bytes.length + OVERHEAD > this.receiveBuffer) return;
    this.air.log.add(this.name, `${sample(bytes)} arrive from ${address}:${port}`);
    this.link.received(Buffer.from(bytes), address, port);
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
    this.host.release("udp", this);
    this.gone();
  }

  setBroadcast(on: boolean): void {
    this.broadcast = on;
  }
  setTTL(): void {}
  setMulticastTTL(): void {}
  setMulticastLoopback(on: boolean): void {
    this.loopback = on;
  }
  setMulticastInterface(): void {}
  addMembership(group: string): void {
    this.groups.add(group);
  }
  dropMembership(group: string): void {
    this.groups.delete(group);
  }
  setRecvBufferSize(bytes: number): void {
    // Linux doubles what is asked for.
    this.receiveBuffer = bytes * 2;
  }
  setSendBufferSize(bytes: number): void {
    this.sendBuffer = bytes * 2;
  }
  getRecvBufferSize(): number {
    return this.receiveBuffer;
  }
  getSendBufferSize(): number {
    return this.sendBuffer;
  }
}

function isMulticast(address: string): boolean {
  const first = Number(address.split(".")[0]);
  return (first >= 224 && first < 240) || address.toLowerCase().startsWith("ff");
}
