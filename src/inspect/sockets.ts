/** The open sockets, and those of them that listen. */
import { endpointName } from "../address/index.js";
import { Connection } from "../connection/index.js";
import { Endpoint } from "../connect/index.js";
import { type Engine, idOf, open } from "../object/index.js";
import { UdpEndpoint } from "../udp/index.js";
import type { ServerFacts, SocketFacts } from "./facts.js";

/** What does not change while a transport is the same: the kernel is asked once. */
interface Place {
  readonly name: string;
  readonly local: string | null;
  readonly peer: string | null;
  readonly tls: string | null;
}

const places = new WeakMap<object, Place>();

type Name = { address: string; port: number; family: "inet" | "inet6" } | undefined;

const named = (name: Name): string | null => (name === undefined ? null : endpointName(name));

function placeOf(engine: Engine): Place {
  if (!(engine instanceof Connection) || engine.transport === null) return newPlace(engine);
  const { transport } = engine;
  let place = places.get(transport);
  if (place === undefined) places.set(transport, (place = newPlace(engine)));
  return place;
}

function newPlace(engine: Engine): Place {
  const name = String(engine).replace(/ \(closed\)$/, "");
  if (engine instanceof UdpEndpoint) {
    const { peerAddress, transport } = engine;
    return { name, local: named(transport?.local()), peer: peerAddress ?? null, tls: null };
  }
  const { holder, transport } = engine as Connection;
  const listener = listenerOf(engine);
  return {
    name,
    local: named(listener === null ? transport?.local() : listener.local()),
    peer: named(holder.proxied ?? transport?.peer()) ?? holder.where ?? null,
    tls: transport?.tls?.version() ?? null,
  };
}

/** Where it listens; null: it does not. */
function listenerOf(engine: Engine): Endpoint["listener"] {
  const { holder } = engine;
  return holder instanceof Endpoint ? holder.listener : null;
}

function socketFacts(engine: Engine): SocketFacts {
  const udp = engine instanceof UdpEndpoint ? engine : null;
  const connection = engine instanceof Connection ? engine : null;
  const listener = listenerOf(engine);
  const readers = listener?.acceptors ?? connection?.reading.readers ?? udp?.reading.waiters;
  const writers = connection?.writing.senders ?? udp?.writing.waiters;
  return {
    id: idOf(engine),
    ...placeOf(engine),
    domain: udp !== null ? "udp" : (connection!.holder.domain as SocketFacts["domain"]),
    role: udp === null ? connection!.holder.role : udp.connected ? "connected" : "unconnected",
    incoming: connection?.incoming ?? false,
    closing: engine.closed,
    fiber: engine.owner?.id ?? null,
    born: engine.born === 0 ? null : engine.born,
    received: engine.reading.received,
    sent: engine.writing.sent,
    unread: connection?.reading.unread ?? udp!.reading.unread,
    unsent: connection?.writing.queued ?? 0,
    readers: readers?.count ?? 0,
    writers: writers?.count ?? 0,
  };
}

/** All that are open, the oldest first, with what is inside of each. */
export function openSockets(): Engine[] {
  // Nothing else is in the ring.
  return [...open.sockets] as Engine[];
}

export function socketsFacts(engines: readonly Engine[]): SocketFacts[] {
  return engines.map(socketFacts);
}

export function serversFacts(engines: readonly Engine[]): ServerFacts[] {
  return engines.flatMap((engine) => {
    const listener = listenerOf(engine);
    if (listener === null) return [];
    const { name, local } = placeOf(engine);
    const { service, accepted, refused, waits, backlog } = listener;
    return {
      id: idOf(engine),
      name: service?.name ?? name,
      address: local ?? name.replace(/^\w+\{\w+\} ?/, ""),
      served: service !== null,
      accepted,
      refused,
      waiting: waits,
      backlog,
      live: service?.live ?? 0,
      errors: service?.errors ?? 0,
    };
  });
}
