/** The `socket` namespace: LuaSocket's functions, by LuaSocket's names. */
import type { Operation } from "effection";
import { reactor, sleep, type Fiber } from "../reactor/index.js";
import type { Family } from "./address.js";
import { newtry, protect, skip } from "./protect.js";
import { fail, type Result } from "./result.js";
import { Tcp } from "./tcp/tcp.js";

type Port = number | `${number}`;
type FamilyName = "unspec" | "inet" | "inet6";

const FAMILIES: Readonly<Record<FamilyName, Family>> = { unspec: 0, inet: 4, inet6: 6 };

/** An operation that makes a Tcp object, in the name of the fiber that calls it, and keeps it only if `use` succeeds. */
function make(family: Family, use: (tcp: Tcp) => Operation<Result<1>>): Operation<Result<Tcp>> {
  const owner: Fiber | null = reactor.current;
  return {
    *[Symbol.iterator]() {
      const tcp = new Tcp(family, owner ?? reactor.current);
      let done = false;
      try {
        const [, error] = yield* use(tcp);
        done = error === undefined;
        return error === undefined ? [tcp] : fail(error);
      } finally {
        if (!done) tcp.close();
      }
    },
  };
}

function connect(
  host: string,
  port: Port,
  localHost?: string,
  localPort?: Port,
  family: FamilyName = "unspec",
): Operation<Result<Tcp>> {
  if (!Object.hasOwn(FAMILIES, family)) {
    throw new TypeError(
      `connect: the family must be "unspec", "inet" or "inet6", not ${JSON.stringify(family)}`,
    );
  }
  return make(FAMILIES[family], function* (tcp) {
    if (localHost !== undefined) {
      const bound = yield* tcp.bind(localHost, localPort ?? 0);
      if (bound[1]) return bound;
    }
    return yield* tcp.connect(host, port);
  });
}

export const socket = {
  /** This package's version. (LuaSocket: socket._VERSION) */
  _VERSION: "cosocket 0.1.0",

  /** A TCP object of either family; `connect` or `bind` decides. (LuaSocket: socket.tcp) */
  tcp: (): Tcp => new Tcp(0),
  /** A TCP object for IPv4 only. */
  tcp4: (): Tcp => new Tcp(4),
  /** A TCP object for IPv6 only. */
  tcp6: (): Tcp => new Tcp(6),

  /**
   * A client connected to host and port.
   *
   * @param localHost local address to connect from, with `localPort` (default: any)
   * @param family "unspec" (default), "inet" or "inet6"
   * @returns `[client]`, or `[undefined, error]` as {@link Tcp.connect}. There is no timeout: for one, make the object
   * with `socket.tcp()`. Cancelling closes it. (LuaSocket: socket.connect)
   */
  connect,
  /** {@link connect} over IPv4. (LuaSocket: socket.connect4) */
  connect4: (host: string, port: Port, localHost?: string, localPort?: Port) =>
    connect(host, port, localHost, localPort, "inet"),
  /** {@link connect} over IPv6. (LuaSocket: socket.connect6) */
  connect6: (host: string, port: Port, localHost?: string, localPort?: Port) =>
    connect(host, port, localHost, localPort, "inet6"),

  /**
   * A server that listens on host ("*": all interfaces) and port (0: any).
   *
   * @returns `[server]`, or `[undefined, error]` as {@link Tcp.bind}. (LuaSocket: socket.bind)
   */
  bind: (host: string, port: Port, backlog?: number): Operation<Result<Tcp>> =>
    make(0, (tcp) => tcp.bind(host, port, backlog)),

  /** From a result to its value, or to a thrown SocketException. (LuaSocket: socket.try) */
  try: newtry(),
  newtry,
  protect,
  skip,
  sleep,
  /** Wall-clock time in seconds since 1970. Timeouts do not depend on it. (LuaSocket: socket.gettime) */
  gettime: (): number => reactor.clock.time(),
} as const;
