/** Datagram sockets that this process was started with. */
import type { Operation } from "effection";
import { operation, type Yieldable } from "../../reactor/index.js";
import { inheritedSocket, mustBeKind } from "../connect/index.js";
import { mustNotBePolled } from "../network/index.js";
import { fail, type Result } from "../object/index.js";
import type { UdpEndpoint } from "./endpoint.js";

/** `setsockname({ fd })` and `setfd(fd)`. Misuse throws TypeError. */
export function inherit(endpoint: UdpEndpoint, fd: unknown, what: string): Yieldable<Result<1>> {
  endpoint.mustBe("unconnected", what);
  const found = inheritedSocket(fd, what);
  mustBeKind(found, "udp", what);
  const where = `fd ${found.fd}`;
  return operation(`${what} ${where}`, () =>
    endpoint.attempting("bind", where, taking(endpoint, found.fd, found.family, what)),
  );
}

function* taking(
  endpoint: UdpEndpoint,
  fd: number,
  family: 4 | 6,
  what: string,
): Operation<Result<1>> {
  if (endpoint.obstacle !== null) return fail(endpoint.obstacle);
  if (endpoint.family !== 0 && endpoint.family !== family)
    return fail("address family for hostname not supported");
  const failure = yield* endpoint.becoming(family, `bind fd ${fd}`, (transport, done) =>
    transport.open!(fd, done),
  );
  if (failure === null) return [1];
  mustNotBePolled(endpoint.lastError, fd, what);
  return fail(failure);
}
