/**
 * Time, behind one interface. This is the only file that reads a clock, sets a Node timer, or asks Node to call back; a virtual
 * clock (for tests that must not wait) is another object of type {@link Clock}.
 *
 * Everything above speaks seconds, as LuaSocket does. Milliseconds exist only here.
 *
 * @example
 * const slow: Clock = {
 *   now: () => systemClock.now() / 2,
 *   time: () => systemClock.time(),
 *   setAlarm: (callback, seconds) => systemClock.setAlarm(callback, seconds * 2),
 *   soon: (callback) => systemClock.soon(callback),
 *   later: (callback) => systemClock.later(callback),
 * };
 */

export interface Clock {
  /** Monotonic seconds from an arbitrary origin. Never goes back and does not follow the wall clock. */
  now(): number;
  /** Wall-clock seconds since 1970 (LuaSocket's `gettime`). */
  time(): number;
  /**
   * Call `callback` once, `seconds` from now.
   *
   * It may be called early: a wait longer than Node's timers can hold is cut short. It is never called before
   * `min(seconds, 24 days)` have passed, so the caller compares `now()` with its deadline and sets a new alarm.
   */
  setAlarm(callback: () => void, seconds: number): Alarm;
  /** Call `callback` when the code that runs now is done, before anything else happens (Node: nextTick). */
  soon(callback: () => void): void;
  /** Call `callback` when the kernel has been polled once (Node: setImmediate). */
  later(callback: () => void): void;
}

/**
 * A timer that was set, and not rung yet.
 *
 * @example
 * const alarm = systemClock.setAlarm(() => console.log("a minute"), 60);
 * alarm.hold(false); // the process may end before
 * alarm.cancel();
 */
export interface Alarm {
  cancel(): void;
  /** Whether this alarm keeps the process alive. */
  hold(hold: boolean): void;
}

/** Node turns a longer delay into one millisecond. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

class NodeAlarm implements Alarm {
  readonly #timer: NodeJS.Timeout;
  constructor(callback: () => void, seconds: number) {
    // Rounded up: Node cuts fractions off and would fire before the deadline.
    const delay = Math.min(Math.max(Math.ceil(seconds * 1000), 1), LONGEST_DELAY_MS);
    this.#timer = setTimeout(callback, delay);
  }
  cancel(): void {
    // Node keeps a list of timers for each delay in milliseconds, and drops one that has become empty only with a timer that keeps the process alive.
    this.#timer.ref();
    clearTimeout(this.#timer);
  }
  hold(hold: boolean): void {
    if (hold) this.#timer.ref();
    else this.#timer.unref();
  }
}

/** Milliseconds from the origin of `performance.now` to 1970, as far as is known. */
let origin = performance.timeOrigin;
/** Least step that is told. */
const MICROSECOND_MS = 0.001;

/** The wall clock's milliseconds with the fine clock's fractions: it follows when the wall clock is set, and two calls within a millisecond differ. */
function fineTime(): number {
  const coarse = Date.now();
  const fine = origin + performance.now();
  const right = Math.min(Math.max(fine, coarse), coarse + 1 - MICROSECOND_MS);
  origin += right - fine;
  return right;
}

/** The real clock: monotonic time in seconds, and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now() / 1000,
  time: () => fineTime() / 1000,
  setAlarm: (callback, seconds) => new NodeAlarm(callback, seconds),
  soon: (callback) => process.nextTick(callback),
  later: (callback) => void setImmediate(callback),
};

/**
 * The kernel's monotonic clock in microseconds, for other processes: it has the same origin in all.
 *
 * @example console.log(`MONOTONIC_USEC=${monotonicMicroseconds()}`);
 */
export function monotonicMicroseconds(): string {
  return String(process.hrtime.bigint() / 1000n);
}

/**
 * A time of the wall clock as Node has it, for its texts.
 *
 * @param seconds since 1970, as `time` gives them
 *
 * @example console.log(dateOf(reactor.clock.time()).toUTCString());
 */
export function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}
