import type { Effect } from "effection";
import { ParentQuery } from "../fork.js";
import { observer } from "../observer.js";
import { busy, notPerformed, performing, type Step } from "../operation.js";
import { textOf } from "../show.js";
import type { FiberParent, WaitKind } from "../types.js";
import { PENDING, type Pending, Wait } from "../wait.js";
import { Branch, type Joint } from "./branch.js";
import type { Performable } from "./performable.js";

const PARENT: Effect<FiberParent> = performed(new ParentQuery());

/** It is yielded without its iterator, by which those who look for what was never performed would see it. */
function performed(query: ParentQuery): ParentQuery {
  query[Symbol.iterator]();
  return query;
}

/**
 * Operations that are performed at a time, each by a fiber of its own, and the wait for the end of all of them: what every combinator
 * is. However it ends, nothing of them is left then.
 *
 * Also when its own task is halted: `return()` cancels them and yields a wait that unwinds, so that what is around this operation is
 * cleaned up when nothing runs any more that may use it.
 */
export abstract class Together<T> extends Wait<T> implements Joint {
  abstract readonly prefix: string;
  /** Its own task is halted. */
  private abandoned = false;
  /** All of them are. */
  private cancelled = false;
  protected branches: Branch[] = [];
  /** In the order in which they happened. */
  private errors: unknown[] = [];
  private parent: FiberParent | null = null;
  /** How many have not ended. */
  private live = 0;
  private underway = false;

  constructor(private readonly performables: readonly Performable[]) {
    super();
    // Of a race that is over some may not have begun.
    if (observer !== null) for (const each of performables) observer.performed(each);
  }

  /** The result, when all have ended and none has failed. */
  protected abstract outcome(): T;
  abstract returned(branch: Branch): void;
  /** One has failed: the first one, or another one meanwhile. */
  protected abstract failed(branch: Branch): void;

  get kind(): WaitKind {
    return "inactive";
  }
  get description(): string {
    return `${this.prefix}(${this.performables.length})`;
  }
  override get unwinds(): boolean {
    return this.abandoned;
  }

  // ---- the branches -----------------------------------------------------------------------------------------------

  protected begin(parent: FiberParent): void {
    this.parent = parent;
    this.live = this.performables.length;
    this.branches = this.performables.map((each) => new Branch(this, each, parent));
  }

  /** Halt those that have not ended, all at a time, but `winner`. */
  protected cancel(winner?: Branch): void {
    // Once for all: each of them may fail.
    if (this.cancelled) return;
    this.cancelled = winner === undefined;
    for (const branch of this.branches) if (branch !== winner) branch.cancel();
  }

  ended(branch: Branch): void {
    if (branch.hasFailed) {
      if (this.abandoned) this.failWith(branch.error);
      else this.failed(branch);
    }
    // Before anybody else, who might halt its task: what they have returned would be lost.
    if (--this.live === 0) this.wakeFirst();
  }

  /** The operation fails with `error`, and with others if there are more. */
  protected failWith(error: unknown): void {
    this.errors.push(error);
  }

  // ---- the wait ---------------------------------------------------------------------------------------------------

  override [Symbol.iterator](): this {
    if (this.underway) throw busy(this.description);
    return super[Symbol.iterator]();
  }

  override next(...sent: [] | [unknown]): Step<T> {
    if (sent.length === 0) throw notPerformed(this.description);
    if (!this.underway) {
      this.underway = true;
      return performing(PARENT);
    }
    // The answer to that.
    if (this.parent === null) this.begin(sent[0] as FiberParent);
    return super.next(undefined);
  }

  protected attempt(): T | Pending {
    if (this.live > 0) return PENDING;
    const failure = this.errors.length > 0 ? this.fail() : null;
    const value = failure === null ? this.outcome() : null;
    this.reset();
    if (failure !== null) throw failure.error;
    return value as T;
  }

  /** Its task is halted, and so are they. Thrown from here, an error would be caught on the way out, and the halt lost: it goes up. */
  override return(value?: T): Step<T> {
    if (this.live > 0 && !this.abandoned) {
      this.abandoned = true;
      this.cancel();
    }
    if (this.live > 0) return performing(this);
    const failure = this.fail();
    if (failure !== null) this.parent!.childFailed(failure.error);
    this.reset();
    return super.return(value);
  }

  override throw(error: unknown): Step<T> {
    this.cancel();
    this.reset();
    return super.throw(error);
  }

  /** What was returned has nobody. The error of all this; null without one. */
  private fail(): { error: unknown } | null {
    const errors = [...this.errors, ...this.branches.flatMap((branch) => branch.takeBack())];
    const [error] = errors;
    if (errors.length <= 1) return errors.length === 0 ? null : { error };
    const text = `${this.description}: ${errors.length} errors, of which the first is: ${textOf(error)}`;
    return { error: new AggregateError(errors, text, { cause: error }) };
  }

  private reset(): void {
    this.underway = this.abandoned = this.cancelled = false;
    this.parent = null;
    this.branches = [];
    this.errors = [];
  }

  protected enlist(): void {}
  protected leave(): void {}
}
