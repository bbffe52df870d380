/**
 * What every method that may have to wait gives: an operation. Nothing happens until somebody performs it, and so a forgotten
 * `yield*` has to be told, by the compiler where that is possible, otherwise when the program runs.
 */
import type { Effect, Operation } from "effection";
import { ReactorError } from "./errors.js";
import { observer } from "./observer.js";
import { oneLine } from "./show.js";

/**
 * What whoever takes an operation apart (`const [line, err] = client.receive()`) has in his hands: it is good for nothing (as a
 * condition, as text, as a number), so that the compiler refuses the next line.
 *
 * To drivers it is an effect. (Nothing else can be refused: Effection's operations take whatever is sent to them, so a
 * destructuring pattern, which sends undefined, is fine with the compiler.)
 */
export type YieldStarMissing = Effect<unknown> & symbol & (() => never);

/**
 * An Effection {@link Operation} of this package: perform it with `yield*`.
 *
 * It may be performed again when it has finished; while it is under way that throws {@link ReactorError} "BUSY". Iterating it in any
 * other way throws "YIELD". There is no `then`, but the compiler is told of one, so that it refuses `await`: at run time a `then`
 * would make Effection's `call(() => operation)` take it for a promise.
 */
export interface Yieldable<T> extends Operation<T> {
  [Symbol.iterator](): Iterator<YieldStarMissing, T, unknown>;
  readonly then?: <A = T, B = never>(
    this: "write `yield*`; outside of generators: await run(() => operation)",
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ) => never;
}

/** One step of an operation. */
export type Step<T> = IteratorResult<YieldStarMissing, T>;

/**
 * The step that hands an effect to the driver.
 *
 * @example const step: Step<void> = performing(wait);
 */
export function performing<T>(effect: Effect<unknown>): Step<T> {
  // Drivers ask for `enter` (or for the class) of what they get.
  return { done: false, value: effect as YieldStarMissing };
}

/**
 * `next` was called without an argument: by a destructuring pattern, a spread, a for loop. `yield*` always passes one.
 *
 * @example const error = notPerformed("receive");
 */
export function notPerformed(what: string): ReactorError {
  return new ReactorError(
    "YIELD",
    `${what} was not performed: write \`yield*\` before it, as in \`const [line, err] = yield* client.receive()\``,
  );
}

/**
 * An operation was given to `yield`.
 *
 * @example const error = yieldedOnly("receive");
 */
export function yieldedOnly(what: string): ReactorError {
  return new ReactorError("YIELD", `write \`yield*\`, not \`yield\`, before ${what}`);
}

/**
 * An operation as text: what it does, and what is missing if somebody has it in his hands instead of its result.
 *
 * @example console.log(shownAs("receive"));
 */
export function shownAs(what: string): string {
  return `[operation: ${what}; not performed: write \`yield*\` before it]`;
}

export function busy(what: string): ReactorError {
  return new ReactorError("BUSY", `${what} is under way already: call the method again`);
}

/**
 * An operation of several steps, written as a generator. What is checked before `operation` is called throws at the call, as
 * misuse should; what `steps` does happens when it is performed, each time anew.
 *
 * @param what it, in words
 * @param steps gives the operation to perform: mostly, calls a generator function
 *
 * @example
 * function greet(name: string): Yieldable<void> {
 *   if (name === "") throw new TypeError("greet takes a name");
 *   return operation(`greet ${name}`, function* () {
 *     yield* client.send(`hello ${name}`);
 *   });
 * }
 */
export function operation<T>(what: string, steps: () => Operation<T>): Yieldable<T> {
  return new Steps(what, steps);
}

class Steps<T> implements Yieldable<T>, Iterator<YieldStarMissing, T, unknown>, Effect<unknown> {
  private steps: Iterator<Effect<unknown>, T, unknown> | null = null;

  constructor(
    readonly description: string,
    private readonly begin: () => Operation<T>,
  ) {
    if (observer !== null) observer.made(this);
  }

  [Symbol.iterator](): this {
    if (this.steps !== null) throw busy(this.description);
    if (observer !== null) observer.performed(this);
    return this;
  }

  next(...sent: [] | [unknown]): Step<T> {
    if (sent.length === 0) throw notPerformed(this.description);
    let next: IteratorResult<Effect<unknown>, T> | undefined;
    try {
      next = (this.steps ??= this.begin()[Symbol.iterator]()).next(sent[0]);
    } finally {
      if (next === undefined || next.done) this.steps = null;
    }
    return next as Step<T>;
  }

  return(value?: T): Step<T> {
    const { steps } = this;
    if (steps?.return === undefined) {
      this.steps = null;
      return { done: true, value: value as T };
    }
    return this.after(() => steps.return!(value));
  }

  throw(error: unknown): Step<T> {
    const { steps } = this;
    if (steps?.throw === undefined) {
      this.steps = null;
      throw error;
    }
    return this.after(() => steps.throw!(error));
  }

  /** It is no effect: it was given to `yield`. */
  enter(): never {
    throw yieldedOnly(this.description);
  }

  toString(): string {
    return this.steps === null ? shownAs(this.description) : `[operation: ${this.description}]`;
  }

  static {
    oneLine(this.prototype);
  }

  /** One step; after the last one it can be performed again. */
  private after(step: () => IteratorResult<Effect<unknown>, T>): Step<T> {
    let next: IteratorResult<Effect<unknown>, T> | undefined;
    try {
      next = step();
    } finally {
      if (next === undefined || next.done) this.steps = null;
    }
    return next as Step<T>;
  }
}
