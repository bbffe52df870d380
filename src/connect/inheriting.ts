/** Servers and clients of sockets that this process was started with. */
import type { Operation } from "effection";
import { checkOptionNames, operation, shown, type Yieldable } from "../../reactor/index.js";
import { current, type Inherited, mustNotBePolled } from "../network/index.js";
import { errorWord, fail, type Result } from "../object/index.js";
import type { Endpoint } from "./endpoint.js";
import { checkBacklog } from "./listener.js";

/** A socket that this process was started with: by systemd, by inetd, or by the program that it follows. */
export interface InheritedSocket {
  /** The number of its descriptor. In a worker of node:cluster: the primary process's number. */
  fd: number;
}

/** Whether `place` is one, whatever its number is. Throws TypeError for more than that. */
export function isInherited(place: unknown): place is InheritedSocket {
  if (typeof place !== "object" || place === null || !("fd" in place)) return false;
  checkOptionNames("bind", place, ["fd"]);
  return true;
}

/** What a descriptor is. Misuse throws TypeError. @param what the function that errors name */
export function inheritedSocket(fd: unknown, what: string): Inherited {
  if (typeof fd === "number" && Number.isInteger(fd) && fd >= 0 && fd < 2 ** 31)
    return current.network.inherited(fd, what);
  throw new TypeError(`${what}: a descriptor is a whole number from 0 on, not ${shown(fd)}`);
}

/** How errors name kinds, and who takes them. */
export const KINDS: Readonly<Record<Inherited["kind"], readonly [name: string, taker: string]>> = {
  tcp: ["a TCP socket", "socket.tcp()"],
  unix: ["a Unix domain socket", "socket.unix()"],
  udp: ["a UDP socket", "socket.udp()"],
};

/** Throws TypeError where it is of another kind. */
export function mustBeKind<K extends Inherited["kind"]>(
  found: Inherited,
  kind: K,
  what: string,
): asserts found is Inherited & { kind: K } {
  if (found.kind === kind) return;
  const [name, taker] = KINDS[found.kind];
  throw new TypeError(
    `${what}: descriptor ${found.fd} is ${name}, which ${taker} takes, and not ${KINDS[kind][0]}`,
  );
}

/**
 * `bind({ fd })` and `setfd(fd)`. Misuse throws TypeError.
 *
 * @param orConnection whether it may be a connection, too
 * @param known told of it, where the object has it
 */
export function inherit(
  endpoint: Endpoint,
  fd: unknown,
  backlog: number,
  orConnection: boolean,
  known: (found: Inherited) => void = () => {},
): Yieldable<Result<1>> {
  const what = orConnection ? "setfd" : "bind";
  checkBacklog(backlog);
  endpoint.mustBind(what);
  const found = inheritedSocket(fd, what);
  mustBeKind(found, endpoint.domain, what);
  if (found.connected && !orConnection)
    throw new TypeError(
      `bind: descriptor ${found.fd} is a connection, and does not listen: setfd takes it`,
    );
  const where = `fd ${found.fd}`;
  const take = found.connected ? adopt : listen;
  return operation(`${what} ${where}`, () =>
    endpoint.connection.attempting("bind", where, take(endpoint, found, backlog, what, known)),
  );
}

function* listen(
  endpoint: Endpoint,
  found: Inherited,
  backlog: number,
  what: string,
  known: (found: Inherited) => void,
): Operation<Result<1>> {
  const failure = yield* endpoint.open({ fd: found.fd }, backlog, `fd ${found.fd}`);
  if (failure !== null) {
    mustNotBePolled(endpoint.connection.lastError, found.fd, what);
    return fail(failure);
  }
  known(found);
  return [1];
}

/** It is a connection. */
function* adopt(
  endpoint: Endpoint,
  found: Inherited,
  _backlog: number,
  what: string,
  known: (found: Inherited) => void,
): Operation<Result<1>> {
  if (endpoint.obstacle !== null) return fail(endpoint.obstacle);
  let transport;
  try {
    transport = current.network.adopt(found);
  } catch (error) {
    mustNotBePolled(error, found.fd, what);
    endpoint.connection.lastError = error as Error;
    return fail(errorWord(error as Error));
  }
  endpoint.becomeClient();
  endpoint.connection.incoming = true;
  known(found);
  endpoint.connection.connected(transport);
  return [1];
}
