/**
 * What programs call to learn the time, to wait for it, to be random, and to have work done elsewhere, made virtual or put in
 * order: of the global object, and of Node's modules.
 */
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import nodeTimers from "node:timers";
import timersPromises from "node:timers/promises";
import type { Dice } from "../dice.js";
import { type Errands, methodsOf, orderedFunctions } from "../outside/errands.js";
import type { RealWork } from "../outside/work.js";
import type { VirtualClock } from "./clock.js";
import { VirtualRandom } from "./random.js";
import { Replaced } from "./replaced.js";
import { putTime } from "./time.js";
import { VirtualTimers } from "./timers.js";

/** What stands in the place of real ones: `restore` puts those back; `pending` shows the timers that hold the program. */
export interface Virtual {
  restore(): void;
  pending(): string[];
}

export function virtualGlobals(
  clock: VirtualClock,
  dice: Dice,
  errands: Errands,
  work: RealWork,
): Virtual {
  const timers = new VirtualTimers(clock);
  const callbacks = timers.callbacks();
  const random = dice.about("Math.random");
  const secret = new VirtualRandom(dice.about("crypto"), clock.later);
  const replaced = new Replaced();
  putTime(replaced, clock);
  replaced.put(globalThis, callbacks);
  replaced.put(nodeTimers, callbacks);
  replaced.put(timersPromises, timers.promises());
  replaced.put(AbortSignal, { timeout: timers.abortAfter });
  replaced.put(Math, { random: () => random.fraction() });
  putErrands(replaced, errands);
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

function putErrands(replaced: Replaced, errands: Errands): void {
  for (const [object, functions] of orderedFunctions(errands)) replaced.put(object, functions);
  let known = false;
  errands.learn = (value) => {
    const prototype: unknown =
      known || typeof value !== "object" || value === null ? null : Object.getPrototypeOf(value);
    if (prototype === null || (prototype as object).constructor.name !== "FileHandle") return;
    known = true;
    const methods = methodsOf(prototype as object).map((name) => [
      name,
      errands.ordered(name, Reflect.get(prototype as object, name) as () => unknown),
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
      work.name(value, "Atomics.waitAsync");
      const forget = (): void => work.forget(value);
      value.then(forget, forget);
    }
    return waiting;
  };
}
