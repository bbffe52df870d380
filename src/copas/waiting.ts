import { shown } from "../../reactor/index.js";

/** Copas's default: seconds that get, take and pop wait. */
export const DEFAULT_TIMEOUT = 10;

/** A timeout or delay in seconds, Infinity allowed. Misuse throws TypeError. */
export function duration(value: unknown, what: string): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new TypeError(`${what} must be a number of seconds, 0 or more, not ${shown(value)}`);
}

/** A failure with one of Copas's words. */
export type Refused<Word extends string, Rest = undefined> = [
  value: undefined,
  error: Word,
  rest: Rest,
];

export function refused<Word extends string>(word: Word): Refused<Word> {
  return [undefined, word, undefined];
}
