import { Err, Ok, type Coroutine, type Effect, type Result } from "effection";
import { contextHere } from "./context.js";
import { groupOf } from "./group.js";
import { observer } from "./observer.js";
import {
  notPerformed,
  performing,
  shownAs,
  type Step,
  type Yieldable,
  type YieldStarMissing,
} from "./operation.js";
import { reactor } from "./reactor.js";
import { oneLine } from "./show.js";
import type { FiberParent, WaitKind } from "./types.js";
import { Wait } from "./wait.js";

/**
 * A query of the current task: an effect that is answered on the spot by whoever drives the generator, the one way for an
 * operation to learn in whose name it runs. A fiber answers for itself; in an Effection task the group of its scope answers.
 *
 * @example
 * class NameQuery extends Query<string> {
 *   readonly description = "the caller's name";
 *   answer(parent: FiberParent): string {
 *     return parent.children()[0]?.name ?? "nobody";
 *   }
 * }
 * const name = yield* new NameQuery();
 */
export abstract class Query<T> implements Effect<T>, Yieldable<T> {
  abstract readonly description: string;
  abstract answer(parent: FiberParent): T;

  constructor() {
    if (observer !== null) observer.made(this);
  }

  toString(): string {
    return shownAs(this.description);
  }

  static {
    oneLine(this.prototype);
  }

  /** A new one each time: one operation may be performed by several at once. */
  [Symbol.iterator](): Iterator<YieldStarMissing, T, unknown> {
    if (observer !== null) observer.performed(this);
    return new QuerySteps(this);
  }

  enter(
    resolve: (result: Result<T>) => void,
    routine: Coroutine,
  ): (done: (result: Result<void>) => void) => void {
    let left = false;
    const context = contextHere();
    groupOf(routine.scope, (group) => {
      if (left) return;
      try {
        resolve(Ok(context.runInAsyncScope(() => this.answer(group))));
      } catch (error) {
        resolve(Err(error as Error));
      }
    });
    return (done) => {
      left = true;
      done(Ok());
    };
  }
}

class QuerySteps<T> implements Iterator<YieldStarMissing, T, unknown> {
  private performed = false;
  private aside: Aside | null = null;

  constructor(private readonly query: Query<T>) {}

  next(...sent: [] | [answer: unknown]): Step<T> {
    if (sent.length === 0) throw notPerformed(this.query.description);
    // The answer comes from the driver.
    if (this.performed) return { done: true, value: sent[0] as T };
    if (this.aside !== null) this.aside.next(undefined);
    else if (reactor.budgetSpent()) return this.stepAside();
    this.performed = true;
    return performing(this.query);
  }

  /** So whoever forks a crowd lets it begin now and then, and the kernel be polled. */
  private stepAside(): Step<T> {
    this.aside = new Aside(this.query.description)[Symbol.iterator]();
    return this.aside.next(undefined) as Step<T>;
  }

  return(value?: T): Step<T> {
    this.aside?.return();
    return { done: true, value: value as T };
  }

  throw(error: unknown): Step<T> {
    this.aside?.return();
    throw error;
  }
}

/** A task that has had its share, and can go on when the others have run. */
class Aside extends Wait<void> {
  readonly kind: WaitKind = "inactive";
  constructor(readonly description: string) {
    super();
  }
  protected attempt(): void {}
  protected enlist(): void {}
  protected leave(): void {}
}
