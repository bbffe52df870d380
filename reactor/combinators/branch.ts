import type { Effect } from "effection";
import { HaltedError } from "../errors.js";
import { forkIn } from "../fork.js";
import type { Iter } from "../iterate.js";
import { Query } from "../query.js";
import type { Fiber, FiberParent, Resource, Supervisor } from "../types.js";
import { type Performable, stepsOf } from "./performable.js";

/** Whoever waits for branches. */
export interface Joint {
  /** What its branches' names begin with. */
  readonly prefix: string;
  /** Its operation has returned; the fiber has not ended yet. */
  returned(branch: Branch): void;
  /** Its fiber has ended. */
  ended(branch: Branch): void;
}

/**
 * One of the operations that a combinator performs at a time: its steps, in a fiber of its own, and how it has ended.
 *
 * It stands between the fiber and the operation, so that it is known at once that that has returned: a value that it has taken must
 * not be lost because the fiber still winds up.
 */
export class Branch<T = unknown> implements Supervisor, Iter<T> {
  /** The operation has returned {@link value}, before anybody has cancelled it. */
  hasReturned = false;
  value: T | undefined = undefined;
  hasFailed = false;
  error: unknown = undefined;
  cancelled = false;
  /** To be cancelled when it waits again. */
  private late = false;
  /** What is the parent's now, because it was returned. */
  private given: readonly Resource[] | null = null;
  private steps!: Iter<T>;
  private readonly fiber: Fiber<T>;

  constructor(
    private readonly joint: Joint,
    private readonly performable: Performable<T>,
    parent: FiberParent,
  ) {
    this.fiber = forkIn(parent, () => this, this, joint.prefix);
  }

  get over(): boolean {
    return this.fiber.over;
  }

  cancel(): void {
    if (this.cancelled || this.over) return;
    this.cancelled = true;
    this.fiber.cancel();
  }

  /** Its time is over: cancel it; but if it is about to run, because what it waits for may have come, only when it waits again. */
  expire(): void {
    // What has returned only winds up, and its value is not to be lost.
    if (this.hasReturned) return;
    if (this.fiber.state === "ready") this.late = true;
    else this.cancel();
  }

  /** What it has returned has nobody: release it. What that throws. */
  takeBack(): unknown[] {
    const errors: unknown[] = [];
    for (const resource of this.given ?? [])
      try {
        resource.release();
      } catch (error) {
        errors.push(error);
      }
    this.given = null;
    return errors;
  }

  // ---- the operation ----------------------------------------------------------------------------------------------

  [Symbol.iterator](): this {
    this.steps = stepsOf(this.performable, this.fiber);
    return this;
  }

  next(sent?: unknown): IteratorResult<Effect<unknown>, T> {
    return this.watched(this.steps.next(sent));
  }

  throw(error: unknown): IteratorResult<Effect<unknown>, T> {
    if (this.steps.throw === undefined) throw error;
    return this.watched(this.steps.throw(error));
  }

  return(value?: T): IteratorResult<Effect<unknown>, T> {
    return this.steps.return?.(value) ?? { done: true, value: value as T };
  }

  private watched(step: IteratorResult<Effect<unknown>, T>): IteratorResult<Effect<unknown>, T> {
    if (step.done && !this.cancelled) {
      this.hasReturned = true;
      this.value = step.value;
      this.joint.returned(this);
    }
    if (this.late && !step.done && !(step.value instanceof Query)) this.cancel();
    return step;
  }

  // ---- its fiber's end --------------------------------------------------------------------------------------------

  failed(error: unknown): void {
    this.hasFailed = true;
    this.error = error;
  }

  gave(resources: readonly Resource[]): void {
    this.given = resources;
  }

  ended(): void {
    if (!this.hasReturned && !this.hasFailed && !this.cancelled) {
      this.hasFailed = true;
      this.error = new HaltedError(this.fiber.name);
    }
    this.joint.ended(this);
  }
}
