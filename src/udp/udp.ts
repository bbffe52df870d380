/** The UDP object: LuaSocket's udp{unconnected} and udp{connected} in one. */
import { operation, type Fiber, type Yieldable, shown } from "../../reactor/index.js";
import {
  addressResult,
  type Family,
  hostName,
  type Port,
  portNumber,
  unspecified,
} from "../address/index.js";
import { type InheritedSocket, isInherited } from "../connect/index.js";
import type { OptionsOf } from "../options/index.js";
import {
  type AddressResult,
  checkSend,
  type Data,
  type Encoding,
  fail,
  joined,
  type OPTIONS,
  type Result,
  engineOf,
  SocketObject,
} from "../object/index.js";
import { UdpEndpoint } from "./endpoint.js";
import { inherit } from "./inheriting.js";
import {
  alone,
  type DatagramResult,
  FlushDatagrams,
  ReceiveDatagram,
  SendDatagram,
  withSender,
} from "./transfer.js";

/** LuaSocket's `_DATAGRAMSIZE`: how much of a datagram `receive` gives unless it is asked for more. */
export const DATAGRAMSIZE = 8192;

/** LuaSocket's udp{unconnected} and udp{connected} in one: made by `socket.udp()`; `setpeername` connects it. It is closed when the fiber that made it ends. See docs/udp.md. */
export class Udp extends SocketObject {
  declare readonly [OPTIONS]: OptionsOf<"udp">;

  /** @internal Use `socket.udp()`. */
  constructor(endpoint: UdpEndpoint) {
    super(endpoint);
  }

  /** @internal */
  static make(family: Family, owner?: Fiber | null): Udp {
    return new Udp(new UdpEndpoint(family, owner));
  }

  /**
   * Bind to a local address and port.
   *
   * @param host a name, an address, or "*" for all IPv4 interfaces (IPv6 for udp6)
   * @param port 0 for any free one: see getsockname
   * @returns `[1]`, or "address already in use", "permission denied", "invalid argument" (it is bound already), ...
   * TypeError for a bad port and for a connected object. Cancelling leaves it as it was. (LuaSocket:
   * unconnected:setsockname; Node: socket.bind)
   *
   * `setsockname({ fd })` takes a UDP socket that this process was started with: see {@link setfd}.
   *
   * @example
   * const udp = socket.udp();
   * const [, err] = yield* udp.setsockname("*", 5353);
   */
  setsockname(host: string, port: Port): Yieldable<Result<1>>;
  setsockname(inherited: InheritedSocket): Yieldable<Result<1>>;
  setsockname(host: string | InheritedSocket, port?: Port): Yieldable<Result<1>> {
    if (isInherited(host)) return inherit(endpointIn(this), host.fd, "setsockname");
    const endpoint = endpointIn(this);
    const to = portNumber(port, "setsockname");
    hostName(host, "setsockname");
    endpoint.mustBe("unconnected", "setsockname");
    const where = `${host}:${to}`;
    return operation(`setsockname ${where}`, () =>
      endpoint.attempting("bind", where, endpoint.bind(host, to)),
    );
  }

  /**
   * Take a socket that this process was started with, and that is bound. See docs/deploy.md.
   *
   * @param fd the number of its descriptor; in a worker of node:cluster the primary process's number
   * @returns `[1]`, or "invalid argument" (it is bound already), ... TypeError if the descriptor is not open, is something else, or has a
   * peer. Cancelling closes it. (LuaSocket: setfd, which believes whatever it is told)
   *
   * @example
   * const udp = socket.udp();
   * const [, err] = yield* udp.setfd(3);
   */
  setfd(fd: number): Yieldable<Result<1>> {
    return inherit(endpointIn(this), fd, "setfd");
  }

  /**
   * Connect: only this peer's datagrams arrive, `send` goes there, and its refusals are told. Faster, too.
   *
   * @param host a name or an address; "*" disconnects (Linux takes the port away then, unless setsockname named it)
   * @returns `[1]`, or "host or service not provided, or not known", "timeout" (of the resolver), "invalid argument"
   * (port 0), ... TypeError for a bad port. Cancelling leaves it as it was. (LuaSocket: udp:setpeername)
   *
   * @example
   * const [, err] = yield* udp.setpeername("192.0.2.1", 514);
   * yield* udp.setpeername("*"); // nobody's any more
   */
  setpeername(host: string, port: Port = 0): Yieldable<Result<1>> {
    const endpoint = endpointIn(this);
    hostName(host, "setpeername");
    const to = host === "*" ? 0 : portNumber(port, "setpeername");
    const where = `${host}:${to}`;
    return operation(`setpeername ${where}`, () =>
      endpoint.attempting("connect", where, endpoint.connect(host, to)),
    );
  }

  /**
   * Receive a datagram.
   *
   * @param size bytes that are given at most (default 8192, as in LuaSocket; Infinity for all); a longer datagram is cut, and
   * the rest of it is lost
   * @returns `[datagram]` (empty for an empty one), "timeout", "closed", or "connection refused" when the peer of a
   * connected object has refused an earlier datagram. TypeError before it is bound or connected. Cancelling takes
   * nothing. Several tasks may receive: first come, first served. (LuaSocket: udp:receive)
   *
   * @example const [datagram, err] = yield* udp.receive();
   */
  receive(size: number = DATAGRAMSIZE): Yieldable<Result<Buffer>> {
    return new ReceiveDatagram(receiver(endpointIn(this), "receive", size), size, alone);
  }

