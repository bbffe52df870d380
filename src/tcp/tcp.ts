/**
 * The TCP object, LuaSocket's tcp{master}, tcp{server} and tcp{client} in one: `bind` turns a master into a server,
 * `connect` into a client, in place.
 */
import type { Operation } from "effection";
import { reactor, Until, type Fiber } from "../../reactor/index.js";
import { hostName, portNumber, Resolution, type Family } from "../address.js";
import { errorWord, type SocketError } from "../errors.js";
import type { Endpoint, Wire } from "../network/index.js";
import { fail, type AddressResult, type Result } from "../result.js";
import { StreamSocket } from "../stream/stream-socket.js";
import { Limits } from "../limits.js";
import { Connecting } from "./connecting.js";
import { Accept, BACKLOG, Listener, Opening } from "./listener.js";
import {
  DEFAULT_OPTIONS,
  getOption,
  setOption,
  type OptionValue,
  type TcpOptions,
} from "./options.js";

type Role = "master" | "server" | "client";

export class Tcp extends StreamSocket {
  /** @internal */
  role: Role = "master";
  /** @internal */
  options: TcpOptions = DEFAULT_OPTIONS;
  /** @internal The port, while it is a server. */
  listener: Listener | null = null;
  private connecting: Connecting | null = null;
  /** Where it was bound before it connected. */
  private bound: Endpoint | undefined = undefined;

  /** @internal Use `socket.tcp()`, `socket.bind`, `socket.connect`. */
  constructor(
    private readonly family: Family,
    maker: Fiber | null = reactor.current,
  ) {
    super(maker);
  }

  override toString(): string {
    const [local, peer] = [this.listener?.local() ?? this.wire?.local(), this.wire?.peer()];
    const where =
      local === undefined ? "" : ` ${show(local)}${peer === undefined ? "" : `<-${show(peer)}`}`;
    return `tcp{${this.role}}${where}${this.closed ? " (closed)" : ""}`;
  }

  /**
   * Connect to a host by name or address; its addresses are tried in the resolver's order, each under the
   * timeout.
   *
   * @returns `[1]`, or "timeout" (the attempt goes on: call it again to wait for it), "connection refused", "already
   * connected", "host or service not provided, or not known", ... TypeError for a bad port.
   *
   * Cancelling gives the attempt up; the object can connect again. After `bind`, the local address is the bound one, and
   * the port stops listening. (LuaSocket: master:connect)
   */
  *connect(host: string, port: number | `${number}`): Operation<Result<1>> {
    hostName(host, "connect");
    const to = portNumber(port, "connect");
    if (this.closed) return fail("closed");
    const connecting = this.connecting ?? this.beginConnecting(host, to);
    if (connecting === null) return fail("already connected");
    const limits = new Limits(this.timeouts.connect, this.timeouts);
    let undecided = true;
    try {
      const result = yield* this.finishConnecting(connecting, limits);
      undecided = false;
      return result;
    } finally {
      if (undecided) this.stopConnecting();
    }
  }

  private beginConnecting(host: string, port: number): Connecting | null {
    if (this.wire !== null) return null;
    // Node cannot connect a listening socket, so the port changes hands.
    this.bound = this.listener?.local() ?? this.bound;
    this.listener?.close();
    this.listener = null;
    this.role = "client";
    this.begin();
    return (this.connecting = new Connecting(this, host, port, this.family, this.bound));
  }

  private *finishConnecting(connecting: Connecting, limits: Limits): Operation<Result<1>> {
    for (;;) {
      const result = this.closed ? fail("closed") : connecting.advance();
      if (result !== null) {
        this.connecting = null;
        if (result[1] !== undefined) this.stopConnecting();
        return result;
      }
      const { waiters, done } = connecting.step;
      const what = `connect to ${connecting.host}:${connecting.port}`;
      if (yield* new Until(what, "write", waiters, () => done() || this.closed, limits.next()))
        continue;
      if (limits.over || !connecting.hasAlternative) return fail("timeout");
      connecting.giveUp();
    }
  }

  private stopConnecting(): void {
    this.connecting?.abort();
    this.connecting = null;
    if (this.wire === null) this.idle();
  }

  protected override get pending(): boolean {
    return this.connecting !== null;
  }

  /**
   * Take a local address and port, and listen there. (Node has no bare bind; `accept` works without `listen`.)
   *
   * @param host a name, an address, or "*" for all IPv4 interfaces (IPv6 for tcp6)
   * @param port 0 for any free one: see getsockname
   * @param backlog how many connections may wait to be accepted (default 511); more are reset
   * @returns `[1]`, or "address already in use", "permission denied", "cannot assign requested address", ...
   * TypeError for a bad port. Cancelling frees the port. (LuaSocket: master:bind)
   */
  *bind(host: string, port: number | `${number}`, backlog: number = BACKLOG): Operation<Result<1>> {
    const to = portNumber(port, "bind");
    checkBacklog(backlog);
    if (this.closed) return fail("closed");
    if (this.role !== "master")
      throw new TypeError(`bind: tcp{master} expected, but this is ${String(this)}`);
    const resolution = new Resolution(hostName(host, "bind"), this.family, true);
    yield* new Until(
      `resolve ${host}`,
      "read",
      resolution.waiters,
      () => resolution.done,
      Infinity,
    );
    if (resolution.addresses === null) {
      this.lastError = resolution.cause;
      return fail(resolution.error!);
    }
    let error: SocketError = "host or service not provided, or not known";
    for (const { address } of resolution.addresses) {
      const failure = yield* this.open(address, to, backlog);
      if (failure === null) return [1];
      error = failure;
    }
    return fail(error);
  }

