import {
  PENDING,
  reactor,
  Wait,
  WaitList,
  type Deadline,
  type Fiber,
  type Pending,
} from "../../reactor/index.js";
import { errorWord } from "../errors.js";
import { current, type Door, type Wire } from "../network/index.js";
import type { Result } from "../result.js";
import type { Tcp } from "./tcp.js";

/** Connections that may wait to be accepted, unless `bind` or `listen` says otherwise. Node's own default. */
export const BACKLOG = 511;

/**
 * The port of a server, and the connections that have come in and are not accepted yet.
 *
 * Node accepts from the kernel by itself. A connection reads ahead at most its bounded buffer until it is accepted, and what
 * comes while `backlog` of them wait is closed at once and counted.
 */
export class Listener {
  /** Connections that were closed because too many waited. */
  refused = 0;
  backlog = BACKLOG;
  readonly acceptors = new WaitList();
  private waiting: Tcp[] = [];
  private next = 0;
  private door: Door | null = null;

  constructor(private readonly server: Tcp) {}

  /** Begin to listen; `done` is told the outcome. */
  open(address: string, port: number, done: (error: Error | null) => void): void {
    const { options } = this.server;
    this.door = current.network.listen(
      // The kernel's own queue only bridges a burst: what is beyond it would have to knock again after a second.
      {
        address,
        port,
        backlog: Math.max(this.backlog, BACKLOG),
        ipv6Only: options.v6only,
        reusePort: options.reuseport,
      },
      (wire) => this.incoming(wire),
      (error) => {
        // Node could not accept, for instance with too many open files. It tries again when it can.
        this.server.lastError = error;
      },
      done,
    );
  }

  local(): ReturnType<Door["local"]> {
    return this.door?.local();
  }

  fd(): number {
    return this.door?.fd() ?? -1;
  }

  private incoming(wire: Wire): void {
    if (this.waiting.length - this.next >= this.backlog) {
      this.refused++;
      wire.reset();
      return;
    }
    this.waiting.push(this.server.accepted(wire));
    this.acceptors.first?.enqueue();
    reactor.run();
  }

  get empty(): boolean {
    return this.next === this.waiting.length;
  }

  take(): Tcp {
    const client = this.waiting[this.next++]!;
    if (this.empty) {
      this.waiting = [];
      this.next = 0;
    }
    return client;
  }

  /** Free the port. Connections that nobody accepted are closed. */
  close(): void {
    this.door?.close();
    this.door = null;
    while (!this.empty) this.take().close();
    this.acceptors.wakeAll();
  }
}

/** `accept`: the connection is taken when the task runs, so a halted accept leaves it to the next. */
export class Accept extends Wait<Result<Tcp>> {
  readonly kind = "read";
  private readonly owner: Fiber | null;

  constructor(
    private readonly server: Tcp,
    private readonly listener: Listener,
  ) {
    super();
    this.owner = reactor.current;
  }
  get description(): string {
    return `accept on ${String(this.server)}`;
  }
  protected override get block(): number {
    return this.server.timeouts.receive;
  }
  protected override get total(): number {
    return this.server.timeouts.total;
  }
  protected override get deadline(): Deadline {
    return this.server.readDeadline;
  }
  protected attempt(): Result<Tcp> | Pending {
    if (this.server.closed) return [undefined, "closed", undefined];
    const { listener } = this;
    if (listener.empty || !listener.acceptors.admits(this)) return PENDING;
    const client = listener.take();
    client.ownedBy(this.owner);
    return [client];
  }
  protected override timedOut(): Result<Tcp> {
    return [undefined, "timeout", undefined];
  }
  protected enlist(): void {
    this.listener.acceptors.add(this);
  }
  protected leave(): void {
    const { acceptors, empty } = this.listener;
    acceptors.delete(this);
    if (!empty) acceptors.first?.wake();
  }
}

/** The outcome of opening a listener, for those who wait for it. */
export class Opening {
  readonly waiters = new WaitList();
  done = false;
  error: Error | null = null;
  constructor(listener: Listener, address: string, port: number) {
    listener.open(address, port, (error) => {
      this.done = true;
      this.error = error;
      this.waiters.wakeAll();
    });
  }
  get word() {
    return this.error === null ? null : errorWord(this.error);
  }
}
