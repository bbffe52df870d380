/** Datagrams on their way to the kernel: how many, and to whom one can be expected to leave. */
import { WaitList } from "../../reactor/index.js";

/** Longest datagram that IPv4 and IPv6 can both carry. */
const SAFE_LENGTH = 65_507;
/** Beyond this many, a sender waits: libuv queues without limit what the kernel does not take. */
const MOST_IN_FLIGHT = 64;
const MOST_PROVEN = 1024;

export class Outbox {
  /** Those that wait until nothing is in flight. */
  readonly flushers = new WaitList();
  /** Bytes that were sent. */
  sent = 0;
  /** Datagrams of which Node has not told yet what became of them. */
  private inFlight = 0;
  /** Addresses to which one has left: there is a route, and permission. */
  private readonly proven = new Set<string>();

  get flushed(): boolean {
    return this.inFlight === 0;
  }
  get full(): boolean {
    return this.inFlight >= MOST_IN_FLIGHT;
  }

  knows(ip: string): boolean {
    return this.proven.has(ip);
  }

  /** Whether a datagram can be expected to leave: see {@link SendDatagram}. */
  trusts(ip: string | undefined, length: number): boolean {
    if (length > SAFE_LENGTH || this.full) return false;
    return ip === undefined || this.knows(ip);
  }

  began(bytes: number): void {
    this.sent += bytes;
    this.inFlight++;
  }

  landed(): void {
    this.inFlight--;
    if (this.inFlight === 0 && !this.flushers.empty) this.flushers.wakeAll();
  }

  /** One has left to there. */
  proved(ip: string): void {
    if (this.proven.size >= MOST_PROVEN) this.proven.clear();
    this.proven.add(ip);
  }

  /** A broadcast that was allowed may be so no more. */
  doubt(): void {
    this.proven.clear();
  }
}
