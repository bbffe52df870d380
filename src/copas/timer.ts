import type { Operation } from "effection";
import {
  notAsync,
  reactor,
  sleep,
  type Yieldable,
  checkOptionNames,
  oneLine,
  shown,
} from "../../reactor/index.js";
import { type Callback, toPerform } from "../object/index.js";
import { tell } from "./errors.js";
import type { Thread, ThreadErrorHandler } from "./thread.js";
import { amongChildren } from "./threads.js";
import type { Threads } from "./thread.js";
import { duration, type Refused, refused } from "./waiting.js";

/** Options of `timer.new`. TypeError for others. (Copas: copas.timer.new) */
export interface TimerOptions<P = unknown> {
  /** Seconds between the end of a callback and the next one; with `fixed_rate`, between the beginnings. */
  delay: number;
  callback: Callback<[timer: Timer<P>, params: P]>;
  /** Again and again. Default: once. */
  recurring?: boolean;
  /** Beginnings at `delay`, `2 * delay`, ... however long a callback takes; one that is late begins at once. */
  fixed_rate?: boolean;
  /** Seconds before the first, when it is made. Default: `delay`. */
  initial_delay?: number;
  /** Handed to the callback. */
  params?: P;
  name?: string;
  /** Takes what the callback throws; a recurring timer goes on. Default: the error handler of copas. */
  errorhandler?: ThreadErrorHandler;
}

const NAMES = [
  "delay",
  "callback",
  "recurring",
  "fixed_rate",
  "initial_delay",
  "params",
  "name",
  "errorhandler",
];

/** Calls back in a thread of its own, once or again and again. (Copas: copas.timer) */
export class Timer<P = unknown> {
  readonly name: string;
  private thread: Thread | null = null;
  private calling = false;

  /** @internal Use `copas.timer.new`. */
  constructor(
    private readonly threads: Threads,
    private readonly options: TimerOptions<P>,
  ) {
    checkOptionNames("timer.new", options, NAMES);
    const { delay, initial_delay: first = delay, callback, errorhandler } = options;
    duration(delay, "timer.new: delay");
    duration(first, "timer.new: initial_delay");
    if (typeof callback !== "function")
      throw new TypeError(
        `timer.new: callback must be a function of timer and params, not ${shown(callback)}`,
      );
    notAsync(callback, "timer.new: callback");
    if (errorhandler !== undefined) notAsync(errorhandler, "timer.new: errorhandler");
    this.name = options.name ?? `timer_${reactor.number("timer")}`;
    this.arm(first);
  }

  toString(): string {
    return `timer ${this.name} (${this.thread === null ? "not armed" : "armed"})`;
  }

  static {
    oneLine(this.prototype);
  }

  /**
   * Begin, or begin again; also from its own callback.
   *
   * @param initialDelay seconds before the first call (default: `delay`; `initial_delay` was for the first time)
   * @returns `[timer]`, or `[undefined, "already armed"]`
   *
   * @example
   * const tick = copas.timer.new({ delay: 1, callback: (timer) => console.log(timer.name) });
   * tick.cancel();
   * tick.arm(5);
   */
  arm(initialDelay: number = this.options.delay): [timer: this] | Refused<"already armed"> {
    duration(initialDelay, "timer:arm: the delay");
    if (this.thread !== null) return refused("already armed");
    this.calling = false;
    const thread: Thread = this.threads.add(() => this.run(thread, initialDelay), {
      name: this.name,
      ended: () => {
        if (this.thread === thread) this.thread = null;
      },
    });
    this.thread = thread;
    return [this];
  }

  /**
   * Call no more. A callback that is under way finishes. `[timer]`, or `[undefined, "not armed"]`, also the second time.
   *
   * @example
   * const tick = copas.timer.new({ delay: 1, recurring: true, callback: () => console.log("tick") });
   * tick.cancel();
   */
  cancel(): [timer: this] | Refused<"not armed"> {
    const { thread } = this;
    if (thread === null) return refused("not armed");
    this.thread = null;
    if (!this.calling) thread.halt();
    return [this];
  }

  private *run(me: Thread, initialDelay: number): Operation<void> {
    const { delay, recurring = false, fixed_rate: fixedRate = false } = this.options;
    let next = reactor.clock.now() + initialDelay;
    yield* sleep(initialDelay);
    while (this.thread === me) {
      // Once it has fired, a timer that does not recur may be armed again, by its callback, too.
      if (!recurring) this.thread = null;
      this.calling = true;
      yield* this.call(me);
      if (this.thread !== me) return;
      this.calling = false;
      const now = reactor.clock.now();
      next = fixedRate ? Math.max(next + delay, now) : now + delay;
      yield* sleep(next - now);
    }
  }

  private *call(me: Thread): Operation<void> {
    const { callback, params, errorhandler = this.threads.errorhandler } = this.options;
    try {
      const operation = toPerform<unknown>(callback(this, params as P));
      if (operation !== null) yield* operation;
    } catch (error) {
      yield* tell(errorhandler, error, me);
    }
  }
}

/** Outside of copas: `yield* timer.new(options)`; the timer ends with the caller. */
export const timer = {
  /**
   * A timer, armed. TypeError for options that are wrong.
   *
   * @example yield* timer.new({ delay: 60, recurring: true, callback: () => console.log("a minute") });
   */
  new: <P>(options: TimerOptions<P>): Yieldable<Timer<P>> =>
    amongChildren("timer.new", (threads) => new Timer(threads, options)),
} as const;
