/** Receiving and sending one datagram, as waits. */
import { PENDING, reactor, type Pending } from "../../reactor/index.js";
import { errorWord } from "../errors.js";
import { fail, type Failure, type Result } from "../result.js";
import { ReceiveWait, SendWait } from "../socket-wait.js";
import { changed } from "../watch.js";
import type { Datagram } from "./inbox.js";
import type { DatagramResult, Udp } from "./udp.js";

/** The datagram is taken when the task runs, so a halted receive leaves it to the next. */
abstract class Receiving<T> extends ReceiveWait<T | Failure, Udp> {
  constructor(
    udp: Udp,
    private readonly size: number,
  ) {
    super(udp);
  }
  get description(): string {
    return `receive on ${String(this.socket)}`;
  }

  protected abstract result(data: Buffer, datagram: Datagram): T;

  protected attempt(): T | Failure | Pending {
    const { socket, size } = this;
    if (!socket.receivers.admits(this)) return PENDING;
    if (socket.closed) return fail("closed");
    const error = socket.takeError();
    if (error !== undefined) return fail(error);
    if (socket.inbox.empty) return PENDING;
    const datagram = socket.inbox.shift();
    const { data } = datagram;
    return this.result(data.length > size ? data.subarray(0, size) : data, datagram);
  }
  protected override timedOut(): Failure {
    return fail("timeout");
  }
  protected enlist(): void {
    this.socket.receivers.add(this);
  }
  protected leave(): void {
    const { socket } = this;
    socket.receivers.delete(this);
    if (socket.readable || socket.closed) socket.receivers.first?.wake();
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
export class SendDatagram extends SendWait<Result<number>, Udp> {
  private flight: Flight | null = null;

  constructor(
    udp: Udp,
    private readonly bytes: Buffer,
    private readonly port: number | undefined,
    private readonly ip: string | undefined,
  ) {
    super(udp);
  }
  get description(): string {
    return `send on ${String(this.socket)}`;
  }

  protected attempt(): Result<number> | Pending {
    const { socket, bytes, flight } = this;
    if (flight?.outcome) return fail(errorWord(flight.outcome));
    if (flight?.outcome === null) return [bytes.length];
    if (socket.closed) return fail("closed");
    if (flight !== null) return PENDING;
    const pending = socket.takeError();
    if (pending !== undefined) return fail(pending);
    const patient = this.block > 0 && this.total > 0;
    if (!patient || socket.trusts(this.ip, bytes.length)) {
      const error = socket.transmit(bytes, this.port, this.ip, socket.unheard);
      return error === null ? [bytes.length] : fail(error);
    }
    const begun = new Flight();
    const error = socket.transmit(bytes, this.port, this.ip, (outcome) =>
      this.landed(begun, outcome),
    );
    if (error !== null) return fail(error);
    this.flight = begun;
    return PENDING;
  }

  private landed(flight: Flight, outcome: Error | null): void {
    if (flight.unheard) return this.socket.unheard(outcome);
    flight.outcome = outcome;
    this.socket.answered(this.ip, outcome);
    this.enqueue();
    reactor.run();
  }

  protected override timedOut(): Result<number> {
    return fail("timeout");
  }
  protected enlist(): void {
    this.socket.senders.add(this);
  }
  protected leave(): void {
    const { socket, flight } = this;
    socket.senders.delete(this);
    // Performed again, it sends again.
    this.flight = null;
    if (flight !== null) flight.unheard = true;
    changed(socket);
  }
}

/** Waits until Node has told of every datagram what became of it. */
export class FlushDatagrams extends SendWait<Result<1>, Udp> {
  get description(): string {
    return `flush on ${String(this.socket)}`;
  }
  protected attempt(): Result<1> | Pending {
    const { socket } = this;
    if (socket.closed) return fail("closed");
    return socket.flushed ? [1] : PENDING;
  }
  protected override timedOut(): Result<1> {
    return fail("timeout");
  }
  protected enlist(): void {
    this.socket.flushers.add(this);
  }
  protected leave(): void {
    this.socket.flushers.delete(this);
  }
}
