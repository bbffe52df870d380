/** What can be set on a UDP object, and what of it waits until the socket is bound. */
import { errorWord, type SocketError } from "../errors.js";
import type { DatagramOptions, Datagrams } from "../network/index.js";
import type { Encoding } from "../stream/receive-buffer.js";
import {
  NO_TIMEOUTS,
  shown,
  withTimeout,
  withTimeouts,
  type TimeoutMode,
  type Timeouts,
} from "../timeouts.js";
import { applySending, DEFAULT_SENDING, type Group, type Sending } from "./sending.js";

export abstract class Settings {
  /** @internal */
  wire: Datagrams | null = null;
  /** @internal */
  timeouts: Timeouts = NO_TIMEOUTS;
  /** @internal */
  options: DatagramOptions = { reuseAddr: false, reusePort: false, ipv6Only: false };
  /** @internal */
  sending: Sending = DEFAULT_SENDING;
  private groups: Group[] = [];
  private bufferSizes: { receive?: number; send?: number } = {};
  protected encoding: Encoding = "utf8";
  /** Node's own error behind the last word returned, if there was one. */
  lastError: Error | undefined = undefined;
  protected bound = false;

  /** It has a port now: what was set before takes effect. Throws what the system says. */
  protected applySettings(wire: Datagrams): void {
    const { bufferSizes } = this;
    applySending(wire, this.sending, DEFAULT_SENDING);
    for (const { group, at } of this.groups) wire.addMembership(group, at);
    if (bufferSizes.receive !== undefined) wire.setRecvBufferSize(bufferSizes.receive);
    if (bufferSizes.send !== undefined) wire.setSendBufferSize(bufferSizes.send);
  }

  /** As of stream objects: seconds that a call may wait; both modes are the same for one datagram. (LuaSocket) */
  settimeout(value?: number, mode: TimeoutMode = "b"): 1 {
    this.timeouts = withTimeout(this.timeouts, value, mode);
    return 1;
  }

  /** The block timeout and the total timeout in seconds; -1 is none. (LuaSocket) */
  gettimeout(): [block: number, total: number] {
    return [shown(this.timeouts.receive), shown(this.timeouts.total)];
  }

  /** Timeouts in seconds, of name look-ups, sending, receiving: undefined leaves one, negative is none. (Copas) */
  settimeouts(connect?: number, send?: number, receive?: number): 1 {
    this.timeouts = withTimeouts(this.timeouts, connect, send, receive);
    return 1;
  }

  /** How strings are sent: "utf8" (default) or "latin1". */
  setencoding(encoding: Encoding): 1 {
    if (encoding !== "utf8" && encoding !== "latin1") {
      throw new TypeError(`setencoding takes "utf8" or "latin1", not ${JSON.stringify(encoding)}`);
    }
    this.encoding = encoding;
    return 1;
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
  /** @internal */
  get lastWord(): SocketError | undefined {
    return this.lastError === undefined ? undefined : errorWord(this.lastError);
  }
}
