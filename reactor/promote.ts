/**
 * Promotion: both worlds in one generator.
 *
 * When a fiber's generator yields an effect that is not cosocket's (sleep, spawn, a resource, a context ...), an
 * Effection task takes over: its operation's iterator first yields the pending effect and then forwards next, throw and
 * return to the generator. `scoped` around it makes errors of the tasks that the generator spawns come back here, to the
 * fiber and its boundary, rather than to the scope in which the task runs.
 */
import { createContext, scoped, useScope, type Effect, type Operation, type Task } from "effection";
import type { Fiber } from "./fiber.js";
import { reactor } from "./reactor.js";

type Iter = Iterator<Effect<unknown>, unknown, unknown>;
type Step = IteratorResult<Effect<unknown>, unknown>;

/** Which fiber an Effection task belongs to. */
export const FiberContext = createContext<Fiber>("cosocket.fiber");

export function promote(fiber: Fiber, iterator: Iter, pending: Effect<unknown>): Task<unknown> {
  return fiber.home.run(function* promoted() {
    let result: { value: unknown } | { error: unknown } | undefined;
    try {
      const scope = yield* useScope();
      scope.set(FiberContext, fiber);
      const value = yield* scoped(
        () => new Forwarder(fiber, iterator, pending) as Operation<unknown>,
      );
      result = { value };
    } catch (error) {
      result = { error };
    } finally {
      fiber.demoted(result);
    }
  });
}

class Forwarder implements Operation<unknown>, Iter {
  #pending: Effect<unknown> | null;
  constructor(
    private readonly fiber: Fiber,
    private readonly iterator: Iter,
    pending: Effect<unknown>,
  ) {
    this.#pending = pending;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(value?: unknown): Step {
    const pending = this.#pending;
    if (pending !== null) {
      this.#pending = null;
      this.fiber.performed = pending;
      return { done: false, value: pending };
    }
    return this.#forward(() => this.iterator.next(value));
  }

  throw(error: unknown): Step {
    this.#pending = null;
    if (this.iterator.throw === undefined) throw error;
    return this.#forward(() => this.iterator.throw!(error));
  }

  return(value?: unknown): Step {
    this.#pending = null;
    if (this.iterator.return === undefined) return { done: true, value };
    return this.#forward(() => this.iterator.return!(value));
  }

  /** The generator's own code runs in the fiber's name, as before the promotion. */
  #forward(step: () => Step): Step {
    const before = reactor.current;
    reactor.current = this.fiber;
    try {
      const next = step();
      this.fiber.performed = next.done ? undefined : next.value;
      return next;
    } finally {
      reactor.current = before;
    }
  }
}
