/** The UDP object: LuaSocket's udp{unconnected} and udp{connected} in one. */
import {
  Deadline,
  reactor,
  WaitList,
  type Fiber,
  type Yieldable,
  shown,
} from "../../reactor/index.js";
import { hostName, inFamily, literal, portNumber, type Family } from "../address.js";
import { errorWord, type SocketError } from "../errors.js";
import {
  type Dynamic,
  getOption,
  type OptionsOf,
  type OptionValue,
  type Setting,
  type SettingsOf,
  setOption,
} from "../options/index.js";
import type { Failure, Result } from "../result.js";
import { checkSend, joined, type Data } from "../stream/data.js";
import { changed, type Selectable } from "../watch.js";
import { Association } from "./association.js";
import type { Sending } from "./sending.js";
import { FlushDatagrams, ReceiveDatagram, ReceiveFrom, SendDatagram } from "./transfer.js";

/** LuaSocket's `_DATAGRAMSIZE`: how much of a datagram `receive` gives unless it is asked for more. */
export const DATAGRAMSIZE = 8192;

/** A datagram with where it came from, as LuaSocket's `receivefrom` returns it. */
export type DatagramResult = [datagram: Buffer, ip: string, port: number] | Failure;

/** Longest datagram that IPv4 and IPv6 can both carry. */
const SAFE_LENGTH = 65_507;
/** Beyond this many, a sender waits: libuv queues without limit what the kernel does not take. */
const MOST_IN_FLIGHT = 64;
const MOST_PROVEN = 1024;

export class Udp extends Association implements Selectable {
  /** @internal */
  readonly readDeadline = new Deadline(false);
  /** @internal */
  readonly writeDeadline = new Deadline(false);
  /** @internal */
  queueLimit = this.inbox.limit;
  /** @internal */
  readonly flushers = new WaitList();
  private bytesSent = 0;
  /** Datagrams of which Node has not told yet what became of them. */
  private inFlight = 0;
  /** Addresses to which one has left: there is a route, and permission. */
  private readonly proven = new Set<string>();

  /** @internal Use `socket.udp()`. */
  constructor(family: Family, owner: Fiber | null = reactor.current) {
    super(family, owner);
  }

  /**
   * Receive a datagram.
   *
   * @param size bytes that are given at most (default 8192, as in LuaSocket; Infinity for all); a longer datagram is cut, and
   * the rest of it is lost
   * @returns `[datagram]` (empty for an empty one), "timeout", "closed", or "connection refused" when the peer of a
   * connected object has refused an earlier datagram. TypeError before it is bound or connected. Cancelling takes
   * nothing. Several tasks may receive: first come, first served. (LuaSocket: udp:receive)
   */
  receive(size: number = DATAGRAMSIZE): Yieldable<Result<Buffer>> {
    this.mustReceive("receive", size);
    return new ReceiveDatagram(this, size);
  }

  /**
   * Receive a datagram, and learn where it came from: `[datagram, ip, port]`; else as {@link receive}. Only of an
   * unconnected object. (LuaSocket: unconnected:receivefrom)
   */
  receivefrom(size: number = DATAGRAMSIZE): Yieldable<DatagramResult> {
    this.mustBe("unconnected", "receivefrom");
    this.mustReceive("receivefrom", size);
    return new ReceiveFrom(this, size);
  }

  private mustReceive(what: string, size: unknown): void {
    if (!(typeof size === "number" && size >= 0 && (Number.isInteger(size) || size === Infinity)))
      throw new TypeError(
        `${what} takes the most bytes to receive, a whole number, not ${shown(size)}`,
      );
    if (this.wire === null && !this.closed)
      throw new TypeError(
        `${what}: nothing can arrive at ${String(this)}: setsockname, setpeername or sendto first`,
      );
  }

  /**
   * Send a datagram to the peer that it is connected to.
   *
   * @returns `[bytes]`, or "timeout", "closed", "message too long", "connection refused" (of
   * an earlier datagram), "permission denied" (a broadcast without the option), ... TypeError while it is not connected.
   * Cancelling stops the waiting; the datagram leaves. An error that the system tells too late is the next call's.
   * (LuaSocket: connected:send)
   */
  send(datagram: Data): Yieldable<Result<number>> {
    this.mustBe("connected", "send");
    return new SendDatagram(this, this.bytes(datagram), undefined, undefined);
  }

  /**
   * Send a datagram to an address. Binds the object to any free port if it is not bound.
   *
   * @param ip an address, or "*" for this machine; names are refused as in LuaSocket ("host or service not provided, or not
   * known"): look them up once, with socket.dns.toip
   * @returns as {@link send}; "invalid argument" for port 0. TypeError on a connected object. (LuaSocket:
   * unconnected:sendto)
   */
  sendto(datagram: Data, ip: string, port: number | `${number}`): Yieldable<Result<number>> {
    this.mustBe("unconnected", "sendto");
    const to = portNumber(port, "sendto");
    return new SendDatagram(this, this.bytes(datagram), to, hostName(ip, "sendto"));
  }

  /**
   * Wait until the kernel has taken, or refused, all that was sent. Nobody has to: it leaves by itself.
   *
   * @returns `[1]`, "timeout" (of settimeout's for sending), "closed". Cancelling stops the waiting.
   */
  flush(): Yieldable<Result<1>> {
    return new FlushDatagrams(this);
  }

  private bytes(datagram: Data): Buffer {
    checkSend(datagram, undefined, undefined, this.encoding);
    return joined(datagram, this.encoding);
  }

