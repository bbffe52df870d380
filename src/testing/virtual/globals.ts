/**
 * What programs call to learn the time, to wait for it, to be random, and to have work done elsewhere, made virtual or put in
 * order: of the global object, and of Node's modules.
 */
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import nodeTimers from "node:timers";
import timersPromises from "node:timers/promises";
import type { SeededRandom } from "../seeded-random.js";
import { type OrderedCalls, methodsOf, orderedFunctions } from "../real/ordered-calls.js";
import type { RealWork } from "../real/work.js";
import type { VirtualClock } from "./clock.js";
import { VirtualRandom } from "./random.js";
import { Replaced } from "./replaced.js";
import { putTime } from "./time.js";
import { VirtualTimers } from "./timers.js";

/** Globals that are replaced: `restore` puts the real ones back; `pending` lists the timers that keep the program alive. */
export interface Virtual {
  restore(): void;
  pending(): string[];
}

export function virtualGlobals(
  clock: VirtualClock,
  seeded: SeededRandom,
  calls: OrderedCalls,
  work: RealWork,
): Virtual {
  const timers = new VirtualTimers(clock);
  const callbacks = timers.callbacks();
  const random = seeded.draw("Math.random");
  const secret = new VirtualRandom(seeded.draw("crypto"), clock.later);
  const replaced = new Replaced();
  putTime(replaced, clock);
  replaced.put(globalThis, callbacks);
  replaced.put(nodeTimers, callbacks);
  replaced.put(timersPromises, timers.promises());
  replaced.put(AbortSignal, { timeout: timers.abortAfter });
  replaced.put(Math, { random: () => random.fraction() });
  putOrderedCalls(replaced, calls);
  replaced.put(crypto, secret.functions());
  replaced.put(globalThis.crypto, { ...secret.web() });
  replaced.put(Atomics, { waitAsync: named(work, Reflect.get(Atomics, "waitAsync") as WaitAsync) });
  // `import { setTimeout } from "node:timers/promises"` sees it, too.
  syncBuiltinESMExports();
  return {
    restore: () => {
      replaced.restore();
      syncBuiltinESMExports();
    },
    pending: () => timers.pending,
  };
}

function putOrderedCalls(replaced: Replaced, calls: OrderedCalls): void {
  for (const [object, functions] of orderedFunctions(calls)) replaced.put(object, functions);
  let known = false;
  calls.onResult = (value) => {
    const prototype: unknown =
      known || typeof value !== "object" || value === null ? null : Object.getPrototypeOf(value);
    if (prototype === null || (prototype as object).constructor.name !== "FileHandle") return;
    known = true;
    const methods = methodsOf(prototype as object).map((name) => [
      name,
      calls.ordered(name, Reflect.get(prototype as object, name) as () => unknown),
    ]);
    replaced.put(prototype as object, Object.fromEntries(methods) as Record<string, unknown>);
  };
}

type WaitAsync = (...args: unknown[]) => { async: boolean; value: Promise<unknown> | string };

/** Nothing of Node's shows that somebody waits there. */
function named(work: RealWork, real: WaitAsync): WaitAsync {
  return (...args) => {
    const waiting = Reflect.apply(real, Atomics, args);
    const { value } = waiting;
    if (value instanceof Promise) {
      work.track(value, "Atomics.waitAsync");
      const untrack = (): void => work.untrack(value);
      value.then(untrack, untrack);
    }
    return waiting;
  };
}
