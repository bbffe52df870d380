/**
 * What programs call to learn the time, to wait for it, and to be random, made virtual: of the global object, and of Node's modules.
 */
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { performance } from "node:perf_hooks";
import nodeTimers from "node:timers";
import timersPromises from "node:timers/promises";
import type { Dice } from "../dice.js";
import type { VirtualClock } from "./clock.js";
import { VirtualRandom } from "./random.js";
import { VirtualTimers } from "./timers.js";

/** What stands in the place of real ones: `restore` puts those back; `pending` counts timers that hold the program. */
export interface Virtual {
  restore(): void;
  pending(): number;
}

type Values = Readonly<Record<string, unknown>>;

export function virtualGlobals(clock: VirtualClock, dice: Dice): Virtual {
  const timers = new VirtualTimers(clock);
  const callbacks = timers.callbacks();
  const random = dice.about("Math.random");
  const secret = new VirtualRandom(dice.about("crypto"), clock.later);
  const replaced = new Replaced();
  replaced.put(globalThis, { ...callbacks, Date: date(clock, Date) });
  replaced.put(nodeTimers, callbacks);
  replaced.put(timersPromises, timers.promises());
  replaced.put(AbortSignal, { timeout: timers.abortAfter });
  replaced.put(performance, { now: () => clock.elapsed * 1000 });
  replaced.put(process, { hrtime: hrtime(clock) });
  replaced.put(Math, { random: () => random.fraction() });
  replaced.put(crypto, secret.functions());
  replaced.put(globalThis.crypto, { ...secret.web() });
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

/** Properties that have other values for a while. */
class Replaced {
  private over = false;
  private readonly undo: (() => void)[] = [];

  put(object: object, values: Values): void {
    for (const [name, value] of Object.entries(values)) {
      const before = Object.getOwnPropertyDescriptor(object, name);
      const real: unknown = Reflect.get(object, name);
      Object.defineProperty(object, name, {
        value: this.forNow(value, real),
        configurable: true,
        writable: true,
      });
      this.undo.push(() => {
        if (before === undefined) Reflect.deleteProperty(object, name);
        else Object.defineProperty(object, name, before);
      });
    }
  }

  restore(): void {
    this.over = true;
    for (const restore of this.undo) restore();
  }

  /** A module that is loaded meanwhile may keep it for ever: then it is the real one afterwards. */
  private forNow(value: unknown, real: unknown): unknown {
    if (typeof value !== "function" || typeof real !== "function") return value;
    const now = (): object => (this.over ? real : value);
    return new Proxy(value, {
      apply: (_, self, args) => Reflect.apply(now() as () => unknown, self, args) as unknown,
      construct: (_, args, self) => Reflect.construct(now() as Newable, args, self) as object,
      get: (_, key) => Reflect.get(now(), key) as unknown,
    });
  }
}

type Newable = new () => unknown;

function date(clock: VirtualClock, Real: DateConstructor): DateConstructor {
  const now = (): number => Math.floor(clock.time() * 1000);
  return new Proxy(Real, {
    construct: (target, args: unknown[], self) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, self) as object,
    apply: () => new Real(now()).toString(),
    get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
  });
}

const NANO = 1e9;

function hrtime(clock: VirtualClock): typeof process.hrtime {
  const nanoseconds = (): number => Math.round(clock.now() * NANO);
  const pair = ([seconds, rest]: [number, number] = [0, 0]): [number, number] => {
    const passed = nanoseconds() - (seconds * NANO + rest);
    return [Math.floor(passed / NANO), passed % NANO];
  };
  return Object.assign(pair, { bigint: () => BigInt(nanoseconds()) });
}
