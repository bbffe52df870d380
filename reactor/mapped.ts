import type { Effect, Operation } from "effection";
import { observer } from "./observer.js";
import {
  busy,
  notPerformed,
  shownAs,
  type Step,
  type Yieldable,
  type YieldStarMissing,
} from "./operation.js";
import { oneLine } from "./show.js";

/**
 * An operation that gives something else than the one that it performs. Without a generator, for what is done for each item of a stream.
 *
 * @example
 * const length = new Mapped(
 *   "length",
 *   () => client.receive("*l"),
 *   ([line]) => line?.length,
 * );
 * console.log(yield* length);
 */
export class Mapped<A, B> implements Yieldable<B>, Iterator<YieldStarMissing, B, unknown> {
  private steps: Iterator<Effect<unknown>, A, unknown> | null = null;

  /** @param description it, in words */
  constructor(
    readonly description: string,
    private readonly begin: () => Operation<A>,
    private readonly map: (value: A) => B,
  ) {
    if (observer !== null) observer.made(this);
  }

  toString(): string {
    return this.steps === null ? shownAs(this.description) : `[operation: ${this.description}]`;
  }

  static {
    oneLine(this.prototype);
  }

  [Symbol.iterator](): this {
    if (this.steps !== null) throw busy(this.description);
    if (observer !== null) observer.performed(this);
    return this;
  }

  next(...sent: [] | [unknown]): Step<B> {
    if (sent.length === 0) throw notPerformed(this.description);
    let step: IteratorResult<Effect<unknown>, A> | undefined;
    try {
      this.steps ??= this.begin()[Symbol.iterator]();
      step = this.steps.next(sent[0]);
    } finally {
      // It can be performed again, also after an error.
      if (step === undefined || step.done) this.steps = null;
    }
    return this.mapped(step);
  }

  return(value?: B): Step<B> {
    const { steps } = this;
    const step = steps?.return?.(undefined as A);
    // What returns by itself yields cleanup, if anything.
    if (step === undefined || step.done) {
      this.steps = null;
      return { done: true, value: value as B };
    }
    return step as Step<B>;
  }

  throw(error: unknown): Step<B> {
    const { steps } = this;
    this.steps = null;
    if (steps?.throw === undefined) throw error;
    const step = steps.throw(error);
    if (!step.done) this.steps = steps;
    return this.mapped(step);
  }

  private mapped(step: IteratorResult<Effect<unknown>, A>): Step<B> {
    return (step.done ? { done: true, value: this.map(step.value) } : step) as Step<B>;
  }
}
