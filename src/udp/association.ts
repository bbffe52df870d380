/** Where a UDP object is bound and connected, and whom it belongs to. */
import type { Operation } from "effection";
import {
  operation,
  reactor,
  Until,
  WaitList,
  type Belonging,
  type Fiber,
  type Yieldable,
} from "../../reactor/index.js";
import { endpointName, hostName, portNumber, Resolution, type Family } from "../address.js";
import { errorWord, type SocketError } from "../errors.js";
import { current, type DatagramLink, type Datagrams } from "../network/index.js";
import { fail, type AddressResult, type Result } from "../result.js";
import { changed } from "../watch.js";
import { Inbox } from "./inbox.js";
import { Settings } from "./settings.js";

export abstract class Association extends Settings implements DatagramLink, Belonging {
  /** @internal What has arrived. */
  readonly inbox = new Inbox();
  /** @internal */
  readonly receivers = new WaitList();
  /** @internal */
  readonly senders = new WaitList();
  private readonly opening = new WaitList();
  /** An error that came outside of any call, for the next one. */
  protected pendingError: SocketError | null = null;
  private connected_ = false;
  /** The system has been asked to bind or connect it, and has not answered yet. */
  private asked = false;
  protected born = 0;

  constructor(
    /** What it was made for; 0: either. */
    private readonly made: Family,
    private owner_: Fiber | null,
  ) {
    super(made);
  }

  abstract received(datagram: Buffer, address: string, port: number): void;
  abstract failed(error: Error): void;

  override toString(): string {
    const [local, peer] = [this.wire?.local(), this.connected ? this.wire?.peer() : undefined];
    const where = local === undefined ? "" : ` ${endpointName(local)}`;
    const to = peer === undefined ? "" : `->${endpointName(peer)}`;
    return `udp{${this.connected ? "" : "un"}connected}${where}${to}${this.closed ? " (closed)" : ""}`;
  }

  /** @internal */
  get connected(): boolean {
    return this.connected_;
  }

  /**
   * Bind to a local address and port.
   *
   * @param host a name, an address, or "*" for all IPv4 interfaces (IPv6 for udp6)
   * @param port 0 for any free one: see getsockname
   * @returns `[1]`, or "address already in use", "permission denied", "invalid argument" (it is bound already), ...
   * TypeError for a bad port and for a connected object. Cancelling leaves it as it was. (LuaSocket:
   * unconnected:setsockname)
   */
  setsockname(host: string, port: number | `${number}`): Yieldable<Result<1>> {
    const to = portNumber(port, "setsockname");
    hostName(host, "setsockname");
    this.mustBe("unconnected", "setsockname");
    return operation(`setsockname ${host}:${to}`, () =>
      this.attempting("bind", `${host}:${to}`, this.binding(host, to)),
    );
  }

  private *binding(host: string, to: number): Operation<Result<1>> {
    if (this.obstacle !== null) return fail(this.obstacle);
    const resolution = new Resolution(host, this.family, true);
    if (!(yield* resolution.waitFor(this, host, this.timeouts.connect))) return fail("timeout");
    if (this.obstacle !== null) return fail(this.obstacle);
    this.lastError = resolution.cause;
    let error = resolution.error ?? "host or service not provided, or not known";
    for (const { address, family } of resolution.addresses ?? []) {
      // Another task may have bound, connected or closed it while this one waited.
      if (this.obstacle !== null) return fail(this.obstacle);
      const failure = yield* this.bind(family, address, to);
      if (failure === null) return [1];
      error = failure;
    }
    return fail(error);
  }

  /** Why it cannot be bound now. */
  private get obstacle(): SocketError | null {
    if (this.closed) return "closed";
    return this.bound || this.asked || this.connected ? "invalid argument" : null;
  }

  private *bind(family: 4 | 6, address: string, port: number): Operation<SocketError | null> {
    const wire = this.open(family);
    const error = yield* this.settled(`bind ${address}:${port}`, (done) =>
      wire.bind(address, port, done),
    );
    if (error === null) return this.becomeBound();
    // A socket whose bind failed cannot be used again for another family.
    if (!this.closed) this.drop();
    return error;
  }

  /** Any free port, for one who just sends. Node binds on the spot, so that what was set holds for the first datagram. */
  protected bindAnywhere(): SocketError | null {
    let failure: SocketError | null = null;
    this.wire!.bind(this.family === 6 ? "::" : "0.0.0.0", 0, (error) => {
      if (error === null) failure = this.becomeBound();
      else {
        this.lastError = error;
        failure = errorWord(error);
      }
    });
    return failure;
  }

