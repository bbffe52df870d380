import type { Effect, Operation } from "effection";
import { HaltedError } from "./errors.js";
import { type Joinable, JoinWait, type Joiner, promiseOf } from "./join.js";
import { Parent } from "./parent.js";
import { reactor } from "./reactor.js";
import {
  giveAway,
  listed,
  releaseAll,
  type Resources,
  withResource,
  withoutResource,
} from "./resources.js";
import { shown, textOf } from "./show.js";
import type { Fiber, FiberParent, Resource, Supervisor } from "./types.js";

/** How a fiber ends, who waits for that, and what is closed with it: the half of a fiber that others see. */
export abstract class Outcome<T>
  extends Parent
  implements Joinable<T>, Operation<T>, PromiseLike<T>
{
  abstract readonly name: string;
  abstract readonly parent: FiberParent;
  abstract readonly supervisor: Supervisor | undefined;
  /** Call `code` in the context of its own code. */
  abstract within(code: () => void): void;
  /** Its body has ended, and its children or resources may not. */
  protected abstract get windingUp(): boolean;
  /** Somebody has called `halt`. */
  protected interrupted = false;
  /** How the body ended; of several errors the last one counts, as in Effection. */
  protected failed = false;
  protected completed = false;
  protected outcome: unknown = undefined;
  /** It has returned, and given away what it did: who halts it now comes too late, and must not keep that from those who wait for it. */
  protected gave = false;
  private joiners: Set<Joiner> | null = null;
  protected resources: Resources = null;

  /** How it has ended, in words. */
  get ending(): string {
    if (this.failed) return `failed: ${textOf(this.outcome)}`;
    return this.completed ? "returned" : "halted";
  }

  /** @internal What it has thrown; undefined: it has not. */
  get thrown(): unknown {
    return this.failed ? this.outcome : undefined;
  }

  protected fail(error: unknown): void {
    this.failed = true;
    this.completed = false;
    this.outcome = error;
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
    return promiseOf(this, () => this.result()).then(onfulfilled, onrejected);
  }

  /** @internal */
  join(joiner: Joiner): void {
    // In JavaScript it looks like that of a thread.
    if (typeof (joiner as Partial<Joiner> | undefined)?.ended !== "function")
      throw new TypeError(
        `join takes an object with a method "ended", not ${shown(joiner)}: the end of ${this.name} is waited for by \`yield* fiber\`, or \`await fiber\``,
      );
    (this.joiners ??= new Set()).add(joiner);
  }

  /** @internal */
  unjoin(joiner: Joiner): void {
    this.joiners?.delete(joiner);
    if (this.joiners?.size === 0) this.joiners = null;
  }

  protected get joined(): boolean {
    return this.joiners !== null;
  }

  /** What one of them throws does not keep it from the others. */
  protected tellJoiners(): { error: unknown } | null {
    const { joiners } = this;
    this.joiners = null;
    let thrown: { error: unknown } | null = null;
    if (joiners === null) return thrown;
    for (const joiner of joiners) {
      try {
        joiner.ended();
      } catch (error) {
        thrown ??= { error };
      }
    }
    return thrown;
  }

  /** @internal The outcome of an ended fiber. */
  result(): T {
    if (this.failed) throw this.outcome;
    if (!this.completed) throw new HaltedError(this.name);
    return this.outcome as T;
  }

  /** @internal What the cleanup of a halted fiber threw. */
  haltResult(): void {
    if (this.failed && this.interrupted) throw this.outcome;
  }

  /** Whether its supervisor has taken its error. */
  protected taken(): boolean {
    const { supervisor } = this;
    if (supervisor?.failed === undefined) return false;
    const thrown = this.tell(() => supervisor.failed!(this.outcome, this as unknown as Fiber));
    if (thrown !== null) this.outcome = thrown.error;
    return thrown === null;
  }

  /** Call the supervisor's `code` in its context. What that throws. */
  protected tell(code: () => void): { error: unknown } | null {
    try {
      this.within(code);
      return null;
    } catch (error) {
      return { error };
    }
  }

  own(resource: Resource): void {
    this.resources = withResource(this.resources, resource);
  }

  /** @internal What belongs to it. */
  held(): readonly Resource[] {
    return listed(this.resources);
  }

  disown(resource: Resource): void {
    const before = this.resources;
    this.resources = withoutResource(before, resource);
    if (before !== null && this.resources === null && this.windingUp) {
      reactor.schedule({ resume: () => this.goOnEnding() });
    }
  }

  /** Give away what it has returned, and ask the rest to go away. What that throws are errors of its cleanup. */
  protected closeResources(): void {
    const { completed, supervisor } = this;
    const failed = (error: unknown): void => this.fail(error);
    const owned = (): Resources => this.resources;
    this.gave ||= completed;
    if (completed) giveAway(owned(), this.outcome, supervisor, this.parent.nearest, failed);
    this.resources = releaseAll(owned, failed);
  }
}