  private *open(address: string, port: number, backlog: number): Operation<SocketError | null> {
    const listener = (this.listener = new Listener(this));
    listener.backlog = backlog;
    this.begin();
    this.role = "server";
    let ready = false;
    try {
      const opening = new Opening(listener, address, port);
      const what = `bind ${address}:${port}`;
      yield* new Until(what, "read", opening.waiters, () => opening.done, Infinity);
      this.lastError = opening.error ?? undefined;
      ready = opening.error === null && !this.closed;
      return this.closed ? "closed" : opening.word;
    } finally {
      if (!ready) {
        listener.close();
        this.listener = null;
        this.role = "master";
        this.idle();
      }
    }
  }

  /**
   * Set how many connections may wait to be accepted. (LuaSocket: master:listen)
   *
   * @returns `[1]`; an object that was not bound is bound to any port of all interfaces
   */
  *listen(backlog: number = BACKLOG): Operation<Result<1>> {
    checkBacklog(backlog);
    if (this.closed) return fail("closed");
    if (this.listener === null) return yield* this.bind("*", 0, backlog);
    this.listener.backlog = backlog;
    return [1];
  }

  /**
   * Accept a connection; wait for one under the timeout.
   *
   * The client has its own timeouts (none), and the server's encoding and options. It is closed when the fiber that
   * called accept ends.
   *
   * @returns `[client]`, "timeout", or "closed" when the server was closed. TypeError on a client or an unbound
   * object. Cancelling loses no connection: the next accept gets it. (LuaSocket: server:accept)
   */
  accept(): Operation<Result<Tcp>> {
    if (this.listener !== null) return new Accept(this, this.listener);
    if (this.closed) return closed;
    throw new TypeError(`accept: tcp{server} expected, but this is ${String(this)}: bind it first`);
  }

  /** @internal A connection has come in. */
  accepted(wire: Wire): Tcp {
    const client = new Tcp(this.family);
    client.role = "client";
    client.encoding = this.encoding;
    client.lineLimit = this.lineLimit;
    client.linger = this.linger;
    client.connected(wire);
    if (this.options !== DEFAULT_OPTIONS) {
      client.options = this.options;
      client.apply();
    }
    return client;
  }

  override connected(wire: Wire): void {
    super.connected(wire);
    if (this.options !== DEFAULT_OPTIONS) this.apply();
  }

  /**
   * Local address: `[ip, port, family]`. Of an unbound object it is the unspecified address and port 0.
   * (LuaSocket: master:getsockname)
   */
  getsockname(): AddressResult {
    if (this.closed) return fail("closed");
    const local = this.listener?.local() ?? this.wire?.local();
    if (local !== undefined) return [local.address, local.port, local.family];
    return this.family === 6 ? ["::", 0, "inet6"] : ["0.0.0.0", 0, "inet"];
  }

  /** Address of the peer: `[ip, port, family]`. (LuaSocket: client:getpeername) */
  getpeername(): AddressResult {
    if (this.closed) return fail("closed");
    const peer = this.wire?.peer();
    if (peer === undefined) return fail("transport endpoint is not connected");
    return [peer.address, peer.port, peer.family];
  }

  /** "inet4" or "inet6". (LuaSocket: getfamily, which says "inet4" where getpeername says "inet") */
  getfamily(): "inet4" | "inet6" {
    const family = (this.listener?.local() ?? this.wire?.local())?.family;
    return family === "inet6" || (family === undefined && this.family === 6) ? "inet6" : "inet4";
  }

  override getfd(): number {
    return this.listener?.fd() ?? super.getfd();
  }

  /** Of a server: connections that were refused because too many waited to be accepted. */
  get refused(): number {
    return this.listener?.refused ?? 0;
  }

  /**
   * Set an option. Every name of LuaSocket's is known; see docs/options.md.
   *
   * @returns `[1]`, or "option not supported by Node". TypeError for an unknown name or a bad value.
   */
  setoption(name: string, value?: unknown): Result<1> {
    return setOption(this, name, value === undefined ? true : value);
  }

  /** The value of an option: `[value]`, or "option not supported by Node". TypeError for an unknown name. */
  getoption(name: string): Result<OptionValue> {
    return getOption(this, name);
  }

  /** @internal */
  change(options: Partial<TcpOptions>): void {
    this.options = { ...this.options, ...options };
    this.apply();
  }

  private apply(): void {
    const { wire, options } = this;
    wire?.setNoDelay(options.nodelay);
    wire?.setKeepAlive(options.keepalive, options.keepidle);
  }

  /** @internal The word for the last error of Node's. */
  get lastWord(): SocketError | undefined {
    return this.lastError === undefined ? undefined : errorWord(this.lastError);
  }

  override close(): 1 {
    if (this.closed) return 1;
    const { connecting } = this;
    this.connecting = null;
    connecting?.abort();
    super.close();
    connecting?.waiters.wakeAll();
    this.listener?.close();
    this.listener = null;
    return 1;
  }

  protected override mustBeClient(what: string): void {
    if (this.role === "client") return;
    const hint = this.role === "server" ? "accept a client from it" : "connect it";
    throw new TypeError(
      `${what}: tcp{client} expected, but this is ${String(this)}: ${hint} first`,
    );
  }
}

const closed: Operation<Result<Tcp>> = {
  *[Symbol.iterator]() {
    return fail("closed");
  },
};

function checkBacklog(backlog: unknown): void {
  if (typeof backlog === "number" && Number.isInteger(backlog) && backlog >= 0) return;
  throw new TypeError(
    `the backlog must be a whole number of connections, not ${JSON.stringify(backlog)}`,
  );
}

function show({ address, port, family }: Endpoint): string {
  return family === "inet6" ? `[${address}]:${port}` : `${address}:${port}`;
}
