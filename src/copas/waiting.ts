/** Copas's default: seconds that get, take and pop wait. */
export const DEFAULT_TIMEOUT = 10;

/** A timeout of lock, semaphore or queue: seconds; 0 only tries, Infinity is none. Misuse throws TypeError. */
export function limit(timeout: unknown, what: string): number {
  if (typeof timeout === "number" && timeout >= 0) return timeout;
  throw new TypeError(
    `${what}: the timeout must be a number of seconds, 0 or more, not ${String(timeout)}`,
  );
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
