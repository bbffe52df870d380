import { observer } from "./observer.js";
import type { Halting, WaitKind } from "./types.js";
import { PENDING, Wait, type Pending } from "./wait.js";

/**
 * Told once, when a fiber has ended.
 *
 * @example const joiner: Joiner = { ended: () => console.log("it has ended") };
 */
export interface Joiner {
  ended(): void;
}

/**
 * What has an end that can be waited for: a fiber, as {@link forkIn} gives it.
 *
 * @example
 * function tell(fiber: Joinable, joiner: Joiner): void {
 *   fiber.join(joiner);
 *   fiber.unjoin(joiner);
 *   if (fiber.over) console.log(fiber.name, fiber.result());
 *   if (fiber.over) fiber.haltResult();
 * }
 */
export interface Joinable<T = unknown> {
  readonly name: string;
  readonly over: boolean;
  join(joiner: Joiner): void;
  /** Do not tell it. */
  unjoin(joiner: Joiner): void;
  /** The outcome, when it has ended; throws what it threw. */
  result(): T;
  /** Throws what the cleanup threw, if it was halted. */
  haltResult(): void;
}

abstract class EndWait<T> extends Wait<T> implements Joiner {
  constructor(protected readonly fiber: Joinable) {
    super();
  }
  get kind(): WaitKind {
    return "inactive";
  }
  ended(): void {
    this.wake();
  }
  protected attempt(): T | Pending {
    return this.fiber.over ? this.result() : PENDING;
  }
  protected abstract result(): T;
  protected enlist(): void {
    this.fiber.join(this);
  }
  protected leave(): void {
    this.fiber.unjoin(this);
  }
}

/** `yield* fiber` */
export class JoinWait<T> extends EndWait<T> {
  constructor(fiber: Joinable<T>) {
    super(fiber);
  }
  get description(): string {
    return `join ${this.fiber.name}`;
  }
  protected result(): T {
    return this.fiber.result() as T;
  }
}

/** `yield* fiber.halt()`, or `await fiber.halt()` in code outside of generators. */
export class HaltWait extends EndWait<void> implements Halting {
  constructor(fiber: Joinable) {
    super(fiber);
    // Halting has begun at the call: nobody need wait for the end.
    if (observer !== null) observer.performed(this);
  }
  get description(): string {
    return `halt ${this.fiber.name}`;
  }
  protected result(): void {
    this.fiber.haltResult();
  }
  then<A = void, B = never>(
    onfulfilled?: ((value: void) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return promiseOf(this.fiber, () => this.result()).then(onfulfilled, onrejected);
  }
}

/** A promise that settles when `fiber` has ended, with what `result` gives or throws then. */
export function promiseOf<T>(fiber: Pick<Joinable, "over" | "join">, result: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      try {
        resolve(result());
      } catch (error) {
        reject(error as Error);
      }
    };
    if (fiber.over) ended();
    else fiber.join({ ended });
  });
}