  /**
   * Receive a datagram, and learn where it came from: `[datagram, ip, port]`; else as {@link receive}. Only of an
   * unconnected object. (LuaSocket: unconnected:receivefrom)
   *
   * @example
   * const [datagram, ip, port] = yield* udp.receivefrom();
   * if (datagram) yield* udp.sendto(datagram, ip, port);
   */
  receivefrom(size: number = DATAGRAMSIZE): Yieldable<DatagramResult> {
    endpointIn(this).mustBe("unconnected", "receivefrom");
    return new ReceiveDatagram(receiver(endpointIn(this), "receivefrom", size), size, withSender);
  }

  /**
   * Send a datagram to the peer that it is connected to.
   *
   * @returns `[bytes]`, or "timeout", "closed", "message too long", "connection refused" (of
   * an earlier datagram), "permission denied" (a broadcast without the option), ... TypeError while it is not connected.
   * Cancelling stops the waiting; the datagram leaves. An error that the system tells too late is the next call's.
   * (LuaSocket: connected:send)
   *
   * @example
   * yield* udp.setpeername("192.0.2.1", 514);
   * const [bytes, err] = yield* udp.send("<14>started");
   */
  send(datagram: Data): Yieldable<Result<number>> {
    const endpoint = endpointIn(this);
    endpoint.mustBe("connected", "send");
    return new SendDatagram(endpoint, bytes(datagram, endpoint.encoding), undefined, undefined);
  }

  /**
   * Send a datagram to an address. Binds the object to any free port if it is not bound.
   *
   * @param ip an address, or "*" for this machine; names are refused as in LuaSocket ("host or service not provided, or not
   * known"): look them up once, with socket.dns.toip
   * @returns as {@link send}; "invalid argument" for port 0. TypeError on a connected object. (LuaSocket:
   * unconnected:sendto)
   *
   * @example const [bytes, err] = yield* udp.sendto("hello", "192.0.2.1", 5353);
   */
  sendto(datagram: Data, ip: string, port: Port): Yieldable<Result<number>> {
    const endpoint = endpointIn(this);
    endpoint.mustBe("unconnected", "sendto");
    const to = portNumber(port, "sendto");
    const data = bytes(datagram, endpoint.encoding);
    return new SendDatagram(endpoint, data, to, hostName(ip, "sendto"));
  }

  /**
   * Wait until the kernel has taken, or refused, all that was sent. Nobody has to: it leaves by itself.
   *
   * @returns `[1]`, "timeout" (of settimeout's for sending), "closed". Cancelling stops the waiting.
   *
   * @example
   * yield* udp.flush();
   * udp.close();
   */
  flush(): Yieldable<Result<1>> {
    return new FlushDatagrams(endpointIn(this));
  }

  /**
   * Local address: `[ip, port, family]`; the unspecified one and port 0 while it is not bound. (LuaSocket)
   *
   * @example const [ip, port, family] = udp.getsockname();
   */
  getsockname(): AddressResult {
    if (this.closed) return fail("closed");
    const { family, transport } = endpointIn(this);
    return addressResult(transport?.local() ?? unspecified(family));
  }

  /**
   * Address of the peer: `[ip, port, family]`. (LuaSocket: connected:getpeername)
   *
   * @example const [ip, port, family] = udp.getpeername();
   */
  getpeername(): AddressResult {
    if (this.closed) return fail("closed");
    const { connected, transport } = endpointIn(this);
    return addressResult(connected ? transport?.peer() : undefined);
  }

  /**
   * "inet4" or "inet6". (LuaSocket)
   *
   * @example const family = udp.getfamily(); // "inet4"
   */
  getfamily(): "inet4" | "inet6" {
    return endpointIn(this).family === 6 ? "inet6" : "inet4";
  }

  /** Datagrams that were dropped because too many waited to be received. */
  get dropped(): number {
    return endpointIn(this).reading.dropped;
  }

  /**
   * Always false, as in LuaSocket: what `receive` leaves of a datagram is lost.
   *
   * @example const none: boolean = udp.dirty(); // false
   */
  dirty(): boolean {
    return false;
  }
}

function endpointIn(object: Udp): UdpEndpoint {
  // It is made around one.
  return engineOf(object) as UdpEndpoint;
}

function bytes(datagram: Data, encoding: Encoding): Buffer {
  checkSend(datagram, undefined, undefined, encoding);
  return joined(datagram, encoding);
}

/** The endpoint, if something can arrive there. Misuse throws TypeError. */
function receiver(endpoint: UdpEndpoint, what: string, size: unknown): UdpEndpoint {
  if (!(typeof size === "number" && size >= 0 && (Number.isInteger(size) || size === Infinity)))
    throw new TypeError(
      `${what} takes the most bytes to receive, a whole number, not ${shown(size)}`,
    );
  if (endpoint.transport === null && !endpoint.closed)
    throw new TypeError(
      `${what}: nothing can arrive at ${String(endpoint)}: setsockname, setpeername or sendto first`,
    );
  return endpoint;
}
