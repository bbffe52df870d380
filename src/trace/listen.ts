/** What the diagnostics channels tell of fibers, told to a tracer. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type Fiber, type FiberEvent, fibers, reactor } from "../../reactor/index.js";
import type { Tracer } from "./tracer.js";

interface WakeEvent {
  fiber: Fiber;
  by: Fiber | null;
}

/** From now on until what is returned is called. Those that are there already are told of, too. */
export function listen(tracer: Tracer): () => void {
  for (const { fiber, state, waitsFor } of fibers())
    tracer.found(fiber, waitsFor, state === "running");
  const tells: Record<string, (event: FiberEvent) => void> = {
    spawn: ({ fiber }) => tracer.spawn(fiber, reactor.current),
    resume: ({ fiber }) => tracer.resume(fiber),
    park: ({ fiber, wait }) => tracer.park(fiber, wait?.description ?? "something"),
    end: ({ fiber }) => tracer.end(fiber, endOf(fiber)),
    halt: ({ fiber }) => tracer.halt(fiber, reactor.current),
    wake: (event) => {
      const { fiber, by } = event as WakeEvent;
      tracer.wake(fiber, by);
    },
  };
  for (const [name, tell] of Object.entries(tells)) subscribe(channel(name), tell as () => void);
  return () => {
    for (const [name, tell] of Object.entries(tells))
      unsubscribe(channel(name), tell as () => void);
  };
}

function channel(name: string): string {
  return `cosocket:fiber:${name}`;
}

/** How it has ended, if that is worth a mark. What an error says may be anything: only what kind of error it is. */
function endOf(fiber: Fiber): string {
  const { ending } = fiber;
  if (ending === "returned" || ending === "halted") return "";
  return `failed: ${/^failed: ([A-Z]\w*(?:Error|Exception))\b/.exec(ending)?.[1] ?? "error"}`;
}
