import type { Effect, Operation } from "effection";
import { ReactorError } from "./errors.js";
import { shown } from "./show.js";

/** What drives a generator: an iterator of effects. */
export type Iter<T> = Iterator<Effect<unknown>, T, unknown>;

/** The iterator of what a fiber's function returned; what is no operation is refused with the fix. (A name is made when it is asked for.) */
export function iterate<T>(operation: Operation<T>, fiber: { readonly name: string }): Iter<T> {
  // A handler may be a plain function that returns nothing: it is done.
  if (operation === undefined) return done as Iter<T>;
  if (typeof (operation as Partial<Operation<T>>)?.[Symbol.iterator] !== "function") {
    const promised = (operation as Partial<PromiseLike<unknown>> | null)?.then !== undefined;
    // Its error is this one's cause at most: nobody else is there to take it.
    if (promised) Promise.resolve(operation as unknown).catch(() => {});
    throw new ReactorError(
      "NOT_AN_OPERATION",
      `${fiber.name} runs an operation, but its function returned ${shown(operation)}: make it a generator function (\`function*\`), ` +
        "and wait for a promise with `yield* until(promise)`",
    );
  }
  return operation[Symbol.iterator]();
}

/**
 * Whether it is a generator that is stepped by the language's own `next`, so that none need be looked up. V8 makes a map for the generators of
 * each closure, and a look-up in one that it has not seen takes a tenth of what a short fiber takes altogether.
 *
 * Whoever wraps or traces a generator may have put a `next` or an iterator of his own on it; and one of an async function, of which
 * `types.isGeneratorObject` is true as well, has others by its prototype.
 */
export function isPlainGenerator<T>(operation: Operation<T>): operation is Operation<T> & Iter<T> {
  // A function may have returned nothing.
  const value = operation as object | undefined;
  if (value === undefined) return false;
  const prototype = getPrototypeOf(value) as object | null;
  if (prototype === null || getPrototypeOf(prototype) !== GENERATOR) return false;
  return !hasOwn(value, "next") && !hasOwn(value, Symbol.iterator);
}

const { getPrototypeOf, hasOwn } = Object;
const GENERATOR = (getPrototypeOf(function* () {}) as GeneratorFunction).prototype;
/** Of all generators. */
export const generatorNext = GENERATOR.next as Iter<never>["next"];

const done: Iter<unknown> = { next: () => ({ done: true, value: undefined }) };

/** What a generator yields must be something to perform. */
export function checkEffect(effect: Effect<unknown> | undefined, name: string): void {
  if (typeof effect?.enter === "function") return;
  throw new ReactorError(
    "NOT_AN_OPERATION",
    `${name} yielded ${shown(effect)}, which is no effect: write \`yield*\` before an operation, and \`yield* until(promise)\` for a promise`,
  );
}
