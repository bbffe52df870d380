/** Timers on the virtual clock, in the shapes of Node's: setTimeout and its like, node:timers/promises, AbortSignal.timeout. */
import { promisify } from "node:util";
import type { VirtualClock } from "./clock.js";

// The real ones: one that was set before, or by Node, can be cleared meanwhile.
const { clearTimeout, clearInterval, clearImmediate } = globalThis;

type Callback = (...args: unknown[]) => void;

interface WaitOptions {
  signal?: AbortSignal;
  ref?: boolean;
}

/** What setTimeout, setInterval and setImmediate return. */
class Timer {
  private alarm: { cancel(): void } | null = null;
  private held = true;
  /** @param seconds null: as soon as the others have run */
  constructor(
    private readonly clock: VirtualClock,
    private readonly all: Set<Timer>,
    private readonly call: () => void,
    private readonly seconds: number | null,
    private readonly again = false,
  ) {
    this.refresh();
  }
  refresh(): this {
    this.close();
    this.all.add(this);
    const { clock, seconds } = this;
    this.alarm = seconds === null ? clock.next(this.ring) : clock.setAlarm(this.ring, seconds);
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
function secondsOf(ms: unknown): number {
  const number = Number(ms);
  return (number >= 1 && number < 2 ** 31 ? Math.trunc(number) : 1) / 1000;
}

export class VirtualTimers {
  private readonly all = new Set<Timer>();

  constructor(private readonly clock: VirtualClock) {}

  /** How many hold the program. */
  get pending(): number {
    return [...this.all].filter((timer) => timer.hasRef()).length;
  }

  private start(call: () => void, seconds: number | null, again = false): Timer {
    return new Timer(this.clock, this.all, call, seconds, again);
  }

  /** Of the global object, and of node:timers. */
  callbacks(): Record<string, unknown> {
    const delayed =
      (again: boolean) =>
      (callback: Callback, ms?: number, ...args: unknown[]): Timer =>
        this.start(() => callback(...args), secondsOf(ms), again);
    const setTimeout = delayed(false);
    const setImmediate = (callback: Callback, ...args: unknown[]): Timer =>
      this.start(() => callback(...args), null);
    const stop =
      (real: (timer: never) => void) =>
      (timer: unknown): void => {
        if (timer instanceof Timer) timer.close();
        else real(timer as never);
      };
    const { setTimeout: wait, setImmediate: step } = this.promises();
    Object.defineProperty(setTimeout, promisify.custom, { value: wait });
    Object.defineProperty(setImmediate, promisify.custom, { value: step });
    return {
      setTimeout,
      setInterval: delayed(true),
      setImmediate,
      clearTimeout: stop(clearTimeout),
      clearInterval: stop(clearInterval),
      clearImmediate: stop(clearImmediate),
    };
  }

  /** Of node:timers/promises. */
  promises() {
    const setTimeout = <T>(ms?: number, value?: T, options?: WaitOptions): Promise<T> =>
      this.wait(secondsOf(ms), value as T, options);
    const setImmediate = <T>(value?: T, options?: WaitOptions): Promise<T> =>
      this.wait(null, value as T, options);
    const setInterval = <T>(ms?: number, value?: T, options?: WaitOptions): AsyncIterable<T> =>
      this.every(secondsOf(ms), value as T, options);
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
      const timer = this.start(ring, seconds);
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
    const timer = this.start(tick, seconds, true);
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
    const controller = new AbortController();
    const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
    this.start(() => controller.abort(reason), secondsOf(ms)).unref();
    return controller.signal;
  };
}

/** As Node's. */
function aborted({ reason }: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}
