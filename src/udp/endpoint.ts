/** What is inside of a UDP object: its socket, where that is bound and connected, what has arrived and what leaves. */
import type { Operation } from "effection";
import { reactor, Until, WaitList, type Fiber } from "../../reactor/index.js";
import { endpointName, type Family, Resolution } from "../address/index.js";
import {
  changed,
  Engine,
  errorWord,
  fail,
  type OptionAccess,
  type Result,
  type Selectable,
  type SocketError,
} from "../object/index.js";
import { current, type DatagramProtocol, type DatagramSocket } from "../network/index.js";
import { Inbox } from "./inbox.js";
import { Outbox, type Sendable } from "./outbox.js";
import { NamedOptions, Settings } from "../options/index.js";

export class UdpEndpoint extends Engine implements DatagramProtocol, Selectable, Sendable {
  /** Made when its family is known. */
  transport: DatagramSocket | null = null;
  bound = false;
  connected = false;
  family: Family;
  born = 0;
  readonly settings = new Settings(this);
  readonly reading = new Inbox(this);
  readonly writing = new Outbox(this);
  private readonly opening = new WaitList();
  /** An error that came outside of any call, for the next one. */
  private pendingError: Error | null = null;
  /** The system has been asked to bind or connect it, and has not answered yet. */
  private asked = false;

  constructor(
    /** What it was made for; 0: either. */
    private readonly made: Family,
    maker: Fiber | null = reactor.current,
  ) {
    super(maker);
    this.family = made;
  }

  override toString(): string {
    const { peerAddress } = this;
    const local = this.transport?.local();
    const where = local === undefined ? "" : ` ${endpointName(local)}`;
    const to = peerAddress === undefined ? "" : `->${peerAddress}`;
    return `udp{${this.connected ? "" : "un"}connected}${where}${to}${this.closed ? " (closed)" : ""}`;
  }

  get holder(): this {
    return this;
  }
  fd(): number {
    return this.transport?.fd() ?? -1;
  }
  get namedOptions(): OptionAccess {
    return new NamedOptions("udp", this);
  }

  /** Misuse throws TypeError. */
  mustBe(state: "connected" | "unconnected", what: string): void {
    if (this.connected === (state === "connected") || this.closed) return;
    const hint = state === "connected" ? "setpeername first" : 'setpeername("*") disconnects it';
    throw new TypeError(`${what}: udp{${state}} expected, but this is ${String(this)}: ${hint}`);
  }

  // ---- binding and connecting -------------------------------------------------------------------------------------

  /** Bind to a host's first address that can be had. */
  *bind(host: string, to: number): Operation<Result<1>> {
    if (this.obstacle !== null) return fail(this.obstacle);
    const resolution = new Resolution(host, this.family, true);
    if (!(yield* resolution.waitFor(this, host, this.timeouts.connect))) return fail("timeout");
    if (this.obstacle !== null) return fail(this.obstacle);
    this.lastError = resolution.cause;
    let error = resolution.error ?? "host or service not provided, or not known";
    for (const { address, family } of resolution.addresses ?? []) {
      // Another task may have bound, connected or closed it while this one waited.
      if (this.obstacle !== null) return fail(this.obstacle);
      const failure = yield* this.becoming(family, `bind ${address}:${to}`, (transport, done) =>
        transport.bind(address, to, done),
      );
      if (failure === null) return [1];
      error = failure;
    }
    return fail(error);
  }

  /** Why it cannot be bound now. */
  get obstacle(): SocketError | null {
    if (this.closed) return "closed";
    return this.bound || this.asked || this.connected ? "invalid argument" : null;
  }

  /** Be bound by `bind`. Null: it is; otherwise why not. */
  *becoming(
    family: 4 | 6,
    what: string,
    bind: (transport: DatagramSocket, done: (error: Error | null) => void) => void,
  ): Operation<SocketError | null> {
    const transport = this.open(family);
    const error = yield* this.settled(what, (done) => bind(transport, done));
    if (error === null) return this.becomeBound();
    // A socket whose bind failed cannot be used again for another family.
    if (!this.closed) this.drop();
    return error;
  }

  /** Any free port, for one who just sends. Node binds on the spot, so that what was set holds for the first datagram. */
  bindAnywhere(): SocketError | null {
    let failure: SocketError | null = null;
    this.transport!.bind(this.family === 6 ? "::" : "0.0.0.0", 0, (error) => {
      if (error === null) failure = this.becomeBound();
      else {
        this.lastError = error;
        failure = errorWord(error);
      }
    });
    return failure;
  }

  /** It has a port now: what was set before takes effect. */
  private becomeBound(): SocketError | null {
    if (this.bound || this.transport === null) return null;
    this.bound = true;
    try {
      this.settings.apply(this.transport);
      return null;
    } catch (error) {
      this.lastError = error as Error;
      this.drop();
      return errorWord(this.lastError);
    }
  }

