/**
 * A fiber: one generator being driven, with a parent and children.
 *
 * It steps its generator itself while that yields Waits. At the first other Effection effect it is promoted: an
 * Effection task drives the rest (promote.ts). It ends in this order: its body ends; its children are halted,
 * last-born first, each to its end; what belongs to it is released; it settles.
 */
import type { Effect, Operation, Scope, Task } from "effection";
import { Ask } from "./ask.js";
import {
  type Belonging,
  type Belongings,
  passOn,
  releaseAll,
  withBelonging,
  withoutBelonging,
} from "./belongings.js";
import { HaltedError, ReactorError } from "./errors.js";
import { Family } from "./family.js";
import { channels } from "./inspect.js";
import { type Iter, iterate } from "./iterate.js";
import { HaltWait, JoinWait, type Joiner, promiseOf } from "./join.js";
import { promote } from "./promote.js";
import { reactor, type Resumer } from "./reactor.js";
import type { Supervisor } from "./supervisor.js";
import type { Wait } from "./wait.js";

export type FiberState = "ready" | "running" | "parked" | "promoted" | "ending" | "ended";

export class Fiber<T = unknown> extends Family implements Operation<T>, Resumer, PromiseLike<T> {
  readonly id = ++reactor.lastFiber;
  /** Neighbours among the parent's children. */
  older: Fiber | null = null;
  younger: Fiber | null = null;

  /** Called when it starts; null afterwards. */
  private body: (() => Operation<T>) | null;
  private iterator: Iter<T> | null = null;
  private task: Task<unknown> | null = null;
  private wait: Wait<unknown> | null = null;
  private state_: FiberState = "ready";
  /** It was asked to halt. */
  private halting = false;
  /** `return()` was called on the generator: what it yields now is cleanup. */
  private unwinding = false;
  /** How the body ended. */
  private failed = false;
  private childHasFailed = false;
  private completed = false;
  private outcome: unknown = undefined;
  /** @internal What an Effection task performs for it, while it is promoted. */
  declare performed: Effect<unknown> | undefined;
  private joiners: Set<Joiner> | null = null;
  private belongings: Belongings = null;

  /** @internal Use `fork` or `run`. */
  constructor(
    readonly parent: Family,
    body: () => Operation<T>,
    private readonly family: string,
    private given: string | undefined,
    /** @internal Whoever looks after it. */
    readonly supervisor: Supervisor | undefined,
  ) {
    super();
    this.body = body;
    reactor.live++;
    if (channels.spawn.hasSubscribers) channels.spawn.publish({ fiber: this });
  }

  get name(): string {
    return this.given ?? `${this.family}_${this.id}`;
  }

  set name(name: string) {
    this.given = name;
  }

  override get home(): Scope {
    return this.parent.home;
  }

  override get over(): boolean {
    return this.state_ === "ended";
  }

  get state(): FiberState {
    if (this.state_ === "ended" || this.state_ === "running") return this.state_;
    if (this.halting) return "ending";
    return this.wait !== null && !this.wait.parked ? "ready" : this.state_;
  }

  /** How it has ended, in words. */
  get ending(): string {
    if (this.failed) return `failed: ${String(this.outcome)}`;
    return this.completed ? "returned" : "halted";
  }

  /** What it waits for, while parked on a wait of cosocket's. */
  get waiting(): Wait<unknown> | null {
    return this.wait;
  }

  override toString(): string {
    return `fiber ${this.name} (${this.state})`;
  }

  /** @internal The reactor's turn has come to this fiber. */
  resume(): void {
    if (this.state_ !== "ready" && this.state_ !== "parked") return;
    if (channels.resume.hasSubscribers)
      channels.resume.publish({ fiber: this, wait: this.wait ?? undefined });
    this.wait = null;
    this.state_ = "running";
    reactor.current = this as Fiber;
    try {
      this.step();
    } catch (error) {
      this.end(error, true);
    } finally {
      reactor.current = null;
    }
  }

  private step(): void {
    let iterator = this.iterator;
    if (iterator === null) {
      const { body } = this;
      this.body = null;
      if (this.halting) return this.end(undefined, false);
      iterator = this.iterator = iterate(body!());
    }
    let next = this.halting && !this.unwinding ? this.unwind(iterator) : iterator.next(undefined);
    while (!next.done) {
      if (this.halting && !this.unwinding) {
        next = this.unwind(iterator);
        continue;
      }
      let answer: unknown;
      try {
        const effect = next.value as Wait<unknown> | undefined;
        if (effect?.isWait) return this.parkOn(effect);
        if (!(next.value instanceof Ask)) return this.perform(next.value, iterator);
        answer = next.value.answer(this as Fiber);
      } catch (error) {
        if (iterator.throw === undefined) throw error;
        next = iterator.throw(error);
        continue;
      }
      next = iterator.next(answer);
    }
    this.completed = !this.halting;
    this.end(next.value, false);
  }

  private parkOn(wait: Wait<unknown>): void {
    wait.park(this);
    this.wait = wait;
    this.state_ = "parked";
    if (channels.park.hasSubscribers) channels.park.publish({ fiber: this, wait });
  }

  private perform(effect: Effect<unknown>, iterator: Iter<T>): void {
    if (typeof effect?.enter !== "function") {
      throw new ReactorError(
        "NOT_AN_OPERATION",
        `${this.name} yielded ${String(effect)}, which is no effect: write \`yield*\` before an operation`,
      );
    }
    this.state_ = "promoted";
    this.task = promote(this as Fiber, iterator, effect);
    // It may have been halted before there was a task to halt.
    if (this.halting && !this.unwinding) this.haltTask();
  }