  /** @internal Hand a datagram to the kernel; a word at once if that cannot be. */
  transmit(
    bytes: Buffer,
    port: number | undefined,
    ip: string | undefined,
    done: (error: Error | null) => void,
  ): SocketError | null {
    const refusal = this.refusal(port, ip);
    if (refusal !== null) return refusal;
    const unbound = this.bound ? null : this.bindAnywhere();
    if (unbound !== null) return unbound;
    this.bytesSent += bytes.length;
    this.inFlight++;
    this.wire!.send(bytes, port, ip === undefined ? ip : this.destination(ip), done);
    return null;
  }

  /** Why nothing can be sent there; null otherwise: then there is a socket for it. */
  private refusal(port: number | undefined, ip: string | undefined): SocketError | null {
    if (ip === undefined) return this.connected ? null : "transport endpoint is not connected";
    if (this.connected) return "already connected";
    if (port === 0) return "invalid argument";
    if (this.proven.has(ip)) return null;
    const known = literal(this.destination(ip));
    if (known === null) return "host or service not provided, or not known";
    const address = inFamily(known, this.family);
    if (address === null) return "address family for hostname not supported";
    this.open(address.family);
    return null;
  }

  /** Where `ip` is, in this object's family. */
  private destination(ip: string): string {
    if (ip === "*") return this.family === 6 ? "::1" : "127.0.0.1";
    if (this.family !== 4 || !ip.startsWith("::")) return ip;
    return inFamily({ address: ip, family: 6 }, 4)?.address ?? ip;
  }

  /** @internal Whether a datagram can be expected to leave: see {@link SendDatagram}. */
  trusts(ip: string | undefined, length: number): boolean {
    if (length > SAFE_LENGTH || this.inFlight >= MOST_IN_FLIGHT) return false;
    return ip === undefined || this.proven.has(ip);
  }

  /** @internal What became of a datagram to `ip` that somebody waits for. */
  answered(ip: string | undefined, error: Error | null): void {
    this.landed();
    if (error !== null) this.lastError = error;
    else if (ip !== undefined) {
      if (this.proven.size >= MOST_PROVEN) this.proven.clear();
      this.proven.add(ip);
    }
  }

  /** @internal What became of a datagram that nobody waits for. */
  readonly unheard = (error: Error | null): void => {
    this.landed();
    if (error !== null && !this.closed) this.failed(error);
  };

  private landed(): void {
    this.inFlight--;
    if (this.inFlight === 0 && !this.flushers.empty) this.flushers.wakeAll();
    changed(this);
  }

  /** @internal */
  get flushed(): boolean {
    return this.inFlight === 0;
  }

  override close(): 1 {
    super.close();
    this.flushers.wakeAll();
    return 1;
  }

  override change(changes: Partial<Sending>): void {
    // A broadcast that was allowed may be so no more.
    this.proven.clear();
    super.change(changes);
  }

  /** @internal */
  received(datagram: Buffer, address: string, port: number): void {
    if (!this.inbox.push(datagram, address, port, this.queueLimit)) return;
    this.receivers.first?.enqueue();
    changed(this);
    reactor.run();
  }

  /** @internal */
  failed(error: Error): void {
    this.lastError = error;
    this.pendingError = errorWord(error);
    this.receivers.first?.enqueue();
    changed(this);
    reactor.run();
  }

  /** @internal The pending error, once. */
  override takeError(): SocketError | undefined {
    const error = this.pendingError;
    this.pendingError = null;
    return error ?? undefined;
  }

  /** Set an option; see docs/options.md. `[1]`, "option not supported by Node", or what the system says. */
  setoption<N extends string>(name: Dynamic<N>, value?: unknown): Result<1>;
  setoption<N extends keyof SettingsOf<"udp">>(name: N, ...value: Setting<"udp", N>): Result<1>;
  setoption(name: string, value?: unknown): Result<1> {
    return setOption(this, "udp", name, value);
  }

  /** The value of an option: `[value]`, or "option not supported by Node". TypeError for an unknown name. */
  getoption<N extends string>(name: Dynamic<N>): Result<OptionValue>;
  getoption<N extends keyof OptionsOf<"udp">>(name: N): Result<OptionsOf<"udp">[N]>;
  getoption(name: string): Result<OptionValue> {
    return getOption(this, "udp", name);
  }

  /** Bytes received and sent, and the age of the socket in seconds. (LuaSocket has it for TCP) */
  getstats(): [received: number, sent: number, age: number] {
    const age = this.born === 0 ? 0 : reactor.clock.now() - this.born;
    return [this.inbox.received, this.bytesSent, age];
  }

  /** Set what `getstats` counts from; undefined leaves a figure as it is. (LuaSocket has it for TCP) */
  setstats(received?: number, sent?: number, age?: number): 1 {
    this.inbox.received = received ?? this.inbox.received;
    this.bytesSent = sent ?? this.bytesSent;
    if (age !== undefined) this.born = reactor.clock.now() - age;
    return 1;
  }

  /** Datagrams that were dropped because too many waited to be received. */
  get dropped(): number {
    return this.inbox.dropped;
  }

  /** Always false, as in LuaSocket: what `receive` leaves of a datagram is lost. */
  dirty(): boolean {
    return false;
  }

  /** @internal (select) */
  get selectable(): boolean {
    // LuaSocket makes the kernel's socket at once where the family is known.
    return !this.closed && (this.wire !== null || this.family !== 0);
  }
  /** @internal (select) */
  get readable(): boolean {
    return !this.inbox.empty || this.pendingError !== null;
  }
  /** @internal (select) */
  get writable(): boolean {
    return this.senders.empty && this.inFlight < MOST_IN_FLIGHT;
  }
}
