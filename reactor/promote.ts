/**
 * Promotion: both worlds in one generator.
 *
 * When a fiber's generator yields an effect that is not cosocket's (sleep, spawn, a resource, a context ...), an
 * Effection task takes over: its operation's iterator first yields the pending effect and then forwards next, throw and
 * return to the generator. `scoped` around it makes errors of the tasks that the generator spawns come back here, to the
 * fiber and its boundary, rather than to the scope in which the task runs.
 */
import { scoped, type Effect, type Operation, type Scope, type Task } from "effection";
import { channels, type FiberEvent } from "./channels.js";
import { type Context, contextHere, contextsFollow } from "./context.js";
import { FiberContext } from "./contexts.js";
import { effectInWords, isWait } from "./effects.js";
import { Raised, throwable, unwrapped } from "./raise.js";
import { reactor } from "./reactor.js";
import type { Fiber, Promoted, Resumer } from "./types.js";

type Iter = Iterator<Effect<unknown>, unknown, unknown>;
type Step = IteratorResult<Effect<unknown>, unknown>;

/** A fiber that can be handed over. */
export interface Promotable extends Fiber {
  /** The async context of its code. */
  context: Context;
  /** Call `code` in its context. */
  within(code: () => void): void;
  /** The generator is done, and so is everything in its task's scope. */
  demoted(result: { value: unknown } | { error: unknown } | undefined): void;
}

/** Hands a fiber over to Effection. */
export class Promotion implements Resumer, Promoted {
  readonly outside = true;
  /** Of the generator, once it runs there. */
  scope: Scope | null = null;
  /** What Effection performs for it. */
  performed: Effect<unknown> | undefined;
  since = reactor.clock.now();
  /** The error of a child that was born before. */
  raised: Raised | null = null;
  /** The fiber was halted before it has begun. */
  withdrawn = false;
  #task: Task<unknown> | null = null;

  constructor(
    readonly fiber: Promotable,
    readonly iterator: Iter,
    readonly pending: Effect<unknown>,
  ) {}

  get begun(): boolean {
    return this.#task !== null;
  }

  resume(): void {
    if (!this.withdrawn) this.fiber.within(() => this.#begin());
  }

  #begin(): void {
    const forwarder = new Forwarder(this);
    this.#task = this.fiber.home.run(() => this.#promoted(forwarder));
    // Now that there is a task, which can be halted.
    forwarder.begin();
  }

  *#promoted(forwarder: Forwarder): Operation<void> {
    let result: { value: unknown } | { error: unknown } | undefined;
    try {
      // Twice: what fails while the inner scope ends is raised in the outer one.
      const value = yield* scoped(() => scoped(() => forwarder as Operation<unknown>));
      result = { value };
    } catch (error) {
      result = { error: unwrapped(error) };
    } finally {
      this.scope = null;
      this.fiber.demoted(result);
    }
  }

  /** Let its scope get the error of a child. False: it has none now. */
  raise(error: unknown): boolean {
    if (this.scope === null) return false;
    this.raised?.missed();
    this.raised = new Raised(this.scope, error);
    return true;
  }

  /** Effection's halt begins when somebody asks for its end; what cleanup throws reaches demoted(). */
  halt(): void {
    this.#task!.halt().then(undefined, () => {});
    reactor.letEffectionRun();
  }
}

/** The fiber's generator, driven by Effection. */
class Forwarder implements Operation<unknown>, Iter, Effect<unknown> {
  readonly description = "promote";
  #begin: (() => void) | null = null;
  #pending: Effect<unknown> | null;

  constructor(private readonly promotion: Promotion) {
    this.#pending = promotion.pending;
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** The first effect: parked until there is a task. */
  enter(
    resolve: (result: { ok: true; value: undefined }) => void,
    routine: { scope: Scope },
  ): (left: (result: { ok: true; value: undefined }) => void) => void {
    const { promotion } = this;
    promotion.scope = routine.scope;
    promotion.scope.set(FiberContext, promotion.fiber);
    this.#begin = () => resolve(OK);
    return (left) => left(OK);
  }

  begin(): void {
    this.#begin!();
  }

  next(value?: unknown): Step {
    if (this.#begin === null) return { done: false, value: this };
    const pending = this.#pending;
    if (pending !== null) {
      this.#pending = null;
      return { done: false, value: (this.promotion.performed = pending) };
    }
    return this.#forward("next", value);
  }

  throw(error: unknown): Step {
    this.#pending = null;
    return this.#forward("throw", unwrapped(error));
  }

  return(value?: unknown): Step {
    this.#pending = null;
    return this.#forward("return", value);
  }

  /** The generator's own code runs in the fiber's context and in its name, as before. */
  #forward(how: "next" | "throw" | "return", value: unknown): Step {
    const { promotion } = this;
    const { fiber } = promotion;
    const before = reactor.current;
    reactor.current = fiber;
    if (channels.resume.hasSubscribers)
      channels.resume.publish({ fiber, ...awaited(promotion.performed) });
    let performed: Effect<unknown> | undefined;
    try {
      const next = fiber.context.runInAsyncScope(this.#step, this, how, value);
      if (!next.done) performed = next.value;
      return next;
    } catch (error) {
      throw throwable(error);
    } finally {
      reactor.current = before;
      promotion.performed = performed;
      promotion.since = reactor.clock.now();
      if (channels.park.hasSubscribers) channels.park.publish({ fiber, ...awaited(performed) });
    }
  }

  // The fiber's `return` is not always the end: a `race` that it is in may have failed.
  #step(how: "next" | "throw" | "return", value: unknown): Step {
    const { fiber, iterator } = this.promotion;
    let next: Step;
    if (how === "next") next = iterator.next(value);
    else if (how === "return") next = iterator.return?.(value) ?? { done: true, value };
    else if (iterator.throw !== undefined) next = iterator.throw(value);
    else throw value;
    if (!contextsFollow) fiber.context = contextHere();
    return next;
  }
}

/** For the channels. */
function awaited(performed: Effect<unknown> | undefined): Omit<FiberEvent, "fiber"> {
  if (performed === undefined) return { effect: ITS_TASKS_END };
  return isWait(performed)
    ? { wait: performed }
    : { effect: { description: effectInWords(performed) } };
}

const ITS_TASKS_END = { description: "the end of its tasks" };

const OK = { ok: true, value: undefined } as const;
