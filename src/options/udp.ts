/** What can be set on a UDP object, and what of it waits until the socket is bound. */
import type { Family } from "../address/index.js";
import type { DatagramOptions, DatagramSocket } from "../network/index.js";
import { type Group, refused, Unsupported } from "./values.js";
import { applySending, DEFAULT_SENDING, type Sending } from "./sending.js";

/** The socket that is set, as far as its settings have to know it. */
export interface Settable {
  readonly transport: DatagramSocket | null;
  /** Whether it has a port. */
  readonly bound: boolean;
  /** Of the socket; without one, what it was made for. */
  readonly family: Family;
  /** What it sends. */
  readonly writing: { doubt(): void };
}

export class Settings {
  /** As in LuaSocket a socket for IPv6 is for nothing else. */
  options: DatagramOptions = { reuseAddr: false, reusePort: false, ipv6Only: true };
  sending: Sending = DEFAULT_SENDING;
  private groups: Group[] = [];
  private bufferSizes: { receive?: number; send?: number } = {};

  constructor(private readonly socket: Settable) {}

  /** It has a port now: what was set before takes effect. Throws what the system says. */
  apply(transport: DatagramSocket): void {
    const { bufferSizes } = this;
    applySending(transport, this.knownFamily, this.sending, DEFAULT_SENDING);
    for (const { family, group, at } of this.groups) {
      this.mustBeOf(family);
      transport.addMembership(group, at);
    }
    if (bufferSizes.receive !== undefined) transport.setRecvBufferSize(bufferSizes.receive);
    if (bufferSizes.send !== undefined) transport.setSendBufferSize(bufferSizes.send);
  }

  private get knownFamily(): 4 | 6 {
    return this.socket.family === 6 ? 6 : 4;
  }

  /** An option of one family only. The kernel takes those of IPv4 for IPv6 sockets, too, but Node has no way to. */
  mustBeOf(family: 4 | 6): void {
    const { socket } = this;
    if (socket.family === 0 || socket.family === family) return;
    throw family === 6 ? refused("ENOPROTOOPT") : new Unsupported();
  }

  /** Options that the socket is made with. */
  prepare(options: Partial<DatagramOptions>): void {
    const after = { ...this.options, ...options };
    const same = after.reuseAddr === this.options.reuseAddr;
    if (this.socket.transport !== null && !(same && after.reusePort === this.options.reusePort))
      throw new Unsupported();
    this.options = after;
  }

  get v6only(): boolean {
    this.mustBeOf(6);
    return this.options.ipv6Only;
  }
  set v6only(only: boolean) {
    this.mustBeOf(6);
    if (this.socket.transport !== null) throw refused("EINVAL");
    this.options = { ...this.options, ipv6Only: only };
  }

  change(changes: Partial<Sending>): void {
    this.socket.writing.doubt();
    const before = this.sending;
    const after = { ...before, ...changes };
    // The kernel would take it, but libuv does not.
    if (after.unicastHops === 0) throw new Unsupported();
    if (this.socket.bound) applySending(this.socket.transport!, this.knownFamily, after, before);
    this.sending = after;
  }

  /** {@link change} of what only one family has. */
  changeOf(family: 4 | 6, changes: Partial<Sending>): void {
    this.mustBeOf(family);
    this.change(changes);
  }

  /** {@link sending}, of which something is looked at that only one family has. */
  ofFamily(family: 4 | 6): Sending {
    this.mustBeOf(family);
    return this.sending;
  }

  join(group: Group): void {
    this.mustBeOf(group.family);
    if (!isMulticast(group)) throw refused("EINVAL");
    if (this.groups.some((joined) => same(joined, group))) throw refused("EADDRINUSE");
    if (this.socket.bound) this.socket.transport!.addMembership(group.group, group.at);
    this.groups = [...this.groups, group];
  }

  leave(group: Group): void {
    this.mustBeOf(group.family);
    const others = this.groups.filter((joined) => !same(joined, group));
    if (others.length === this.groups.length) throw refused("EADDRNOTAVAIL");
    if (this.socket.bound) this.socket.transport!.dropMembership(group.group, group.at);
    this.groups = others;
  }

  get recvBufferSize(): number {
    return this.socket.bound
      ? this.socket.transport!.getRecvBufferSize()
      : known(this.bufferSizes.receive);
  }
  set recvBufferSize(bytes: number) {
    if (this.socket.bound) this.socket.transport!.setRecvBufferSize(bytes);
    this.bufferSizes.receive = bytes;
  }
  get sendBufferSize(): number {
    return this.socket.bound
      ? this.socket.transport!.getSendBufferSize()
      : known(this.bufferSizes.send);
  }
  set sendBufferSize(bytes: number) {
    if (this.socket.bound) this.socket.transport!.setSendBufferSize(bytes);
    this.bufferSizes.send = bytes;
  }
}

/** Until it is bound there is no socket that the kernel could be asked about. */
function known(bytes: number | undefined): number {
  if (bytes === undefined) throw refused("EBADF");
  return bytes;
}

function isMulticast({ family, group }: Group): boolean {
  return family === 6 ? /^ff/i.test(group) : /^(22[4-9]|23\d)\./.test(group);
}

function same(a: Group, b: Group): boolean {
  return a.family === b.family && a.group === b.group && a.at === b.at;
}
