/**
 * Operations for code that awaits. What is waited for by one wait after the other needs no fiber, which is what nearly all methods of
 * sockets do: the promise itself is resumed. The first thing that only a fiber can perform makes one, which goes on with the rest.
 */
import type { Effect, Operation } from "effection";
import { type Abortable, forgetAborted, rejectedBy, unheard, whenAborted } from "./abort.js";
import { type Context, contextHere } from "./context.js";
import { forkIn } from "./fork.js";
import type { Iter } from "./iterate.js";
import type { Joinable, Joiner } from "./join.js";
import { reactor } from "./reactor.js";
import { resumed } from "./resumed.js";
import { Root } from "./root.js";
import { TryFirst } from "./try-first.js";
import type { Fiber, Resumer } from "./types.js";
import { Wait } from "./wait.js";

/**
 * Perform an operation, beginning at the call, and give a promise of what it gives: what `cosocket/promises` is made of.
 *
 * It runs in nobody's name: what it makes belongs to nobody. Generator functions of your own are for `run`, which gives them a fiber.
 *
 * @param signal halts it when it is aborted: then the promise rejects with the signal's reason, which those who do not wait for it need not
 * handle. One that is aborted already lets nothing begin.
 * @param as makes what the promise gives of what the operation gives; what it throws rejects the promise
 *
 * @example const [line, err] = await toPromise(client.receive("*l"), AbortSignal.timeout(5000));
 */
export function toPromise<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T>;
/** {@link toPromise}, of what `as` makes of it. */
export function toPromise<T, R>(
  operation: Operation<T>,
  signal: AbortSignal | undefined,
  as: (value: T) => R,
): Promise<R>;
export function toPromise<T, R>(
  operation: Operation<T>,
  signal?: AbortSignal,
  as?: (value: T) => R,
): Promise<T | R> {
  if (signal?.aborted === true) return rejectedBy(signal);
  const { current } = reactor;
  reactor.current = null;
  try {
    const steps = operation[Symbol.iterator]();
    const step = steps.next(undefined);
    if (step.done) return Promise.resolve(as === undefined ? step.value : as(step.value));
    return new Awaited<T, T | R>(steps, signal, as).begin(step);
  } catch (error) {
    return Promise.reject(error as Error);
  } finally {
    reactor.current = current;
  }
}

/** Those that wait, without a fiber. */
const unsettled = new Set<Awaited<unknown, unknown>>();

/** Nobody will be resumed any more. */
function forgetAll(): void {
  unsettled.clear();
}

/**
 * What is awaited and has no fiber, in words, oldest first: what `fibers()` does not list. Since when, in seconds.
 *
 * @example for (const { waitsFor, seconds } of awaited()) console.log(waitsFor, seconds);
 */
export function awaited(): { waitsFor: string; seconds: number }[] {
  const now = reactor.clock.now();
  return [...unsettled].flatMap(({ waiting }) =>
    waiting === null ? [] : [{ waitsFor: waiting.description, seconds: now - waiting.since }],
  );
}

class Awaited<T, R> implements Resumer, Abortable, Joiner {
  private resolve!: (value: R) => void;
  private reject!: (error: unknown) => void;
  private promise!: Promise<R>;
  private wait: Wait<unknown> | null = null;
  /** Performs the rest, from what only a fiber can perform. */
  private fiber: (Fiber<T> & Joinable<T>) | null = null;
  /** The fiber has. */
  private begun = false;
  private halting = false;
  private unwinding = false;
  /** {@link Wait.unwinds} of what it is parked on. */
  private returnsAgain = false;
  /** It was in the ready queue already when it was aborted: the resume that is still to come from there is not for it. */
  private stale = false;
  /** What is a wait alone, or becomes one, runs nobody else's code. */
  private readonly context: Context | null;

  constructor(
    private readonly steps: Iter<T>,
    private readonly signal: AbortSignal | undefined,
    private readonly as: ((value: T) => R) | undefined,
  ) {
    const alone = steps instanceof Wait || steps instanceof TryFirst;
    this.context = alone ? null : contextHere();
  }

