/** Receiving and sending one datagram, as waits. */
import { PENDING, reactor, type Pending } from "../../reactor/index.js";
import {
  changed,
  errorWord,
  fail,
  type Failure,
  ReceiveWait,
  type Result,
  SendWait,
  type SocketError,
} from "../object/index.js";
import type { Datagram } from "./inbox.js";
import type { UdpEndpoint } from "./endpoint.js";

/** A datagram with where it came from, as LuaSocket's `receivefrom` returns it. */
export type DatagramResult = [datagram: Buffer, ip: string, port: number] | Failure;

/** The datagram is taken when the task runs, so a halted receive leaves it to the next. */
abstract class Receiving<T> extends ReceiveWait<T | Failure, UdpEndpoint> {
  constructor(
    udp: UdpEndpoint,
    private readonly size: number,
  ) {
    super(udp);
  }
  get description(): string {
    return `receive on ${String(this.source)}`;
  }

  protected abstract result(data: Buffer, datagram: Datagram): T;

  protected attempt(): T | Failure | Pending {
    const { source, size } = this;
    if (!source.receivers.admits(this)) return PENDING;
    if (source.closed) return fail("closed");
    const error = source.takePending();
    if (error !== null)
      return fail(errorWord(error), {
        operation: "receive",
        address: source.peerAddress,
        cause: error,
      });
    if (source.inbox.empty) return PENDING;
    const datagram = source.inbox.shift();
    const { data } = datagram;
    return this.result(data.length > size ? data.subarray(0, size) : data, datagram);
  }
  protected override timedOut(): Failure {
    return fail("timeout");
  }
  protected enlist(): void {
    this.source.receivers.add(this);
  }
  protected leave(): void {
    const { source } = this;
    source.receivers.delete(this);
    if (source.readable || source.closed) source.receivers.first?.wake();
  }
}

export class ReceiveDatagram extends Receiving<Result<Buffer>> {
  protected result(data: Buffer): Result<Buffer> {
    return [data];
  }
}

export class ReceiveFrom extends Receiving<DatagramResult> {
  protected result(data: Buffer, { address, port }: Datagram): DatagramResult {
    return [data, address, port];
  }
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
export class SendDatagram extends SendWait<Result<number>, UdpEndpoint> {
  private flight: Flight | null = null;

  constructor(
    udp: UdpEndpoint,
    private readonly bytes: Buffer,
    private readonly port: number | undefined,
    private readonly ip: string | undefined,
  ) {
    super(udp);
  }
  get description(): string {
    return `send on ${String(this.target)}`;
  }

  protected attempt(): Result<number> | Pending {
    const { target, bytes, flight } = this;
    if (flight?.outcome) return this.refused(errorWord(flight.outcome), flight.outcome);
    if (flight?.outcome === null) return [bytes.length];
    if (target.closed) return this.refused("closed");
    if (flight !== null) return PENDING;
    const pending = target.takePending();
    if (pending !== null) return this.refused(errorWord(pending), pending);
    const patient = this.block > 0 && this.total > 0;
    if (!patient || target.outbox.trusts(this.ip, bytes.length)) {
      const error = target.outbox.transmit(bytes, this.port, this.ip, target.outbox.unheard);
      return error === null ? [bytes.length] : this.refused(error);
    }
    const begun = new Flight();
    const error = target.outbox.transmit(bytes, this.port, this.ip, (outcome) =>
      this.landed(begun, outcome),
    );
    if (error !== null) return this.refused(error);
    this.flight = begun;
    return PENDING;
  }

  private refused(error: SocketError, cause?: Error): Failure {
    const address = this.ip === undefined ? this.target.peerAddress : `${this.ip}:${this.port}`;
    return fail(error, { operation: "send", address, cause });
  }

  private landed(flight: Flight, outcome: Error | null): void {
    if (flight.unheard) return this.target.outbox.unheard(outcome);
    flight.outcome = outcome;
    this.target.outbox.answered(this.ip, outcome);
    this.enqueue();
    reactor.run();
  }

  protected override timedOut(): Result<number> {
    return fail("timeout");
  }
  /** It is the object's now: a halt stops the waiting only. What it stepped aside for is not waited for any more. */
  protected override halted(): void {
    const { target, bytes, flight } = this;
    if (flight !== null || target.closed) return;
    target.outbox.transmit(bytes, this.port, this.ip, target.outbox.unheard);
  }
  protected enlist(): void {
    this.target.senders.add(this);
  }
  protected leave(): void {
    const { target, flight } = this;
    target.senders.delete(this);
    // Performed again, it sends again.
    this.flight = null;
    if (flight !== null) flight.unheard = true;
    changed(target);
  }
}

/** Waits until Node has told of every datagram what became of it. */
export class FlushDatagrams extends SendWait<Result<1>, UdpEndpoint> {
  get description(): string {
    return `flush on ${String(this.target)}`;
  }
  protected attempt(): Result<1> | Pending {
    const { target } = this;
    if (target.closed) return fail("closed");
    return target.outbox.flushed ? [1] : PENDING;
  }
  protected override timedOut(): Result<1> {
    return fail("timeout");
  }
  protected enlist(): void {
    this.target.outbox.flushers.add(this);
  }
  protected leave(): void {
    this.target.outbox.flushers.delete(this);
  }
}