  /** Effection's halt begins when somebody asks for its end; what cleanup throws reaches demoted(). */
  private haltTask(): void {
    this.task?.halt().then(undefined, () => {});
  }

  private unwind(iterator: Iter<T>): IteratorResult<Effect<unknown>, T> {
    this.unwinding = true;
    return iterator.return?.() ?? { done: true, value: undefined as T };
  }

  /** @internal The promoted generator is done, and so is everything in its task's scope. */
  demoted(result: { value: T } | { error: unknown } | undefined): void {
    this.task = null;
    if (result === undefined) this.end(undefined, false);
    else if ("error" in result) this.end(result.error, true);
    else {
      this.completed = !this.halting;
      this.end(result.value, false);
    }
  }

  /** The body has ended: record how, and wind up. */
  private end(outcome: unknown, failed: boolean): void {
    this.iterator = null;
    this.body = null;
    this.state_ = "ending";
    // A child's failure came first: that is why the body ended.
    if (!this.failed) {
      this.outcome = outcome;
      this.failed = failed;
    }
    this.windUp();
  }

  /** Children, last-born first, then belongings, then settle. Called again when one of them is gone. */
  protected override windUp(): void {
    if (this.state_ !== "ending") return;
    if (this.lastChild !== null) {
      this.lastChild.halt();
      return;
    }
    if (this.belongings !== null) this.part();
    if (this.belongings !== null) return;
    this.settle();
  }

  /** Pass on what can be, if it has returned, and ask the rest to go away. */
  private part(): void {
    const heir = this.supervisor?.heir;
    if (heir !== undefined && this.completed && heir.state !== "ended")
      passOn(this.belongings, heir);
    releaseAll(this.belongings);
  }

  private settle(): void {
    if (this.state_ === "ended") return;
    this.state_ = "ended";
    reactor.live--;
    if (channels.end.hasSubscribers) channels.end.publish({ fiber: this });
    let goesUp = this.failed;
    if (this.failed && this.supervisor?.failed !== undefined) goesUp = !this.taken();
    const { joiners } = this;
    this.joiners = null;
    if (joiners !== null) {
      // What the cleanup of a halted fiber threw is for those who wait for the halt.
      if (this.halting && !this.childHasFailed) goesUp = false;
      for (const joiner of joiners) joiner.ended();
    }
    this.supervisor?.ended?.(this as Fiber);
    this.parent.childEnded(this as Fiber, goesUp, this.outcome);
  }

  private taken(): boolean {
    try {
      this.supervisor!.failed!(this.outcome, this as Fiber);
      return true;
    } catch (error) {
      this.outcome = error;
      return false;
    }
  }

  /** @internal */
  override childFailed(error: unknown): void {
    if (!this.failed) {
      this.failed = true;
      this.childHasFailed = true;
      this.completed = false;
      this.outcome = error;
    }
    this.halt();
  }

  /**
   * Cancel it. Its `finally` blocks run (they may wait), its children are halted last-born first, and what
   * belongs to it is closed. Halting begins at the call; a fiber that has ended is left alone.
   *
   * @returns an operation (also awaitable) that finishes when the fiber has ended, and throws what its cleanup threw.
   * Halting the operation stops the waiting, not the halt. (Effection: `Task.halt`.)
   */
  halt(): HaltWait {
    if (!this.halting && this.state_ !== "ended") {
      this.halting = true;
      if (this.state_ === "parked") {
        // Unless it has been woken and stands in the ready queue already.
        if (this.wait!.unpark()) reactor.schedule(this);
      } else if (this.state_ === "promoted") this.haltTask();
    }
    return new HaltWait(this as Fiber);
  }

  /** Join: wait for its end. Returns what it returned, throws what it threw, or {@link HaltedError}. */
  [Symbol.iterator](): Iterator<Effect<unknown>, T, unknown> {
    return new JoinWait<T>(this)[Symbol.iterator]();
  }

  /** For code outside of generators: settles when the fiber ends. */
  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return promiseOf(this as Fiber, () => this.result()).then(onfulfilled, onrejected);
  }

  /** @internal */
  join(joiner: Joiner): void {
    (this.joiners ??= new Set()).add(joiner);
  }

  /** @internal */
  unjoin(joiner: Joiner): void {
    this.joiners?.delete(joiner);
    if (this.joiners?.size === 0) this.joiners = null;
  }

  /** @internal The outcome of an ended fiber. */
  result(): T {
    if (this.failed) throw this.outcome;
    if (!this.completed) throw new HaltedError(this.name);
    return this.outcome as T;
  }

  /** @internal What the cleanup of a halted fiber threw. */
  haltResult(): void {
    if (this.failed && this.halting && !this.completed) throw this.outcome;
  }

  /** `belonging` is released when this fiber ends, unless disowned before. */
  own(belonging: Belonging): void {
    this.belongings = withBelonging(this.belongings, belonging);
  }

  disown(belonging: Belonging): void {
    const before = this.belongings;
    this.belongings = withoutBelonging(before, belonging);
    if (before !== null && this.belongings === null && this.state_ === "ending") {
      reactor.schedule({ resume: () => this.windUp() });
    }
  }
}