  /** Connect to a host's first address, or to nobody ("*"). */
  *connect(host: string, to: number): Operation<Result<1>> {
    if (this.closed) return fail("closed");
    if (host === "*") return this.asked ? fail("operation already in progress") : this.disconnect();
    if (to === 0) return fail("invalid argument");
    const resolution = new Resolution(host, this.family);
    if (!(yield* resolution.waitFor(this, host, this.timeouts.connect))) return fail("timeout");
    // Another task may have closed it, or given it a peer or a family, while this one waited.
    if (this.closed) return fail("closed");
    if (resolution.addresses === null) {
      this.lastError = resolution.cause;
      return fail(resolution.error!);
    }
    const { address, family } = resolution.addresses[0]!;
    if (this.asked) return fail("operation already in progress");
    if (this.family !== 0 && this.family !== family)
      return fail("address family for hostname not supported");
    const before = this.disconnect();
    if (before[1] !== undefined) return before;
    const failure = yield* this.connectTo(family, address, to);
    return failure === null ? [1] : fail(failure);
  }

  private *connectTo(family: 4 | 6, address: string, port: number): Operation<SocketError | null> {
    const transport = this.open(family);
    const error = yield* this.settled(`connect to ${address}:${port}`, (done) =>
      transport.connect(address, port, done),
    );
    if (error !== null) {
      // Node may have bound it, of which nobody asked anything.
      if (!this.bound && !this.closed) this.drop();
      return error;
    }
    this.connected = true;
    // Datagrams of others that came before are not the peer's.
    this.reading.keep(address, port);
    return this.becomeBound();
  }

  private disconnect(): Result<1> {
    this.pendingError = null;
    if (!this.connected) return [1];
    this.connected = false;
    try {
      this.transport!.disconnect();
    } catch (error) {
      this.lastError = error as Error;
      return fail(errorWord(this.lastError));
    }
    return [1];
  }

  /** Wait for what `start` begins. Null: it succeeded. */
  private *settled(
    what: string,
    start: (done: (error: Error | null) => void) => void,
  ): Operation<SocketError | null> {
    const { opening } = this;
    let outcome: Error | null | undefined;
    this.asked = true;
    start((error) => {
      this.asked = false;
      outcome = error;
      opening.wakeAll();
    });
    const over = (): boolean => outcome !== undefined || this.closed;
    yield* new Until(what, "write", opening, over, Infinity);
    if (this.closed) return "closed";
    if (outcome === null || outcome === undefined) return null;
    this.lastError = outcome;
    return errorWord(outcome);
  }

  /** The socket, made when its family is known. */
  open(family: 4 | 6): DatagramSocket {
    if (this.transport !== null) return this.transport;
    if (this.owner?.over) this.owner = reactor.current;
    this.owner?.own(this);
    this.family = family;
    this.born = reactor.clock.now();
    this.opened();
    return (this.transport = current.network.datagrams(family, this.settings.options, this));
  }

  private drop(): void {
    this.transport?.close();
    this.transport = null;
    this.bound = this.connected = this.asked = false;
    this.family = this.made;
    this.gaveUp();
  }

  override close(): void {
    if (this.closed) return;
    this.closed = true;
    this.drop();
    for (const list of [this.reading.waiters, this.writing.waiters, this.opening]) list.wakeAll();
    changed(this);
    this.writing.flushers.wakeAll();
  }

  override transfer(owner: Fiber | null): void {
    this.ownedBy(owner);
  }

  override ownedBy(fiber: Fiber | null): void {
    this.owner?.disown(this);
    this.owner = fiber;
    if (this.transport !== null) fiber?.own(this);
  }

  // ---- what its socket tells --------------------------------------------------------------------------------------

  received(datagram: Buffer, address: string, port: number): void {
    if (!this.reading.push(datagram, address, port)) return;
    this.reading.waiters.first?.enqueue();
    changed(this);
    if (this.reading.roomy) reactor.runTogether();
    else reactor.run();
  }

  failed(error: Error): void {
    this.lastError = error;
    this.pendingError = error;
    this.reading.waiters.first?.enqueue();
    changed(this);
    reactor.run();
  }

  /** The pending error, once: lastError is about it. */
  takePending(): Error | null {
    const error = this.pendingError;
    this.pendingError = null;
    if (error !== null) this.lastError = error;
    return error;
  }

  override takeError(): SocketError | undefined {
    const error = this.takePending();
    return error === null ? undefined : errorWord(error);
  }

  /** Where the peer of a connected one is. */
  get peerAddress(): string | undefined {
    const peer = this.connected ? this.transport?.peer() : undefined;
    return peer && endpointName(peer);
  }

  // ---- select -----------------------------------------------------------------------------------------------------

  get selectable(): boolean {
    // LuaSocket makes the kernel's socket at once where the family is known.
    return !this.closed && (this.transport !== null || this.family !== 0);
  }
  get readable(): boolean {
    return !this.reading.empty || this.pendingError !== null;
  }
  get writable(): boolean {
    return this.writing.waiters.empty && !this.writing.full;
  }
}
