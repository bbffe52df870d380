import {
  PENDING,
  reactor,
  WaitList,
  type Fiber,
  type Pending,
  shown,
} from "../../reactor/index.js";
import {
  changed,
  errorWord,
  Fifo,
  open,
  type Result,
  type Selectable,
  SocketWait,
} from "../object/index.js";
import {
  current,
  type ListenerHandle,
  type ListenPlace,
  type Transport,
} from "../network/index.js";
import type { Connection, ReadHalf } from "../connection/index.js";

/** Connections that may wait to be accepted, unless `bind` or `listen` says otherwise. Node's own default. */
export const BACKLOG = 511;

/** Whoever serves a listener, as others see it. */
export interface Service {
  readonly name: string;
  /** Connections that have a handler, and handlers that have failed. */
  readonly live: number;
  readonly errors: number;
}

/** Whoever listens, or has come in. */
export interface Server {
  readonly connection: Connection;
  /** What is made of a connection that has come in. */
  accepted(transport: Transport): Server;
  /** The object that the program gets. */
  readonly handle: object;
}

/**
 * Where a server listens, and the connections that have come in and are not accepted yet.
 *
 * Node accepts from the kernel by itself. A connection reads ahead at most its bounded buffer until it is accepted, and what
 * comes while `backlog` of them wait is closed at once and counted. One may always wait, as in the kernel (listen(2) with 0).
 */
export class Listener implements Selectable {
  /** Connections that were closed because too many waited. */
  refused = 0;
  /** Those that came in otherwise. */
  accepted = 0;
  readonly acceptors = new WaitList();
  /** For those who wait until it listens. */
  readonly opening = new WaitList();
  /** Whether it listens, or failed to, is known. */
  opened = false;
  /** `listen` was called: it is a server, and not only bound. */
  asked = false;
  /** Nobody listens here any more: what still waits can be accepted, and nothing comes. */
  over = false;
  /** Told of that, once. */
  readonly ending = new Set<() => void>();
  error: Error | null = null;
  /** Whoever serves it takes those that wait, also when it is closed. */
  service: Service | null = null;
  /** Takes what comes in before an object is made of it. False: it does not take this one. */
  direct: ((transport: Transport) => boolean) | null = null;
  /** It is over, and no connection is on its way here any more, as far as that matters to whoever serves it. */
  settled = false;
  private readonly waiting = new Fifo<Server>();
  private handle: ListenerHandle | null = null;

  constructor(
    private readonly server: Server,
    public backlog: number,
  ) {}

  /** Begin to listen; `opened` tells when the outcome is known. */
  open(place: ListenPlace): void {
    this.handle = current.network.listen(
      place,
      // The kernel's own queue only bridges a burst: what is beyond it would have to knock again after a second.
      Math.max(this.backlog, BACKLOG),
      (transport) => this.incoming(transport),
      (error) => {
        // Node could not accept, for instance with too many open files. It tries again when it can.
        this.server.connection.lastError = error;
      },
      (error) => {
        this.opened = true;
        this.error = error;
        this.opening.wakeAll();
      },
      () => {
        this.settled = true;
        this.end();
      },
    );
  }

  /** Nothing comes any more. */
  private end(): void {
    if (this.over) return;
    this.over = true;
    this.handle = null;
    this.acceptors.wakeAll();
    this.opening.wakeAll();
    for (const tell of this.ending) tell();
    changed(this.server.connection);
  }

  local(): ReturnType<ListenerHandle["local"]> {
    return this.handle?.local();
  }

  fd(): number {
    return this.handle?.fd() ?? -1;
  }

  /** Whether it keeps the process alive. */
  hold(on: boolean): void {
    this.handle?.hold(on);
  }

  private incoming(transport: Transport): void {
    if (this.waiting.length >= Math.max(this.backlog, 1)) {
      this.refused++;
      open.sockets.totals.refused++;
      transport.reset();
      return;
    }
    this.accepted++;
    open.sockets.totals.accepted++;
    if (this.direct !== null && this.empty && !this.over && this.direct(transport)) return;
    this.waiting.push(this.server.accepted(transport));
    this.acceptors.first?.enqueue();
    changed(this.server.connection);
    reactor.run();
  }

  /** `listen` */
  listen(backlog: number): [1] {
    this.backlog = backlog;
    this.asked = true;
    return [1];
  }

  /** (select) */
  get selectable(): boolean {
    return true;
  }
  get readable(): boolean {
    return !this.empty || this.over;
  }
  get writable(): boolean {
    return false;
  }

  /** How many wait to be accepted. */
  get waits(): number {
    return this.waiting.length;
  }
  get empty(): boolean {
    return this.waiting.length === 0;
  }

  take(): Server {
    return this.waiting.shift();
  }

  /** Stop to listen. Connections that nobody will accept are reset, as the kernel does with those that it has. */
  close(): void {
    const settle = (): void => {
      this.settled = true;
      this.opening.wakeAll();
    };
    if (this.service === null) this.abandon();
    if (this.handle === null) settle();
    else this.handle.close(this.service === null ? undefined : settle);
    this.end();
  }

  /** Nobody will accept those that wait. */
  abandon(): void {
    while (!this.empty) this.take().connection.abandon();
  }

  /** The word for why it does not listen; null if it does. */
  get word() {
    return this.error === null ? null : errorWord(this.error);
  }
}

/** `accept`: the connection is taken when the task runs, so a halted accept leaves it to the next. */
export class Accept extends SocketWait<Result<object>, ReadHalf> {
  private readonly owner: Fiber | null;

  constructor(
    { connection }: Server,
    private readonly listener: Listener,
    /** Whether the server's timeouts are not for it. */
    private readonly patient: boolean,
  ) {
    super(connection.reading);
    this.owner = reactor.current;
  }
  override get action(): string {
    return "accept";
  }
  get description(): string {
    return `accept on ${String(this.half)}`;
  }
  protected attempt(): Result<object> | Pending {
    const { listener } = this;
    if (listener.over && listener.empty) return [undefined, "closed", undefined];
    if (listener.empty || !listener.acceptors.admits(this)) return PENDING;
    const client = listener.take();
    client.connection.ownedBy(this.owner);
    return [client.handle];
  }
  protected override get block(): number {
    return this.patient ? Infinity : super.block;
  }
  protected override get total(): number {
    return this.patient ? Infinity : super.total;
  }
  protected override timedOut(): Result<object> {
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

/** Misuse throws TypeError. */
export function checkBacklog(backlog: unknown): void {
  if (typeof backlog === "number" && Number.isInteger(backlog) && backlog >= 0) return;
  throw new TypeError(`the backlog must be a whole number of connections, not ${shown(backlog)}`);
}
