/** Connections that were given to Node's libraries, as streams: those that `serve` hands to a server of Node's, and what `duplex` gives. */
import type { Fiber } from "../../reactor/index.js";
import { endpointName } from "../address/index.js";
import { GivenAway } from "../connection/index.js";
import { unsentOf } from "../network/index.js";
import { idOf } from "../object/index.js";
import type { SocketFacts } from "./facts.js";

type End = string | null;

/** Those that belong to these fibers: nobody else keeps a list of them, which would cost something for each connection. */
export function givenFacts(fibers: readonly Fiber[]): SocketFacts[] {
  return fibers.flatMap((fiber) => {
    const facts: SocketFacts[] = [];
    for (const held of fiber.held())
      if (held instanceof GivenAway && !held.over) facts.push(factsOf(held, fiber));
    return facts;
  });
}

function factsOf(given: GivenAway, fiber: Fiber): SocketFacts {
  const { stream, incoming } = given;
  const local = end(stream.localAddress, stream.localPort);
  const peer = end(stream.remoteAddress, stream.remotePort);
  const domain = local === null && peer === null ? "unix" : "tcp";
  const between = domain === "unix" ? "" : ` ${local}${incoming ? "<-" : "->"}${peer}`;
  return {
    id: idOf(given),
    name: `${domain}{client}${between} (given to Node)`,
    domain,
    role: "client",
    local,
    peer,
    incoming,
    tls: tlsOf(stream),
    closing: stream.writableEnded,
    fiber: fiber.id,
    born: null,
    received: stream.bytesRead,
    sent: stream.bytesWritten,
    unread: stream.readableLength,
    unsent: unsentOf(stream),
    readers: 0,
    writers: 0,
  };
}

function end(address: string | undefined, port: number | undefined): End {
  if (address === undefined || port === undefined) return null;
  return endpointName({ address, port, family: address.includes(":") ? "inet6" : "inet" });
}

function tlsOf(stream: GivenAway["stream"]): string | null {
  const { getProtocol } = stream as { getProtocol?: () => string | null };
  return getProtocol?.call(stream) ?? null;
}
