/** The TCP object: LuaSocket's tcp{master}, tcp{server} and tcp{client} in one. */
import type { Operation } from "effection";
import {
  operation,
  reactor,
  type Fiber,
  type WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import { endpointName, hostName, portNumber, Resolution, type Family } from "../address.js";
import type { Destination } from "../domain/connecting.js";
import { DomainSocket } from "../domain/domain-socket.js";
import { BACKLOG, checkBacklog } from "../domain/listener.js";
import type { ConnectOptions } from "../domain/pool-options.js";
import type { SocketError } from "../errors.js";
import type { Endpoint, Target, Wire } from "../network/index.js";
import {
  type Dynamic,
  getOption,
  type OptionsOf,
  type OptionValue,
  type Setting,
  type SettingsOf,
  setOption,
} from "../options/index.js";
import { fail, type AddressResult, type Result } from "../result.js";
import { DEFAULT_TCP_OPTIONS, type Optioned, type TcpOptions } from "./options.js";

export class Tcp extends DomainSocket implements Optioned {
  /** @internal */
  options: TcpOptions = DEFAULT_TCP_OPTIONS;

  get domain(): "tcp" {
    return "tcp";
  }

  /** @internal Use `socket.tcp()`, `socket.bind`, `socket.connect`. */
  constructor(
    private readonly family: Family,
    maker: Fiber | null = reactor.current,
  ) {
    super(maker);
  }

  protected override where(): string {
    const [local, peer] = [this.listener?.local() ?? this.wire?.local(), this.wire?.peer()];
    if (local === undefined) return "";
    const arrow = this.incoming ? "<-" : "->";
    return ` ${endpointName(local)}${peer === undefined ? "" : arrow + endpointName(peer)}`;
  }

  /**
   * Connect to a host by name or address; its addresses are tried in the resolver's order, each under the
   * timeout. With an idle connection in the pool that is what is asked for, use that.
   *
   * @param options the pool to look in, and to come back to by setkeepalive; `tls`: encrypt the connection, too, as
   * dohandshake does. A connection comes out of the pool only if it is what this call would make: in the clear without `tls`; encrypted with
   * the same parameters for the same name; from the address that this object is bound to.
   * @returns `[1]`, or "timeout" (the attempt goes on: call it again to wait for it), "connection refused", "already
   * connected", "operation already in progress" (an attempt to get somewhere else is under way, or another task waits for a place
   * in the pool for this object), "too many waiting connect operations", "host or service not provided, or not known", "closed" ...
   * TypeError for a bad port or option.
   *
   * settimeout's total timeout is over all of it: the place in the pool, the name, the addresses, the handshake; its block timeout over each.
   * Cancelling gives the attempt up, unless others wait for it, too; the object can connect again. After `bind`, the local address is the
   * bound one, and the port stops listening; after `listen` it is "already connected". (LuaSocket: master:connect; OpenResty: tcpsock:connect)
   */
  connect(
    host: string,
    port: number | `${number}`,
    options: ConnectOptions = {},
  ): Yieldable<Result<1>> {
    hostName(host, "connect");
    const to = portNumber(port, "connect");
    const where = `${host}:${to}`;
    const destination = (): Destination =>
      new Addresses(this.resolution(host), to, this.bound, this.options.v6only);
    const wanted = this.wanted(options);
    return operation(`connect to ${where}`, () =>
      this.attempting(
        "connect",
        where,
        this.reach({ where, peer: host, name: host, destination }, wanted),
      ),
    );
  }

  private resolution(host: string): Resolution {
    const family = this.bound === undefined ? this.family : this.bound.family === "inet6" ? 6 : 4;
    return new Resolution(host, family, false, () => this.progressed());
  }

  /** @internal */
  override suits(wire: Wire): boolean {
    return this.family === 0 || wire.peer()?.family === (this.family === 6 ? "inet6" : "inet");
  }

  /** LuaSocket's other name for {@link connect}. */
  setpeername(
    host: string,
    port: number | `${number}`,
    options?: ConnectOptions,
  ): Yieldable<Result<1>> {
    return this.connect(host, port, options);
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
  bind(host: string, port: number | `${number}`, backlog: number = BACKLOG): Yieldable<Result<1>> {
    const to = portNumber(port, "bind");
    hostName(host, "bind");
    checkBacklog(backlog);
    this.mustBind("bind");
    return operation(`bind ${host}:${to}`, () =>
      this.attempting("bind", `${host}:${to}`, this.binding(host, to, backlog)),
    );
  }

  private *binding(host: string, to: number, backlog: number): Operation<Result<1>> {
    if (this.obstacle !== null) return fail(this.obstacle);
    const resolution = new Resolution(host, this.family, true);
    yield* resolution.waitFor(this, host);
    if (this.obstacle !== null) return fail(this.obstacle);
    if (resolution.addresses === null) {
      this.lastError = resolution.cause;
      return fail(resolution.error!);
    }
    let error: SocketError = "host or service not provided, or not known";
    const { v6only: ipv6Only, reuseport: reusePort } = this.options;
    for (const { address } of resolution.addresses) {
      const place = { address, port: to, ipv6Only, reusePort };
      const failure = yield* this.open(place, backlog, `${address}:${to}`);
      if (failure === null) return [1];
      error = failure;
    }
    return fail(error);
  }

  /** LuaSocket's other name for {@link bind}. */
  setsockname(host: string, port: number | `${number}`, backlog?: number): Yieldable<Result<1>> {
    return this.bind(host, port, backlog);
  }

  /**
   * Set how many connections may wait to be accepted. (LuaSocket: master:listen)
   *
   * @returns `[1]`; an object that was not bound is bound to any port of all interfaces, as the kernel does it. TypeError
   * for a client.
   */
  listen(backlog: number = BACKLOG): Yieldable<Result<1>> {
    checkBacklog(backlog);
    if (this.listener === null) this.mustBind("listen");
    return operation("listen", () => this.listening(backlog));
  }

  private *listening(backlog: number): Operation<Result<1>> {
    if (this.closed) return fail("closed");
    if (this.listener === null) {
      const bound = yield* this.binding("*", 0, backlog);
      if (bound[1]) return bound;
    }
    return this.listener?.listen(backlog) ?? fail("closed");
  }

  protected override sibling(): this {
    const client = new Tcp(this.family);
    client.options = this.options;
    // The class has no subclasses, so its siblings are of its own type.
    return client as this;
  }

  /**
   * Local address: `[ip, port, family]`. Of an unbound object it is the unspecified address and port 0; one that broke has none.
   * (LuaSocket: master:getsockname)
   */
  getsockname(): AddressResult {
    if (this.closed) return fail("closed");
    const local = this.listener?.local() ?? this.wire?.local();
    if (local !== undefined) return [local.address, local.port, local.family];
    // Node forgets the address of a connection that broke.
    if (this.role === "client") return fail("transport endpoint is not connected");
    return this.family === 6 ? ["::", 0, "inet6"] : ["0.0.0.0", 0, "inet"];
  }

  /** Address of the peer: `[ip, port, family]`. (LuaSocket: client:getpeername) */
  getpeername(): AddressResult {
    if (this.closed) return fail("closed");
    const peer = this.dead ? undefined : this.wire?.peer();
    if (peer === undefined) return fail("transport endpoint is not connected");
    return [peer.address, peer.port, peer.family];
  }

  /** "inet4" or "inet6". (LuaSocket: getfamily, which says "inet4" where getpeername says "inet") */
  getfamily(): "inet4" | "inet6" {
    const family = (this.listener?.local() ?? this.wire?.local())?.family;
    return family === "inet6" || (family === undefined && this.family === 6) ? "inet6" : "inet4";
  }

  /**
   * Set an option. Every name of LuaSocket's is known; see docs/options.md.
   *
   * @returns `[1]`, or "option not supported by Node". TypeError for an unknown name or a bad value.
   */
  setoption<N extends string>(name: Dynamic<N>, value?: unknown): Result<1>;
  setoption<N extends keyof SettingsOf<"tcp">>(name: N, ...value: Setting<"tcp", N>): Result<1>;
  setoption(name: string, value?: unknown): Result<1> {
    return setOption(this, "tcp", name, value);
  }

  /** The value of an option: `[value]`, or "option not supported by Node". TypeError for an unknown name. */
  getoption<N extends string>(name: Dynamic<N>): Result<OptionValue>;
  getoption<N extends keyof OptionsOf<"tcp">>(name: N): Result<OptionsOf<"tcp">[N]>;
  getoption(name: string): Result<OptionValue> {
    return getOption(this, "tcp", name);
  }

  /** @internal */
  get state(): "none" | "server" | "client" {
    if (this.listener !== null || this.incoming) return "server";
    return this.wire !== null || this.pending ? "client" : "none";
  }
  /** @internal */
  get tookAddress(): boolean {
    return this.state === "server" || (this.state === "client" && this.bound !== undefined);
  }
  /** @internal */
  get onlyIPv4(): boolean {
    return this.family === 4 || (this.state !== "none" && this.getfamily() === "inet4");
  }

  /** @internal */
  change(options: Partial<TcpOptions>): void {
    this.options = { ...this.options, ...options };
    this.apply();
  }

  protected override apply(all = false): void {
    const { wire, options } = this;
    if ((options === DEFAULT_TCP_OPTIONS && !all) || wire === null) return;
    wire.setNoDelay(options.nodelay);
    wire.setKeepAlive({
      on: options.keepalive,
      idle: options.keepidle,
      interval: options.keepintvl,
      count: options.keepcnt,
    });
  }
}

/** The addresses of a name, each with the port. */
class Addresses implements Destination {
  constructor(
    private readonly resolution: Resolution,
    private readonly port: number,
    private readonly local: Endpoint | undefined,
    private readonly ipv6Only: boolean,
  ) {}
  get waiters(): WaitList {
    return this.resolution.waiters;
  }
  get done(): boolean {
    return this.resolution.done;
  }
  get error(): SocketError | null {
    return this.resolution.error;
  }
  get cause(): Error | undefined {
    return this.resolution.cause;
  }
  get targets(): Target[] | null {
    const { local, port, ipv6Only } = this;
    return (
      this.resolution.addresses?.map(({ address }) => ({
        address,
        port,
        localAddress: local?.address,
        localPort: local?.port,
        ipv6Only,
      })) ?? null
    );
  }
}
