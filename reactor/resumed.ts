import type { Effect, Operation } from "effection";

/**
 * What is left of an operation that has begun: it has come to `step`, which nobody has performed yet.
 */
export function resumed<T>(
  steps: Iterator<Effect<unknown>, T, unknown>,
  step: IteratorResult<Effect<unknown>, T>,
): Operation<T> {
  let first: IteratorResult<Effect<unknown>, T> | null = step;
  const rest: Iterator<Effect<unknown>, T, unknown> = {
    next: (sent) => {
      const next = first ?? steps.next(sent);
      first = null;
      return next;
    },
    throw: (error) => {
      if (steps.throw === undefined) throw error;
      return steps.throw(error);
    },
    return: (value) => steps.return?.(value) ?? { done: true, value: value as T },
  };
  return { [Symbol.iterator]: () => rest };
}
