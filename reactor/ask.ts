import { Err, Ok, type Coroutine, type Effect, type Result } from "effection";
import type { Family } from "./family.js";
import { groupOf } from "./group.js";
import {
  notPerformed,
  performing,
  type Step,
  type Yieldable,
  type YieldStarMissing,
} from "./operation.js";

/**
 * An effect that is answered on the spot by whoever drives the generator: the one way for an operation to learn
 * in whose name it runs. A fiber answers for itself; in an Effection task the group of its scope answers.
 */
export abstract class Ask<T>
  implements Effect<T>, Yieldable<T>, Iterator<YieldStarMissing, T, unknown>
{
  abstract readonly description: string;
  abstract answer(family: Family): T;

  private asked = false;

  [Symbol.iterator](): this {
    return this;
  }

  next(...sent: [] | [answer: unknown]): Step<T> {
    if (sent.length === 0) throw notPerformed(this.description);
    this.asked = !this.asked;
    // The answer comes from answer() below, through the driver.
    return this.asked ? performing(this) : { done: true, value: sent[0] as T };
  }

  return(value?: T): Step<T> {
    this.asked = false;
    return { done: true, value: value as T };
  }

  throw(error: unknown): Step<T> {
    this.asked = false;
    throw error;
  }

  enter(
    resolve: (result: Result<T>) => void,
    routine: Coroutine,
  ): (done: (result: Result<void>) => void) => void {
    let left = false;
    groupOf(routine.scope, (group) => {
      if (left) return;
      try {
        resolve(Ok(this.answer(group)));
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
