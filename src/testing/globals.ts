/**
 * What every program can call without importing it, made virtual: timers (Effection's sleep is one of them), Date, performance.now,
 * Math.random. Not virtual: node:timers/promises, node:crypto, and whatever is really asynchronous.
 */
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import type { Dice } from "./dice.js";
import type { VirtualClock } from "./virtual-clock.js";

type Callback = (...args: unknown[]) => void;

/** What setTimeout, setInterval and setImmediate return. */
class Timer {
  private alarm: { cancel(): void } | null = null;
  private held = true;
  constructor(
    private readonly clock: VirtualClock,
    private readonly all: Set<Timer>,
    private readonly call: () => void,
    private readonly ms: number,
    private readonly again: boolean,
  ) {
    this.refresh();
  }
  refresh(): this {
    this.close();
    this.all.add(this);
    this.alarm = this.clock.setAlarm(this.ring, this.ms / 1000);
    return this;
  }
  private readonly ring = (): void => {
    this.close();
    if (this.again) this.refresh();
    this.call();
  };
  close(): this {
    this.alarm?.cancel();
    this.alarm = null;
    this.all.delete(this);
    return this;
  }
  ref(): this {
    this.held = true;
    return this;
  }
  unref(): this {
    this.held = false;
    return this;
  }
  hasRef(): boolean {
    return this.held;
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Node's: at least a millisecond, and what is too long is one, too. */
function delay(ms: unknown): number {
  const number = Number(ms);
  return number >= 1 && number < 2 ** 31 ? Math.trunc(number) : 1;
}

function timers(clock: VirtualClock, all: Set<Timer>): Record<string, unknown> {
  const start =
    (again: boolean) =>
    (callback: Callback, ms?: number, ...args: unknown[]): Timer =>
      new Timer(clock, all, () => callback(...args), delay(ms), again);
  const stop = (timer: unknown): void => {
    if (timer instanceof Timer) timer.close();
  };
  const setTimeout = start(false);
  const setImmediate = (callback: Callback, ...args: unknown[]): Timer => {
    let cancelled = false;
    clock.later(() => {
      if (!cancelled) callback(...args);
    });
    return Object.assign(Object.create(Timer.prototype) as Timer, {
      close() {
        cancelled = true;
        return this as unknown as Timer;
      },
    });
  };
  Object.defineProperty(setTimeout, promisify.custom, {
    value: (ms?: number, value?: unknown) =>
      new Promise((resolve) => setTimeout(() => resolve(value), ms)),
  });
  Object.defineProperty(setImmediate, promisify.custom, {
    value: (value?: unknown) => new Promise((resolve) => setImmediate(() => resolve(value))),
  });
  return {
    setTimeout,
    setInterval: start(true),
    setImmediate,
    clearTimeout: stop,
    clearInterval: stop,
    clearImmediate: stop,
  };
}

function date(clock: VirtualClock, Real: DateConstructor): DateConstructor {
  const now = (): number => Math.floor(clock.time() * 1000);
  return new Proxy(Real, {
    construct: (target, args: unknown[], self) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, self) as object,
    apply: () => new Real(now()).toString(),
    get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
  });
}

/** Make them virtual. `restore` makes them real again; `pending` counts timers that hold the program. */
export function virtualGlobals(
  clock: VirtualClock,
  dice: Dice,
): { restore(): void; pending(): number } {
  const all = new Set<Timer>();
  const random = dice.about("Math.random");
  const replaced: [object: object, values: Record<string, unknown>][] = [
    [globalThis, { ...timers(clock, all), Date: date(clock, Date) }],
    [Math, { random: () => random.fraction() }],
    [performance, { now: () => clock.elapsed * 1000 }],
  ];
  const undo: (() => void)[] = [];
  for (const [object, values] of replaced) {
    for (const [name, value] of Object.entries(values)) {
      const before = Object.getOwnPropertyDescriptor(object, name);
      Object.defineProperty(object, name, { value, configurable: true, writable: true });
      undo.push(() => {
        if (before === undefined) Reflect.deleteProperty(object, name);
        else Object.defineProperty(object, name, before);
      });
    }
  }
  return {
    restore: () => undo.forEach((restore) => restore()),
    pending: () => [...all].filter((timer) => timer.hasRef()).length,
  };
}
