/** Receiving and sending one datagram, as waits. */
import { PENDING, reactor, type Pending } from "../../reactor/index.js";
import { errorWord, type SocketError } from "../errors.js";
import { fail, type Failure, type Result } from "../result.js";
import { ReceiveWait, SendWait } from "../socket-wait.js";
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
    if (error !== null) return fail(error);
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

/**
 * Sends one datagram. Node tells a tick later what became of it; that is waited for where an error is to be expected: at the
 * first datagram to an address (no route, no permission), at one that may be too long, and when the kernel is full. Elsewhere an error
 * is the next call's, as an ICMP message is: waiting costs a fifth of the throughput (docs/rationale.md).
 */
export class SendDatagram extends SendWait<Result<number>, Udp> {
  private state: "fresh" | "sent" | "done" | "unheard" = "fresh";
  private error: SocketError | null = null;

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
    const { socket, bytes } = this;
    if (this.state === "done") return this.error === null ? [bytes.length] : fail(this.error);
    if (socket.closed) return fail("closed");
    if (this.state === "sent") return PENDING;
    const pending = socket.takeError();
    if (pending !== null) return fail(pending);
    const patient = this.block > 0 && this.total > 0;
    const trusted = !patient || socket.trusts(this.ip, bytes.length);
    const done = trusted ? socket.unheard : (error: Error | null) => this.answered(error);
    const error = socket.transmit(bytes, this.port, this.ip, done);
    if (error !== null) return fail(error);
    if (trusted) return [bytes.length];
    this.state = "sent";
    return PENDING;
  }

  private answered(error: Error | null): void {
    if (this.state === "unheard") return this.socket.unheard(error);
    this.state = "done";
    this.socket.answered(this.ip, error);
    if (error !== null) this.error = errorWord(error);
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
    this.socket.senders.add(this);
  }
  protected leave(): void {
    this.socket.senders.delete(this);
  }
}
