/** What the diagnostics channels tell of fibers, told to a tracer. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { channels, type Fiber, type FiberEvent, fibers, reactor } from "../../reactor/index.js";
import type { Tracer } from "./tracer.js";

/** How it is to be told. */
export interface Told {
  /** How a fiber has ended, if that is worth a mark. */
  endOf(fiber: Fiber): string;
  /** The group in which sockets are told of that nobody's code has opened; undefined: they are told of by others. */
  socketsOf?: string;
}

/** What is told of a socket, on a higher storey. */
interface SocketEvent {
  name: string;
  incoming: boolean;
  received: number;
  sent: number;
}

/** Connections that are made, accepted and closed: marks where it happens. */
function sockets(tracer: Tracer, group: string): { name: string; tell(event: unknown): void }[] {
  const mark = (words: string): void => {
    if (reactor.current === null) tracer.outside(group, "network", words);
    else tracer.mark(reactor.current, words);
  };
  return [
    {
      name: "cosocket:socket:open",
      tell: (event) => {
        const { name, incoming } = event as SocketEvent;
        mark(`${incoming ? "accepted" : "opened"} ${name}`);
      },
    },
    {
      name: "cosocket:socket:close",
      tell: (event) => {
        const { name, received, sent } = event as SocketEvent;
        mark(`closed ${name}: ${received} bytes received, ${sent} sent`);
      },
    },
  ];
}

/** From now on until what is returned is called. Those that are there already are told of, too. */
export function listen(tracer: Tracer, { endOf, socketsOf }: Told): () => void {
  for (const { fiber, state, waitsFor } of fibers())
    tracer.found(fiber, waitsFor, state === "running");
  const tells: Record<keyof typeof channels, (event: FiberEvent) => void> = {
    spawn: ({ fiber, by }) => tracer.spawn(fiber, by ?? null),
    resume: ({ fiber }) => tracer.resume(fiber),
    park: ({ fiber, wait, effect }) => tracer.park(fiber, (wait ?? effect)!),
    wake: ({ fiber, by }) => tracer.wake(fiber, by ?? null),
    halt: ({ fiber, by }) => tracer.halt(fiber, by ?? null),
    ending: ({ fiber }) => tracer.ending(fiber),
    end: ({ fiber }) => tracer.end(fiber, endOf(fiber)),
  };
  const all = Object.entries(tells).map(([name, tell]) => ({
    name: channels[name as keyof typeof channels].name,
    tell: tell as (event: unknown) => void,
  }));
  if (socketsOf !== undefined) all.push(...sockets(tracer, socketsOf));
  for (const { name, tell } of all) subscribe(name, tell);
  return () => {
    for (const { name, tell } of all) unsubscribe(name, tell);
  };
}
