/** Receiving and sending one datagram, as waits. */
import {
  PENDING,
  reactor,
  Wait,
  type Deadline,
  type Pending,
  type WaitKind,
} from "../../reactor/index.js";
import { errorWord, type SocketError } from "../errors.js";
import { fail, type Failure, type Result } from "../result.js";
import type { Datagram } from "./inbox.js";
import type { DatagramResult, Udp } from "./udp.js";

/** The datagram is taken when the task runs, so a halted receive leaves it to the next. */
abstract class Receiving<T> extends Wait<T | Failure> {
  constructor(
    protected readonly udp: Udp,
    private readonly size: number,
  ) {
    super();
  }
  get kind(): WaitKind {
    return "read";
  }
  get description(): string {
    return `receive on ${String(this.udp)}`;
  }
  protected override get block(): number {
    return this.udp.timeouts.receive;
  }
  protected override get total(): number {
    return this.udp.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.udp.readDeadline;
  }

  protected abstract result(data: Buffer, datagram: Datagram): T;

  protected attempt(): T | Failure | Pending {
    const { udp, size } = this;
    if (!udp.receivers.admits(this)) return PENDING;
    if (udp.closed) return fail("closed");
    const error = udp.takeError();
    if (error !== null) return fail(error);
    if (udp.inbox.empty) return PENDING;
    const datagram = udp.inbox.shift();
    const { data } = datagram;
    return this.result(data.length > size ? data.subarray(0, size) : data, datagram);
  }
  protected override timedOut(): Failure {
    return fail("timeout");
  }
  protected enlist(): void {
    this.udp.receivers.add(this);
  }
  protected leave(): void {
    const { udp } = this;
    udp.receivers.delete(this);
    if (udp.readable || udp.closed) udp.receivers.first?.wake();
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

/**
 * Sends one datagram. Node tells a tick later what became of it; that is waited for where an error is to be expected: at the
 * first datagram to an address (no route, no permission), at one that may be too long, and when the kernel is full. Elsewhere an error
 * is the next call's, as an ICMP message is: waiting costs a fifth of the throughput (docs/rationale.md).
 */
export class SendDatagram extends Wait<Result<number>> {
  private state: "fresh" | "sent" | "done" | "unheard" = "fresh";
  private error: SocketError | null = null;

  constructor(
    private readonly udp: Udp,
    private readonly bytes: Buffer,
    private readonly port: number | undefined,
    private readonly ip: string | undefined,
  ) {
    super();
  }
  get kind(): WaitKind {
    return "write";
  }
  get description(): string {
    return `send on ${String(this.udp)}`;
  }
  protected override get block(): number {
    return this.udp.timeouts.send;
  }
  protected override get total(): number {
    return this.udp.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.udp.writeDeadline;
  }

  protected attempt(): Result<number> | Pending {
    const { udp, bytes } = this;
    if (this.state === "done") return this.error === null ? [bytes.length] : fail(this.error);
    if (udp.closed) return fail("closed");
    if (this.state === "sent") return PENDING;
    const pending = udp.takeError();
    if (pending !== null) return fail(pending);
    const patient = this.block > 0 && this.total > 0;
    const trusted = !patient || udp.trusts(this.ip, bytes.length);
    const done = trusted ? udp.unheard : (error: Error | null) => this.answered(error);
    const error = udp.transmit(bytes, this.port, this.ip, done);
    if (error !== null) return fail(error);
    if (trusted) return [bytes.length];
    this.state = "sent";
    return PENDING;
  }

  private answered(error: Error | null): void {
    if (this.state === "unheard") return this.udp.unheard(error);
    this.state = "done";
    if (error === null) this.udp.proved(this.ip);
    else {
      this.udp.lastError = error;
      this.error = errorWord(error);
    }
    this.udp.answered();
    this.enqueue();
    reactor.run();
  }

  protected override timedOut(): Result<number> {
    this.state = "unheard";
    return fail("timeout");
  }
  protected override halted(): void {
    this.state = "unheard";
  }
  protected enlist(): void {
    this.udp.senders.add(this);
  }
  protected leave(): void {
    this.udp.senders.delete(this);
  }
}
