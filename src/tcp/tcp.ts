/** The TCP object: LuaSocket's tcp{master}, tcp{server} and tcp{client} in one. */
import type { Fiber, Yieldable } from "../../reactor/index.js";
import {
  addressResult,
  type Family,
  hostName,
  type Port,
  portNumber,
  unspecified,
} from "../address/index.js";
import {
  accept,
  attemptDelay,
  BACKLOG,
  bind,
  closing,
  connect,
  type Destination,
  type DomainMethods,
  getproxy,
  inherit,
  type InheritedSocket,
  isInherited,
  IDLE_TIMEOUT,
  listen,
  type ProxyInfo,
  setkeepalive,
  type TcpConnectOptions,
  wanted,
} from "../connect/index.js";
import type { OptionsOf } from "../options/index.js";
import { type AddressResult, fail, type OPTIONS, type Result } from "../object/index.js";
import { connectionOf, StreamObject } from "../stream/index.js";
import { TcpEndpoint } from "./endpoint.js";

/** LuaSocket's tcp{master}, tcp{server} and tcp{client} in one: made by `socket.tcp()`, `socket.bind` and `socket.connect`; `bind` makes a server of it, `connect` a client. It is closed when the fiber that made it ends. See docs/tcp.md. */
export class Tcp extends StreamObject implements DomainMethods {
  declare readonly [OPTIONS]: OptionsOf<"tcp">;

  /** @internal Use `socket.tcp()`, `socket.bind`, `socket.connect`. */
  constructor(endpoint: TcpEndpoint) {
    super(endpoint.connection);
  }

  /** @internal */
  static make(family: Family, owner?: Fiber | null): Tcp {
    return new Tcp(new TcpEndpoint(family, wrap, owner));
  }

  /**
   * Connect to a host by name or address. The addresses of a name are tried in the order and with the delays of RFC 8305 (docs/tcp.md). With an
   * idle connection in the pool that is what is asked for, use that.
   *
   * @param options the pool to look in, and to come back to by setkeepalive; `tls`: encrypt the connection, too, as
   * dohandshake does. A connection comes out of the pool only if it is what this call would make: in the clear without `tls`; encrypted with
   * the same parameters for the same name; from the address that this object is bound to. `autoSelectFamily`, `autoSelectFamilyAttemptTimeout`: whether, and how soon, an
   * address is tried beside another one.
   * @returns `[1]`, or "timeout" (the attempt goes on: call it again to wait for it), "connection refused", "already
   * connected", "operation already in progress" (an attempt to get somewhere else is under way, or another task waits for a place
   * in the pool for this object), "too many waiting connect operations", "host or service not provided, or not known", "closed" ...
   * TypeError for a bad port or option.
   *
   * settimeout's total timeout is over all of it: the place in the pool, the name, the addresses, the handshake; its block timeout over each of these.
   * Cancelling gives the attempt up, unless others wait for it, too; the object can connect again. But during the handshake of `tls` it closes
   * the object, as every way out of a handshake that did not succeed. After `bind`, the local address is the
   * bound one, and the port stops listening; after `listen` it is "already connected". (LuaSocket: master:connect; OpenResty: tcpsock:connect)
   *
   * @example
   * const tcp = socket.tcp();
   * tcp.settimeout(5);
   * const [, err] = yield* tcp.connect("example.org", 443, { tls: {} });
   */
  connect(host: string, port: Port, options: TcpConnectOptions = {}): Yieldable<Result<1>> {
    const endpoint = endpointIn(this);
    hostName(host, "connect");
    const to = portNumber(port, "connect");
    const where = `${host}:${to}`;
    const asked = wanted(endpoint, options);
    const delay = attemptDelay(options);
    const destination = (): Destination => endpoint.destination(host, to, delay);
    return connect(endpoint, where, () =>
      endpoint.reach({ where, peer: host, name: host, destination }, asked),
    );
  }

  /** LuaSocket's other name for {@link connect}. */
  setpeername(host: string, port: Port, options?: TcpConnectOptions): Yieldable<Result<1>> {
    return this.connect(host, port, options);
  }