  /** It has a port now: what was set before takes effect. */
  protected becomeBound(): SocketError | null {
    if (this.bound || this.wire === null) return null;
    this.bound = true;
    try {
      this.applySettings(this.wire);
      return null;
    } catch (error) {
      this.lastError = error as Error;
      this.drop();
      return errorWord(this.lastError);
    }
  }

  /**
   * Connect: only this peer's datagrams arrive, `send` goes there, and its refusals are told. Faster, too.
   *
   * @param host a name or an address; "*" disconnects (Linux takes the port away then, unless setsockname named it)
   * @returns `[1]`, or "host or service not provided, or not known", "timeout" (of the resolver), "invalid argument"
   * (port 0), ... TypeError for a bad port. Cancelling leaves it as it was. (LuaSocket: udp:setpeername)
   */
  setpeername(host: string, port: number | `${number}` = 0): Yieldable<Result<1>> {
    hostName(host, "setpeername");
    const to = host === "*" ? 0 : portNumber(port, "setpeername");
    return operation(`setpeername ${host}:${to}`, () =>
      this.attempting("connect", `${host}:${to}`, this.associating(host, to)),
    );
  }

  private *associating(host: string, to: number): Operation<Result<1>> {
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
    const failure = yield* this.associate(family, address, to);
    return failure === null ? [1] : fail(failure);
  }

  private *associate(family: 4 | 6, address: string, port: number): Operation<SocketError | null> {
    const wire = this.open(family);
    const error = yield* this.settled(`connect to ${address}:${port}`, (done) =>
      wire.connect(address, port, done),
    );
    if (error !== null) {
      // Node may have bound it, of which nobody asked anything.
      if (!this.bound && !this.closed) this.drop();
      return error;
    }
    this.connected_ = true;
    // Datagrams of others that came before are not the peer's.
    this.inbox.keep(address, port);
    return this.becomeBound();
  }

  private disconnect(): Result<1> {
    this.pendingError = null;
    if (!this.connected) return [1];
    this.connected_ = false;
    try {
      this.wire!.disconnect();
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
  protected open(family: 4 | 6): Datagrams {
    if (this.wire !== null) return this.wire;
    if (this.owner_?.over) this.owner_ = reactor.current;
    this.owner_?.own(this);
    this.family = family;
    this.born = reactor.clock.now();
    return (this.wire = current.network.datagrams(family, this.options, this));
  }

  private drop(): void {
    this.wire?.close();
    this.wire = null;
    this.bound = this.connected_ = this.asked = false;
    this.family = this.made;
    this.owner_?.disown(this);
  }

  /** Local address: `[ip, port, family]`; the unspecified one and port 0 while it is not bound. (LuaSocket) */
  getsockname(): AddressResult {
    if (this.closed) return fail("closed");
    const local = this.wire?.local();
    if (local !== undefined) return [local.address, local.port, local.family];
    return this.family === 6 ? ["::", 0, "inet6"] : ["0.0.0.0", 0, "inet"];
  }

  /** Address of the peer: `[ip, port, family]`. (LuaSocket: connected:getpeername) */
  getpeername(): AddressResult {
    if (this.closed) return fail("closed");
    const peer = this.connected ? this.wire?.peer() : undefined;
    if (peer === undefined) return fail("transport endpoint is not connected");
    return [peer.address, peer.port, peer.family];
  }

  /** "inet4" or "inet6". (LuaSocket) */
  getfamily(): "inet4" | "inet6" {
    return this.family === 6 ? "inet6" : "inet4";
  }

  /** The file descriptor, -1 when there is none. (LuaSocket) */
  getfd(): number {
    return this.wire?.fd() ?? -1;
  }

  /** Close it, at once. Tasks that wait on it get "closed", later calls too. Always 1. (LuaSocket) */
  close(): 1 {
    if (this.closed) return 1;
    this.closed = true;
    this.drop();
    for (const list of [this.receivers, this.senders, this.opening]) list.wakeAll();
    changed(this);
    return 1;
  }

  /** @internal Whose end closes it. */
  get owner(): Fiber | null {
    return this.owner_;
  }

  /** @internal */
  inherit(heir: Fiber | null): void {
    this.ownedBy(heir);
  }

  /** @internal Close it when `fiber` ends. */
  ownedBy(fiber: Fiber | null): void {
    this.owner_?.disown(this);
    this.owner_ = fiber;
    if (this.wire !== null) fiber?.own(this);
  }

  protected mustBe(state: "connected" | "unconnected", what: string): void {
    if (this.connected === (state === "connected") || this.closed) return;
    const hint = state === "connected" ? "setpeername first" : 'setpeername("*") disconnects it';
    throw new TypeError(`${what}: udp{${state}} expected, but this is ${String(this)}: ${hint}`);
  }
}
