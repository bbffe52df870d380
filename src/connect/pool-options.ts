/** What `connect` and `setkeepalive` may be told, and its checks. Misuse throws TypeError. */
import { checkOptionNames, shown } from "../../reactor/index.js";
import type { TlsContext, TlsParams } from "../tls/index.js";

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
}

const NAMES = ["pool", "pool_size", "backlog", "tls"];

/** Of `connect`. */
export function checkOptions(options: ConnectOptions): void {
  checkOptionNames("connect", options, NAMES);
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
