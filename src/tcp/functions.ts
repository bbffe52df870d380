/** LuaSocket's functions that make TCP objects: `socket.connect` and `socket.bind`. */
import type { Operation } from "effection";
import {
  type Fiber,
  operation,
  reactor,
  unknownName,
  useFiber,
  type Yieldable,
} from "../../reactor/index.js";
import { type Family, hostName, type Port, portNumber } from "../address/index.js";
import {
  BACKLOG,
  checkBacklog,
  type InheritedSocket,
  inheritedSocket,
  isInherited,
  mustBeKind,
  mustBeNoOptions,
} from "../connect/index.js";
import type { Result } from "../object/index.js";
import { Tcp } from "./tcp.js";

/** Which addresses a name may give. */
export type FamilyName = "unspec" | "inet" | "inet6";

const FAMILIES: Readonly<Record<FamilyName, Family>> = { unspec: 0, inet: 4, inet6: 6 };

/** An operation that makes a Tcp object, in the name of the fiber that calls it, and keeps it only if `use` succeeds. */
function make(
  what: string,
  family: Family,
  use: (tcp: Tcp) => Operation<Result<1>>,
): Yieldable<Result<Tcp>> {
  const owner: Fiber | null = reactor.current;
  return operation(what, function* () {
    const tcp = Tcp.make(family, owner ?? (yield* useFiber()) ?? null);
    let done = false;
    try {
      const result = yield* use(tcp);
      done = result[1] === undefined;
      // A failure is handed on as it is, with what it knows.
      return result[1] === undefined ? [tcp] : result;
    } finally {
      if (!done) tcp.close();
    }
  });
}

export function connect(
  host: string,
  port: Port,
  localHost?: string,
  localPort?: Port,
  family: FamilyName = "unspec",
): Yieldable<Result<Tcp>> {
  if (!Object.hasOwn(FAMILIES, family)) {
    throw new TypeError(
      `connect: there is no family ${unknownName(family, Object.keys(FAMILIES))}`,
    );
  }
  hostName(host, "connect");
  const to = portNumber(port, "connect");
  mustBeNoOptions(localHost);
  if (localHost !== undefined) hostName(localHost, "connect: the local address");
  const from = portNumber(localPort ?? 0, "connect: the local port");
  return make(`connect to ${host}:${to}`, FAMILIES[family], function* (tcp) {
    if (localHost !== undefined) {
      const bound = yield* tcp.bind(localHost, from);
      if (bound[1]) return bound;
    }
    return yield* tcp.connect(host, to);
  });
}

export function bind(host: string, port: Port, backlog?: number): Yieldable<Result<Tcp>>;
export function bind(inherited: InheritedSocket, backlog?: number): Yieldable<Result<Tcp>>;
export function bind(
  host: string | InheritedSocket,
  port?: Port,
  backlog: number = BACKLOG,
): Yieldable<Result<Tcp>> {
  if (isInherited(host)) {
    const { fd } = host;
    // Then the backlog comes second.
    const waiting = (port ?? BACKLOG) as number;
    checkBacklog(waiting);
    mustBeKind(inheritedSocket(fd, "bind"), "tcp", "bind");
    return make(`bind fd ${fd}`, 0, (tcp) => tcp.bind({ fd }, waiting));
  }
  hostName(host, "bind");
  const to = portNumber(port, "bind");
  checkBacklog(backlog);
  return make(`bind ${host}:${to}`, 0, (tcp) => tcp.bind(host, to, backlog));
}
