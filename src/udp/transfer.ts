/** Receiving and sending one datagram, as waits. */
import { PENDING, reactor, type Pending } from "../../reactor/index.js";
import {
  changed,
  errorWord,
  fail,
  type Failure,
  type Result,
  type SocketError,
  SocketWait,
} from "../object/index.js";
import type { UdpEndpoint } from "./endpoint.js";
import type { Datagram, Inbox } from "./inbox.js";
import type { Outbox } from "./outbox.js";

/** A datagram with where it came from, as LuaSocket's `receivefrom` returns it. */
export type DatagramResult = [datagram: Buffer, ip: string, port: number] | Failure;

/** The datagram is taken when the task runs, so a halted receive leaves it to the next. */
export class ReceiveDatagram<T> extends SocketWait<T | Failure, Inbox> {
  constructor(
    private readonly udp: UdpEndpoint,
    private readonly size: number,
    private readonly result: (data: Buffer, datagram: Datagram) => T,
  ) {
    super(udp.reading);
  }
  override get action(): string {
    return "receive";
  }
  get description(): string {
    return `receive on ${String(this.udp)}`;
  }

  protected attempt(): T | Failure | Pending {
    const { half, udp, size } = this;
    if (!half.waiters.admits(this)) return PENDING;
    if (udp.closed) return fail("closed");
    const cause = udp.takePending();
    if (cause !== null)
      return fail(errorWord(cause), { operation: "receive", address: udp.peerAddress, cause });
    if (half.empty) return PENDING;
    const datagram = half.shift();
    const { data } = datagram;
    return this.result(data.length > size ? data.subarray(0, size) : data, datagram);
  }
  protected override timedOut(): Failure {
    return fail("timeout");
  }
  protected enlist(): void {
    this.half.waiters.add(this);
  }
  protected leave(): void {
    const { udp } = this;
    const { waiters } = this.half;
    waiters.delete(this);
    if (udp.readable || udp.closed) waiters.first?.wake();
  }
}

/** What `receive` gives of a datagram. */
export function alone(data: Buffer): Result<Buffer> {
  return [data];
}

/** What `receivefrom` gives of it. */
export function withSender(data: Buffer, { address, port }: Datagram): DatagramResult {
  return [data, address, port];
}

/** A datagram that the kernel has been given, and what became of it: undefined while nobody knows. */
class Flight {
  outcome: Error | null | undefined = undefined;
  /** Nobody waits for it any more. */
  unheard = false;
}

/**
 * Sends one datagram. Node tells a tick later what became of it; that is waited for where an error is to be expected: at the
 * first datagram to an address (no route, no permission), at one that may be too long, and when the kernel is full. Elsewhere an error
 * is the next call's, as an ICMP message is: waiting costs a fifth of the throughput (docs/rationale.md).
 */
export class SendDatagram extends SocketWait<Result<number>, Outbox> {
  private flight: Flight | null = null;

  constructor(
    private readonly udp: UdpEndpoint,
    private readonly bytes: Buffer,
    private readonly port: number | undefined,
    private readonly ip: string | undefined,
  ) {
    super(udp.writing);
  }
  get description(): string {
    return `send on ${String(this.udp)}`;
  }

  protected attempt(): Result<number> | Pending {
    const { udp, bytes, flight } = this;
    if (flight?.outcome) return this.refused(errorWord(flight.outcome), flight.outcome);
    if (flight?.outcome === null) return [bytes.length];
    if (udp.closed) return this.refused("closed");
    if (flight !== null) return PENDING;
    const pending = udp.takePending();
    if (pending !== null) return this.refused(errorWord(pending), pending);
    const patient = this.block > 0 && this.total > 0;
    if (!patient || this.half.trusts(this.ip, bytes.length)) {
      const error = this.half.transmit(bytes, this.port, this.ip, this.half.unheard);
      return error === null ? [bytes.length] : this.refused(error);
    }
    const begun = new Flight();
    const error = this.half.transmit(bytes, this.port, this.ip, (outcome) =>
      this.landed(begun, outcome),
    );
    if (error !== null) return this.refused(error);
    this.flight = begun;
    return PENDING;
  }

  private refused(error: SocketError, cause?: Error): Failure {
    const address = this.ip === undefined ? this.udp.peerAddress : `${this.ip}:${this.port}`;
    return fail(error, { operation: "send", address, cause });
  }

  private landed(flight: Flight, outcome: Error | null): void {
    if (flight.unheard) return this.half.unheard(outcome);
    flight.outcome = outcome;
    this.half.answered(this.ip, outcome);
    this.enqueue();
    reactor.run();
  }

  protected override timedOut(): Result<number> {
    return fail("timeout");
  }
  /** It is the object's now: a halt stops the waiting only. What it stepped aside for is not waited for any more. */
  protected override halted(): void {
    const { udp, bytes, flight } = this;
    if (flight !== null || udp.closed) return;
    this.half.transmit(bytes, this.port, this.ip, this.half.unheard);
  }
  protected enlist(): void {
    this.half.waiters.add(this);
  }
  protected leave(): void {
    const { udp, flight } = this;
    this.half.waiters.delete(this);
    // Performed again, it sends again.
    this.flight = null;
    if (flight !== null) flight.unheard = true;
    changed(udp);
  }
}

/** Waits until Node has told of every datagram what became of it. */
export class FlushDatagrams extends SocketWait<Result<1>, Outbox> {
  constructor(private readonly udp: UdpEndpoint) {
    super(udp.writing);
  }
  get description(): string {
    return `flush on ${String(this.udp)}`;
  }
  protected attempt(): Result<1> | Pending {
    const { udp } = this;
    if (udp.closed) return fail("closed");
    return this.half.flushed ? [1] : PENDING;
  }
  protected override timedOut(): Result<1> {
    return fail("timeout");
  }
  protected enlist(): void {
    this.half.flushers.add(this);
  }
  protected leave(): void {
    this.half.flushers.delete(this);
  }
}