  begin(step: IteratorYieldResult<Effect<unknown>>): Promise<R> {
    const { signal } = this;
    if (unsettled.size === 0) reactor.forgetting.add(forgetAll);
    unsettled.add(this as Awaited<unknown, unknown>);
    this.promise = new Promise<R>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    if (signal === undefined || !signal.aborted) {
      if (signal !== undefined) whenAborted(signal, this);
      this.perform(step);
    } else {
      // By what it has called.
      this.halting = true;
      this.step();
    }
    return this.promise;
  }

  resume(): void {
    if (this.stale && this.unwinding) {
      this.stale = false;
      return;
    }
    this.wait = null;
    if (this.context === null) this.step();
    else this.context.runInAsyncScope(this.step, this);
  }

  private step(): void {
    let step: IteratorResult<Effect<unknown>, T>;
    try {
      const halts = this.halting && (!this.unwinding || this.returnsAgain);
      step = halts ? this.unwind() : this.steps.next(undefined);
      if (!step.done && this.halting && !this.unwinding) step = this.unwind();
    } catch (error) {
      return this.failed(error);
    }
    if (step.done) this.returned(step.value);
    else this.perform(step);
  }

  private unwind(): IteratorResult<Effect<unknown>, T> {
    this.unwinding = true;
    return this.steps.return?.() ?? { done: true, value: undefined as T };
  }

  private perform(step: IteratorYieldResult<Effect<unknown>>): void {
    const effect = step.value as Wait<unknown> | undefined;
    if (effect?.isWait === true && this.parked(effect)) return;
    const rest = (): Operation<T> => {
      this.begun = true;
      return resumed(this.steps, step);
    };
    this.fiber = forkIn(new Root(), rest, undefined, undefined, this.name);
    this.fiber.join(this);
  }

  /** Its fiber has, and at once that is what the promise gives: an abort behind it comes too late, as one behind a wait does. */
  ended(): void {
    const fiber = this.fiber!;
    this.fiber = null;
    let value: T;
    try {
      value = fiber.result();
    } catch (error) {
      if (!this.halting || fiber.ending !== "halted") return this.failed(error);
      // A fiber that is halted before it begins unwinds nothing, but this has begun.
      return this.begun ? this.halted() : reactor.first(this);
    }
    this.returned(value);
  }

  /** False: it was not performed, but yielded, which a fiber refuses where the generator sees it. */
  private parked(wait: Wait<unknown>): boolean {
    try {
      wait.park(this);
    } catch {
      return false;
    }
    this.wait = wait;
    if (this.unwinding) this.returnsAgain = wait.unwinds;
    return true;
  }

  get waiting(): Wait<unknown> | null {
    return this.wait;
  }

  /** Its operation, in words. */
  get name(): string {
    return (this.steps as Partial<Wait<T>>).description ?? "operation";
  }

  /** The signal is: a halt, which comes before all that is ready. */
  aborted(): void {
    this.halting = true;
    if (this.fiber !== null) return void this.fiber.halt();
    // Without one it is running, and sees it when it stops.
    if (this.wait === null) return;
    this.stale = !this.wait.unpark();
    reactor.first(this);
  }

  /** What came to its end before it was to unwind has what it waited for, whatever the signal says by now. */
  private returned(value: T): void {
    if (this.unwinding) return this.halted();
    this.forget();
    const { as } = this;
    try {
      // Without one it gives what the operation gives.
      this.resolve(as === undefined ? (value as unknown as R) : as(value));
    } catch (error) {
      this.reject(error);
    }
  }

  private halted(): void {
    this.forget();
    unheard(this.promise);
    this.reject(this.signal!.reason);
  }

  private failed(error: unknown): void {
    this.forget();
    this.reject(error);
  }

  private forget(): void {
    unsettled.delete(this as Awaited<unknown, unknown>);
    if (this.signal !== undefined) forgetAborted(this.signal, this);
  }
}
