/** What tells the time, made virtual: Date, Intl, performance, process, Temporal. */
import { performance } from "node:perf_hooks";
import { EPOCH, type VirtualClock } from "./clock.js";
import type { Replaced, Values } from "./replaced.js";

const NANO = 1e9;

export function putTime(replaced: Replaced, clock: VirtualClock): void {
  const Virtual = date(clock, Date);
  replaced.put(globalThis, { Date: Virtual });
  // `new (date.constructor)()`
  replaced.define(Virtual.prototype, "constructor", {
    value: Virtual,
    configurable: true,
    writable: true,
  });
  replaced.put(performance, performanceOf(clock));
  replaced.put(process, { hrtime: hrtime(clock), uptime: () => clock.elapsed });
  putFormats(replaced, clock);
  putTemporal(replaced, clock);
}

/** Whole milliseconds of the wall clock. */
function milliseconds(clock: VirtualClock): number {
  return Math.floor(clock.time() * 1000);
}

function date(clock: VirtualClock, Real: DateConstructor): DateConstructor {
  const now = (): number => milliseconds(clock);
  return new Proxy(Real, {
    construct: (target, args: unknown[], self) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, self) as object,
    apply: () => new Real(now()).toString(),
    get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
  });
}

function hrtime(clock: VirtualClock): typeof process.hrtime {
  const real = process.hrtime;
  const nanoseconds = (): number => Math.round(clock.now() * NANO);
  const pair = (before?: [number, number]): [number, number] => {
    // What Node refuses is refused.
    if (before !== undefined) real(before);
    const [seconds, rest] = before ?? [0, 0];
    const passed = nanoseconds() - (seconds * NANO + rest);
    return [Math.floor(passed / NANO), ((passed % NANO) + NANO) % NANO];
  };
  return Object.assign(pair, { bigint: () => BigInt(nanoseconds()) });
}

type MeasureOptions = { start?: unknown; end?: unknown; duration?: unknown };

function performanceOf(clock: VirtualClock): Values {
  const now = (): number => clock.elapsed * 1000;
  const mark = performance.mark.bind(performance);
  const measure = performance.measure.bind(performance) as (...args: unknown[]) => unknown;
  return {
    now,
    timeOrigin: EPOCH * 1000,
    mark: (name: string, options?: object) => mark(name, { startTime: now(), ...options }),
    measure: (name: string, start?: unknown, end?: unknown) => {
      if (typeof start === "object" && start !== null) {
        const options = start as MeasureOptions;
        const ends = options.end ?? (options.duration === undefined ? now() : undefined);
        return measure(name, { ...options, ...(ends === undefined ? {} : { end: ends }) });
      }
      return measure(name, { start: start ?? 0, end: end ?? now() });
    },
  };
}

/** Intl.DateTimeFormat formats the present when it is given no date. */
function putFormats(replaced: Replaced, clock: VirtualClock): void {
  const { prototype } = Intl.DateTimeFormat;
  const { get } = Object.getOwnPropertyDescriptor(prototype, "format")!;
  const parts = prototype.formatToParts;
  const bound = new WeakMap<object, (date?: Date | number) => string>();
  replaced.define(prototype, "format", {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      let format = bound.get(this);
      if (format === undefined) {
        const real = get!.call(this) as (date?: Date | number) => string;
        format = (date) => real(date ?? milliseconds(clock));
        bound.set(this, format);
      }
      return format;
    },
  });
  replaced.put(prototype, {
    formatToParts(this: Intl.DateTimeFormat, date?: Date | number) {
      return parts.call(this, date ?? milliseconds(clock));
    },
  });
}

/** Of Temporal, where there is one, what is used here. */
interface Temporal {
  Now: { timeZoneId(): string };
  Instant: { fromEpochNanoseconds(nanoseconds: bigint): Instant };
}
interface Instant {
  toZonedDateTimeISO(zone: string): {
    toPlainDateTime(): unknown;
    toPlainDate(): unknown;
    toPlainTime(): unknown;
  };
}

function putTemporal(replaced: Replaced, clock: VirtualClock): void {
  const { Temporal } = globalThis as { Temporal?: Temporal };
  if (Temporal === undefined) return;
  const { Now, Instant } = Temporal;
  const here = Now.timeZoneId.bind(Now);
  const instant = (): Instant =>
    Instant.fromEpochNanoseconds(BigInt(Math.round(clock.time() * 1e6)) * 1000n);
  const zoned = (zone = here()) => instant().toZonedDateTimeISO(zone);
  replaced.put(Now, {
    instant,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (zone?: string) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone?: string) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone?: string) => zoned(zone).toPlainTime(),
  });
}
