/** What can be set on a UDP object, and what of it waits until the socket is bound. */
import type { DatagramOptions, Datagrams } from "../network/index.js";
import { SocketObject } from "../socket-object.js";
import { applySending, DEFAULT_SENDING, type Group, type Sending } from "./sending.js";

export abstract class Settings extends SocketObject {
  /** @internal */
  wire: Datagrams | null = null;
  /** @internal */
  options: DatagramOptions = { reuseAddr: false, reusePort: false, ipv6Only: false };
  /** @internal */
  sending: Sending = DEFAULT_SENDING;
  private groups: Group[] = [];
  private bufferSizes: { receive?: number; send?: number } = {};
  protected bound = false;

  /** It has a port now: what was set before takes effect. Throws what the system says. */
  protected applySettings(wire: Datagrams): void {
    const { bufferSizes } = this;
    applySending(wire, this.sending, DEFAULT_SENDING);
    for (const { group, at } of this.groups) wire.addMembership(group, at);
    if (bufferSizes.receive !== undefined) wire.setRecvBufferSize(bufferSizes.receive);
    if (bufferSizes.send !== undefined) wire.setSendBufferSize(bufferSizes.send);
  }

  /** @internal Options that the socket is made with. */
  prepare(options: Partial<DatagramOptions>): void {
    if (this.wire !== null) throw Object.assign(new Error("bound already"), { code: "EINVAL" });
    this.options = { ...this.options, ...options };
  }

  /** @internal */
  change(changes: Partial<Sending>): void {
    const before = this.sending;
    const after = { ...before, ...changes };
    if (this.bound) applySending(this.wire!, after, before);
    this.sending = after;
  }

  /** @internal */
  join(group: string, at: string | undefined): void {
    if (this.bound) this.wire!.addMembership(group, at);
    this.groups = [...this.groups, { group, at }];
  }

  /** @internal */
  leave(group: string, at: string | undefined): void {
    if (this.bound) this.wire!.dropMembership(group, at);
    this.groups = this.groups.filter((joined) => joined.group !== group || joined.at !== at);
  }

  /** @internal */
  get recvBufferSize(): number | undefined {
    return this.bound ? this.wire!.getRecvBufferSize() : this.bufferSizes.receive;
  }
  /** @internal */
  get sendBufferSize(): number | undefined {
    return this.bound ? this.wire!.getSendBufferSize() : this.bufferSizes.send;
  }
  /** @internal */
  setRecvBufferSize(bytes: number): void {
    if (this.bound) this.wire!.setRecvBufferSize(bytes);
    this.bufferSizes.receive = bytes;
  }
  /** @internal */
  setSendBufferSize(bytes: number): void {
    if (this.bound) this.wire!.setSendBufferSize(bytes);
    this.bufferSizes.send = bytes;
  }
}
