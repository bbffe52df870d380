/** Fibers that are alike, by what is told of them: of thousands that wait for the same, one need be shown. */
import type { FiberFacts } from "../facts.js";

/** A name without its number: `chat:client_*`. */
export const nameOfAll = (name: string): string => name.replace(/\d+$/, "*");

/** A wait without what makes it one socket's. */
export function waitOfAll(words: string): string {
  return words.replace(/(\w+\{\w+\}) .*$/s, "$1").replace(/_\d+/g, "");
}

/** Equal where fibers are alike. */
export function keyOf({ name, state, waitsFor, path = [] }: FiberFacts): string {
  return JSON.stringify([nameOfAll(name), state, waitOfAll(waitsFor ?? ""), path]);
}