  /**
   * Take a local address and port, and listen there. (Node has no bare bind; `accept` works without `listen`.)
   *
   * @param host a name, an address, or "*" for all IPv4 interfaces (IPv6 for tcp6)
   * @param port 0 for any free one: see getsockname
   * @param backlog how many connections may wait to be accepted (default 511); more are reset
   * @returns `[1]`, or "address already in use", "permission denied", "cannot assign requested address", ...
   * TypeError for a bad port. Cancelling frees the port. (LuaSocket: master:bind; Node: server.listen)
   *
   * `bind({ fd })` takes a TCP socket that this process was started with: by systemd (see `socket.activated`), or by the program that it
   * follows. See docs/deploy.md. TypeError if the descriptor is not open, is something else, or is a connection (see {@link setfd}).
   *
   * @example
   * const tcp = socket.tcp();
   * const [, err] = yield* tcp.bind("*", 7777);
   */
  bind(host: string, port: Port, backlog?: number): Yieldable<Result<1>>;
  bind(inherited: InheritedSocket, backlog?: number): Yieldable<Result<1>>;
  bind(
    host: string | InheritedSocket,
    port?: Port,
    backlog: number = BACKLOG,
  ): Yieldable<Result<1>> {
    const endpoint = endpointIn(this);
    // Then the backlog comes second, and is checked there.
    if (isInherited(host)) return inherit(endpoint, host.fd, (port ?? BACKLOG) as number, false);
    const to = portNumber(port, "bind");
    hostName(host, "bind");
    return bind(endpoint, `${host}:${to}`, backlog, () => endpoint.bind(host, to, backlog));
  }

  /** LuaSocket's other name for {@link bind}. */
  setsockname(host: string, port: Port, backlog?: number): Yieldable<Result<1>>;
  setsockname(inherited: InheritedSocket, backlog?: number): Yieldable<Result<1>>;
  setsockname(host: string | InheritedSocket, port?: Port, backlog?: number): Yieldable<Result<1>> {
    // Which of both it is, bind finds out.
    return this.bind(host as string, port!, backlog);
  }

  /**
   * Take a socket that this process was started with: one that listens makes a server of this object, a connection makes it a client. See
   * docs/deploy.md.
   *
   * @param fd the number of its descriptor, as {@link bind} takes it; 0 for a program of inetd's
   * @returns `[1]`, or an error as of {@link bind}. TypeError as there, but not for a connection. Closing a client says so to the peer, also
   * where others have the descriptor, too. Cancelling closes what listens. (LuaSocket: setfd, which believes whatever it is told)
   *
   * @example
   * const tcp = socket.tcp();
   * const [, err] = yield* tcp.setfd(0); // StandardInput=socket and Accept=yes of systemd, nowait of inetd
   */
  setfd(fd: number): Yieldable<Result<1>> {
    return inherit(endpointIn(this), fd, BACKLOG, true);
  }

  /**
   * Set how many connections may wait to be accepted. (LuaSocket: master:listen)
   *
   * @returns `[1]`; an object that was not bound is bound to any port of all interfaces, as the kernel does it. TypeError
   * for a client. Cancelling leaves it as it was.
   *
   * @example
   * yield* tcp.bind("*", 7777);
   * yield* tcp.listen(128);
   */
  listen(backlog: number = BACKLOG): Yieldable<Result<1>> {
    return listen(endpointIn(this), backlog);
  }

  accept(): Yieldable<Result<Tcp>> {
    // What it accepts is of its own class.
    return accept(endpointIn(this), false) as Yieldable<Result<Tcp>>;
  }
  setkeepalive(timeout: number = IDLE_TIMEOUT, size?: number): Result<1> {
    return setkeepalive(endpointIn(this), timeout, size);
  }
  getreusedtimes(): Result<number> {
    return this.closed ? fail("closed") : [endpointIn(this).reused];
  }
  closing(): Yieldable<Result<1>> {
    return closing(endpointIn(this));
  }
  get isClosing(): boolean {
    return endpointIn(this).origin?.over === true;
  }
  get refused(): number {
    return endpointIn(this).listener?.refused ?? 0;
  }

  /**
   * Local address: `[ip, port, family]`. Of an unbound object it is the unspecified address and port 0; one that broke has none.
   * (LuaSocket: master:getsockname)
   *
   * @example const [ip, port, family] = server.getsockname();
   */
  getsockname(): AddressResult {
    if (this.closed) return fail("closed");
    const { local, role, family } = endpointIn(this);
    // Node forgets the address of a connection that broke.
    const none = role === "client" ? undefined : unspecified(family);
    return addressResult(local ?? none);
  }

  getproxy(): ProxyInfo | undefined {
    return getproxy(endpointIn(this));
  }

  /**
   * Address of the peer: `[ip, port, family]`; behind a proxy, where `serve` has `proxy`, the client's. (LuaSocket: client:getpeername)
   *
   * @example const [ip, port, family] = client.getpeername();
   */
  getpeername(): AddressResult {
    if (this.closed) return fail("closed");
    const endpoint = endpointIn(this);
    return addressResult(endpoint.connection.dead ? undefined : endpoint.remote);
  }

  /**
   * "inet4" or "inet6". (LuaSocket: getfamily, which says "inet4" where getpeername says "inet")
   *
   * @example const family = client.getfamily(); // "inet4"
   */
  getfamily(): "inet4" | "inet6" {
    return endpointIn(this).familyName;
  }
}

function endpointIn(object: Tcp): TcpEndpoint {
  // It is made around one.
  return connectionOf(object).holder as TcpEndpoint;
}

function wrap(endpoint: TcpEndpoint): Tcp {
  return new Tcp(endpoint);
}
