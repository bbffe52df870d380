/** Datagrams on their way to the kernel: where they go, how many there are, and of whom one can be expected to leave. */
import { WaitList } from "../../reactor/index.js";
import { type Family, inFamily, literal } from "../address/index.js";
import type { DatagramSocket } from "../network/index.js";
import { changed, type SocketError, type Timeouts } from "../object/index.js";
import { Side } from "./side.js";

/** Longest datagram that IPv4 and IPv6 can both carry. */
const SAFE_LENGTH = 65_507;
/** Beyond this many, a sender waits: libuv queues without limit what the kernel does not take. */
const MOST_IN_FLIGHT = 64;
const MOST_PROVEN = 1024;

/** Whose datagrams they are. */
export interface Sendable {
  readonly timeouts: Timeouts;
  readonly closed: boolean;
  readonly connected: boolean;
  readonly bound: boolean;
  readonly family: Family;
  readonly transport: DatagramSocket | null;
  lastError: Error | undefined;
  /** See to it that there is a socket. */
  open(family: 4 | 6): DatagramSocket;
  /** Null: it has a port now. */
  bindAnywhere(): SocketError | null;
  /** An error that belongs to no call. */
  failed(error: Error): void;
}

export class Outbox extends Side {
  /** Those that wait until nothing is in flight. */
  readonly flushers = new WaitList();
  /** Bytes that were sent. */
  sent = 0;
  /** Datagrams of which Node has not told yet what became of them. */
  private inFlight = 0;
  /** Addresses to which one has left: there is a route, and permission. */
  private readonly proven = new Set<string>();

  constructor(private readonly socket: Sendable) {
    super();
  }
  get kind(): "write" {
    return "write";
  }
  get of(): object {
    return this.socket;
  }
  get timeouts(): Timeouts {
    return this.socket.timeouts;
  }
  get timeout(): number {
    return this.timeouts.send;
  }

  get flushed(): boolean {
    return this.inFlight === 0;
  }
  get full(): boolean {
    return this.inFlight >= MOST_IN_FLIGHT;
  }

  /** Hand a datagram to the kernel; a word at once if that cannot be. */
  transmit(
    bytes: Buffer,
    port: number | undefined,
    ip: string | undefined,
    done: (error: Error | null) => void,
  ): SocketError | null {
    const { socket } = this;
    const refusal = this.refusal(port, ip);
    if (refusal !== null) return refusal;
    const unbound = socket.bound ? null : socket.bindAnywhere();
    if (unbound !== null) return unbound;
    this.sent += bytes.length;
    this.inFlight++;
    socket.transport!.send(bytes, port, ip === undefined ? ip : this.destination(ip), done);
    return null;
  }

  /** Why nothing can be sent there; null otherwise: then there is a socket for it. */
  private refusal(port: number | undefined, ip: string | undefined): SocketError | null {
    const { socket } = this;
    if (ip === undefined) return socket.connected ? null : "transport endpoint is not connected";
    if (socket.connected) return "already connected";
    if (port === 0) return "invalid argument";
    if (this.proven.has(ip)) return null;
    const known = literal(this.destination(ip));
    if (known === null) return "host or service not provided, or not known";
    const address = inFamily(known, socket.family);
    if (address === null) return "address family for hostname not supported";
    socket.open(address.family);
    return null;
  }

  /** Where `ip` is, in the socket's family. */
  private destination(ip: string): string {
    const { family } = this.socket;
    if (ip === "*") return family === 6 ? "::1" : "127.0.0.1";
    if (family !== 4 || !ip.startsWith("::")) return ip;
    return inFamily({ address: ip, family: 6 }, 4)?.address ?? ip;
  }

  /** Whether a datagram can be expected to leave: see {@link SendDatagram}. */
  trusts(ip: string | undefined, length: number): boolean {
    if (length > SAFE_LENGTH || this.full) return false;
    return ip === undefined || this.proven.has(ip);
  }

  /** What became of a datagram to `ip` that somebody waits for. */
  answered(ip: string | undefined, error: Error | null): void {
    this.landed();
    if (error !== null) this.socket.lastError = error;
    else if (ip !== undefined) this.proved(ip);
  }

  /** What became of a datagram that nobody waits for. */
  readonly unheard = (error: Error | null): void => {
    this.landed();
    if (error !== null && !this.socket.closed) this.socket.failed(error);
  };

  private landed(): void {
    this.inFlight--;
    if (this.inFlight === 0 && !this.flushers.empty) this.flushers.wakeAll();
    changed(this.socket);
  }

  private proved(ip: string): void {
    if (this.proven.size >= MOST_PROVEN) this.proven.clear();
    this.proven.add(ip);
  }

  /** A broadcast that was allowed may be so no more. */
  doubt(): void {
    this.proven.clear();
  }
}
