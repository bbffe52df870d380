/** What `connect` and `setkeepalive` may be told, and its checks. Misuse throws TypeError. */
import { checkOptionNames, shown } from "../../reactor/index.js";
import { current } from "../network/index.js";
import type { ProxyParams } from "../proxy/index.js";
import type { TlsContext, TlsParams } from "../tls/index.js";
import { SHORTEST_DELAY } from "./connecting.js";

/** What `connect` says of the pool to use. */
export interface PoolOptions {
  /**
   * Its name: all that connect with it share its connections, wherever they lead to. Default: host and port, or the path. What a
   * connection is (encrypted, as whom, verified how, from which address) is always heeded, in one pool, too.
   */
  pool?: string;
  /** How many connections may be idle in it (default 30); with `backlog`: how many there may be at all. */
  pool_size?: number;
  /** Never have more than `pool_size` connections: this many calls of `connect` may wait for one. */
  backlog?: number;
}

/** What `connect` may be told besides where to. */
export interface ConnectOptions extends PoolOptions {
  /** Encrypt the connection, too. */
  tls?: TlsParams | TlsContext | undefined;
  /**
   * Begin the connection with a header of the PROXY protocol, before TLS, too: whom it is for. `{}`: for nobody but itself. It is part of
   * what a pool files the connection under. See docs/proxy.md.
   */
  proxy?: ProxyParams | undefined;
}

/** What `connect` of a TCP object may be told. */
export interface TcpConnectOptions extends ConnectOptions {
  /**
   * Whether the addresses of a name are tried beside one another, the families in turns, as RFC 8305 has it ("happy eyeballs"); false:
   * one after the other in the resolver's order, each under the block timeout, as LuaSocket does. Default: Node's, which is true
   * unless `net.setDefaultAutoSelectFamily(false)` or `--no-network-family-autoselection` says otherwise.
   */
  autoSelectFamily?: boolean | undefined;
  /** Seconds (not milliseconds) after which the next address is tried though those before have not answered: from 0.01 to 2. Default 0.25, the RFC's. */
  autoSelectFamilyAttemptTimeout?: number | undefined;
}

/** Seconds between two attempts: the RFC's Connection Attempt Delay, and its Maximum. (Sections 5, 8) */
const DELAY = 0.25;
const LONGEST_DELAY = 2;

/** {@link Destination.delay}, by what the options say. */
export function attemptDelay(options: TcpConnectOptions): number {
  const {
    autoSelectFamily: on = current.network.autoSelectFamily(),
    autoSelectFamilyAttemptTimeout: delay = DELAY,
  } = options;
  if (typeof on !== "boolean")
    throw new TypeError(`connect: autoSelectFamily is true or false, not ${shown(on)}`);
  if (!(typeof delay === "number" && delay >= SHORTEST_DELAY && delay <= LONGEST_DELAY))
    throw new TypeError(
      `connect: autoSelectFamilyAttemptTimeout is a number of seconds from ${SHORTEST_DELAY} to ${LONGEST_DELAY} (RFC 8305), not ${shown(delay)}`,
    );
  return on ? delay : Infinity;
}

const NAMES = ["pool", "pool_size", "backlog", "tls", "proxy"];
const NAMES_OF = {
  unix: NAMES,
  tcp: [...NAMES, "autoSelectFamily", "autoSelectFamilyAttemptTimeout"],
};

/** Of `connect`. */
export function checkOptions(domain: "tcp" | "unix", options: ConnectOptions): void {
  if (typeof options === "object" && Object.hasOwn(options ?? {}, "timeout"))
    throw new TypeError(
      'connect has no option "timeout": call settimeout(seconds) of the object before',
    );
  checkOptionNames("connect", options, NAMES_OF[domain]);
  const { pool, pool_size: size, backlog } = options as { [name in keyof ConnectOptions]: unknown };
  if (pool !== undefined && (typeof pool !== "string" || pool === ""))
    throw new TypeError(`connect: pool is a name, a string, not ${shown(pool)}`);
  if (size !== undefined && !isWhole(size, 1))
    throw new TypeError(
      `connect: pool_size is how many connections, a positive integer, not ${shown(size)}`,
    );
  if (backlog !== undefined && !isWhole(backlog, 0))
    throw new TypeError(
      `connect: backlog is how many calls may wait, an integer from 0, not ${shown(backlog)}`,
    );
}

/** Of `socket.connect`, which has none: behind the port there is a local address. */
export function mustBeNoOptions(localHost: unknown): void {
  if (typeof localHost !== "object") return;
  throw new TypeError(
    `socket.connect takes no options, and a local address there, not ${shown(localHost)}: for options ` +
      "make the object with socket.tcp(), and call tcp.connect(host, port, options)",
  );
}

/** Of `setkeepalive`. */
export function checkIdle(timeout: unknown, size: unknown): void {
  if (typeof timeout !== "number" || !(timeout >= 0))
    throw new TypeError(`setkeepalive takes a number of seconds, 0 or more, not ${shown(timeout)}`);
  if (size !== undefined && !isWhole(size, 1))
    throw new TypeError(`setkeepalive: the pool's size is a positive integer, not ${shown(size)}`);
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least;
}
