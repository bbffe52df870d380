/** Timers on the virtual clock, in the shapes of Node's: setTimeout and its like, node:timers/promises, AbortSignal.timeout. */
import { AsyncResource } from "node:async_hooks";
import nodeTimers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import { shown } from "../real/work.js";
import type { VirtualClock } from "./clock.js";

// The real ones: one that was set before, or by Node, can be cleared meanwhile; and they refuse what Node refuses.
const real = { ...nodeTimers };
const realPromises = { ...timersPromises };
const { timeout: realAbortAfter } = AbortSignal;

type Callback = (...args: unknown[]) => void;
type Call = (...args: unknown[]) => unknown;

interface WaitOptions {
  signal?: AbortSignal;
  ref?: boolean;
}

/** What it was set by. */
type Kind = "setTimeout" | "setInterval" | "setImmediate" | "AbortSignal.timeout";

/** Numbers of timers: not those of real ones. */
let lastNumber = 2 ** 40;

/** What setTimeout, setInterval and setImmediate return. */
class Timer {
  private alarm: { cancel(): void } | null = null;
  private held = true;
  private cleared = false;
  readonly number = ++lastNumber;
  /** Where it was set. */
  private readonly trace = new Error();
  constructor(
    private readonly clock: VirtualClock,
    private readonly all: Map<number, Timer>,
    private readonly kind: Kind,
    private readonly call: (timer: Timer) => void,
    /** null: as soon as the others have run. */
    private readonly seconds: number | null,
  ) {
    this.refresh();
  }
  /** With where it was set. */
  describe(): string {
    const { kind, seconds, trace } = this;
    const delay = seconds === null ? "" : ` of ${seconds} seconds`;
    return shown(`timer: ${kind}${delay}`, trace);
  }
  refresh(): this {
    if (this.cleared) return this;
    this.disarm();
    this.all.set(this.number, this);
    const { clock, seconds } = this;
    this.alarm = seconds === null ? clock.next(this.ring) : clock.setAlarm(this.ring, seconds);
    return this;
  }
  private readonly ring = (): void => {
    this.disarm();
    if (this.kind === "setInterval") this.refresh();
    this.call(this);
  };
  private disarm(): void {
    this.alarm?.cancel();
    this.alarm = null;
    this.all.delete(this.number);
  }
  close(): this {
    this.cleared = true;
    this.disarm();
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
  [Symbol.toPrimitive](): number {
    return this.number;
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Node's: at least a millisecond, and what is too long is one, too. */
function secondsOf(ms: unknown): number {
  const number = (ms as number) * 1;
  return (number >= 1 && number < 2 ** 31 ? Math.trunc(number) : 1) / 1000;
}

export class VirtualTimers {
  private readonly all = new Map<number, Timer>();

  constructor(private readonly clock: VirtualClock) {}

  /** Those that hold the program, one a line. */
  get pending(): string[] {
    return [...this.all.values()]
      .filter((timer) => timer.hasRef())
      .map((timer) => timer.describe());
  }

  private start(kind: Kind, call: (timer: Timer) => void, seconds: number | null): Timer {
    return new Timer(this.clock, this.all, kind, call, seconds);
  }

  /** Of the global object, and of node:timers. */
  callbacks(): Record<string, unknown> {
    const delayed =
      (kind: "setTimeout" | "setInterval") =>
      (callback: Callback, ms?: number, ...args: unknown[]): unknown =>
        typeof callback === "function"
          ? this.start(kind, inContext(callback, args), secondsOf(ms))
          : (real[kind] as Call)(callback);
    const setTimeout = delayed("setTimeout");
    const setImmediate = (callback: Callback, ...args: unknown[]): unknown =>
      typeof callback === "function"
        ? this.start("setImmediate", inContext(callback, args), null)
        : (real.setImmediate as Call)(callback);
    const { setTimeout: wait, setImmediate: step } = this.promises();
    Object.defineProperty(setTimeout, promisify.custom, { value: wait });
    Object.defineProperty(setImmediate, promisify.custom, { value: step });
    return {
      setTimeout,
      setInterval: delayed("setInterval"),
      setImmediate,
      clearTimeout: this.stop(real.clearTimeout as Call),
      clearInterval: this.stop(real.clearInterval as Call),
      clearImmediate: this.stop(real.clearImmediate as Call),
    };
  }

  /** Clear a timer, or that of a number: `clearTimeout(+timer)`. */
  private stop(other: Call): (timer: unknown) => void {
    return (timer) => {
      const virtual = timer instanceof Timer ? timer : this.all.get(Number(timer));
      if (virtual !== undefined) virtual.close();
      else other(timer);
    };
  }

  /** Of node:timers/promises. */
  promises() {
    const setTimeout = <T>(ms?: number, value?: T, options?: WaitOptions): Promise<T> =>
      isDelay(ms) && areOptions(options)
        ? this.wait(secondsOf(ms), value as T, options)
        : realPromises.setTimeout(ms, value, options);
    const setImmediate = <T>(value?: T, options?: WaitOptions): Promise<T> =>
      areOptions(options)
        ? this.wait(null, value as T, options)
        : realPromises.setImmediate(value, options);
    const setInterval = <T>(ms?: number, value?: T, options?: WaitOptions): AsyncIterable<T> =>
      isDelay(ms) && areOptions(options)
        ? this.every(secondsOf(ms), value as T, options)
        : realPromises.setInterval(ms, value as T, options);
    const scheduler = {
      wait: (ms?: number, options?: WaitOptions) => setTimeout(ms, undefined, options),
      yield: () => setImmediate(),
    };
    return { setTimeout, setImmediate, setInterval, scheduler };
  }

  private wait<T>(seconds: number | null, value: T, options: WaitOptions = {}): Promise<T> {
    const { signal, ref = true } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(aborted(signal));
      const abort = (): void => {
        timer.close();
        reject(aborted(signal!));
      };
      const ring = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      };
      const timer = this.start(seconds === null ? "setImmediate" : "setTimeout", ring, seconds);
      if (!ref) timer.unref();
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  private async *every<T>(
    seconds: number,
    value: T,
    { signal, ref = true }: WaitOptions = {},
  ): AsyncGenerator<T> {
    // Those that nobody has taken yet are not lost, as with Node.
    let due = 0;
    let wake: (() => void) | undefined;
    const tick = (): void => {
      due++;
      wake?.();
    };
    const abort = (): void => wake?.();
    const timer = this.start("setInterval", tick, seconds);
    if (!ref) timer.unref();
    signal?.addEventListener("abort", abort);
    try {
      for (;;) {
        if (signal?.aborted === true) throw aborted(signal);
        if (due > 0) {
          due--;
          yield value;
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      timer.close();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** AbortSignal.timeout */
  readonly abortAfter = (ms: number): AbortSignal => {
    if (!(Number.isInteger(ms) && ms >= 0 && ms < 2 ** 53)) return realAbortAfter(ms);
    const controller = new AbortController();
    const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
    this.start("AbortSignal.timeout", () => controller.abort(reason), secondsOf(ms)).unref();
    return controller.signal;
  };
}

/** In the asynchronous context of the caller, as Node calls it. */
function inContext(callback: Callback, args: unknown[]): (timer: Timer) => void {
  const context = new AsyncResource("VirtualTimer");
  return (timer) => {
    context.runInAsyncScope(callback, timer, ...args);
  };
}

function isDelay(ms: unknown): boolean {
  return ms === undefined || typeof ms === "number";
}

function areOptions(options: unknown): options is WaitOptions | undefined {
  if (options === undefined) return true;
  if (typeof options !== "object" || options === null || Array.isArray(options)) return false;
  const { signal, ref } = options as { signal?: unknown; ref?: unknown };
  const isSignal =
    signal === undefined || (typeof signal === "object" && signal !== null && "aborted" in signal);
  return isSignal && (ref === undefined || typeof ref === "boolean");
}

/** As Node's. */
function aborted({ reason }: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}
