/** What combinators take: operations, and functions that make them. */
import type { Operation } from "effection";
import { notAsync } from "../functions.js";
import type { Iter } from "../iterate.js";
import { iterate } from "../iterate.js";
import { shown } from "../show.js";

/** What can be performed: an operation, anybody's, or a function that gives one, such as a generator function. */
export type Performable<T = unknown> = Operation<T> | (() => Operation<T>);

/** A list of them, by what each of them gives. */
export type Performables<T extends readonly unknown[]> = {
  readonly [K in keyof T]: Performable<T[K]>;
};

/** Misuse of `what` throws TypeError. */
export function checkPerformable(what: string, given: unknown): void {
  if (typeof given === "function") return notAsync(given, what);
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  if (isObject && typeof (given as Partial<Operation<unknown>>)[Symbol.iterator] === "function")
    return;
  const promised = isObject && typeof (given as Partial<PromiseLike<unknown>>).then === "function";
  const hint = promised ? ": write until(promise), with Effection's until" : "";
  throw new TypeError(
    `${what} takes operations, such as client.receive(), or generator functions, not ${shown(given)}${hint}`,
  );
}

/** The same for a list of them. A copy: it may be changed before they begin. */
export function checkedList(what: string, given: unknown): Performable[] {
  if (!Array.isArray(given))
    throw new TypeError(
      `${what} takes an array of operations, ${what}([first, second]), not ${shown(given)}`,
    );
  for (const each of given) checkPerformable(what, each);
  return [...(given as Performable[])];
}

/** The steps of it, in the fiber that performs it. */
export function stepsOf<T>(given: Performable<T>, fiber: { readonly name: string }): Iter<T> {
  return iterate(typeof given === "function" ? given() : given, fiber);
}
