/** What the diagnostics channels tell of fibers, told to a tracer. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { channels, type Fiber, type FiberEvent, fibers } from "../../reactor/index.js";
import type { Tracer } from "./tracer.js";

/** From now on until what is returned is called. Those that are there already are told of, too. */
export function listen(tracer: Tracer, endOf: (fiber: Fiber) => string): () => void {
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
  for (const { name, tell } of all) subscribe(name, tell);
  return () => {
    for (const { name, tell } of all) unsubscribe(name, tell);
  };
}
