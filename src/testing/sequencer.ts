import type { Operation } from "effection";
import {
  operation as performing,
  Until,
  WaitList,
  type Yieldable,
  shown,
} from "../../reactor/index.js";

/**
 * Lets several tasks take steps in a fixed order: `yield* at(0)` first, then `yield* at(1)`, whoever calls.
 *
 * @param step from 0; each may be taken once
 * @param operation is performed as this step; the next may begin when it has ended
 * @returns what the operation returned. When one fails or is cancelled the order is broken: those that wait, and come later, get an
 * error. (trio: Sequencer)
 */
export interface Sequencer {
  (step: number): Yieldable<void>;
  <T>(step: number, operation: () => Operation<T>): Yieldable<T>;
}

/**
 * A {@link Sequencer}, at its first step.
 *
 * @example
 * const at = sequencer();
 * yield* fork(() => at(1, () => client.send("second\n")));
 * yield* at(0, () => client.send("first\n"));
 */
export function sequencer(): Sequencer {
  const waiters = new WaitList();
  const taken = new Set<number>();
  let next = 0;
  let broken = false;

  function* at<T>(step: number, operation?: () => Operation<T>): Operation<T | void> {
    if (!Number.isInteger(step) || step < 0 || taken.has(step))
      throw new TypeError(
        `sequencer: a step is a whole number from 0, and each is taken once: not ${shown(step)}`,
      );
    taken.add(step);
    let done = false;
    try {
      const come = (): boolean => broken || next === step;
      yield* new Until(`step ${step} of a sequence`, "inactive", waiters, come, Infinity);
      if (broken)
        throw new Error(`step ${step} cannot come: one before it failed or was cancelled`);
      const result = operation && (yield* operation());
      done = true;
      return result;
    } finally {
      if (done) next = step + 1;
      else broken = true;
      waiters.wakeAll();
    }
  }
  return (<T>(step: number, operation?: () => Operation<T>) =>
    performing(`step ${String(step)} of a sequence`, () => at(step, operation))) as Sequencer;
}
