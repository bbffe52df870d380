/** What Effection performs for a fiber, in words, and since when. */
import type { Effect } from "effection";
import type { Fiber, Waiting } from "./types.js";

/** Whether it is a wait of this package's, and so tells more of itself. */
export function isWait(effect: Effect<unknown>): effect is Effect<unknown> & Waiting {
  return (effect as { isWait?: true }).isWait === true;
}

/** Effection's descriptions are those of its calls, in milliseconds. */
export function effectInWords(effect: Effect<unknown>): string {
  const { description } = effect;
  if (isWait(effect)) return description;
  const [, inner = description] = /^do <(.*)>$/s.exec(description) ?? [];
  const [, ms] = /^sleep\(([\d.]+)\)$/.exec(inner) ?? [];
  if (ms !== undefined) return `sleep ${Number(ms) / 1000} s`;
  const [, name] = /^async call (.*)\(\)$/s.exec(inner) ?? [];
  if (name !== undefined) return name === "" ? "a promise" : `the promise of ${name}()`;
  // What has no name: until(promise), a callback.
  return inner === "action" ? "a promise or a callback" : inner;
}

/** What a fiber waits for now; null: for nothing. */
export interface Pause {
  readonly words: string;
  /** In the clock's seconds. */
  readonly since: number;
  /** The wait, where it is one of this package's. */
  readonly wait: Waiting | null;
}

/**
 * What a fiber waits for now; null while it runs, or is about to.
 *
 * @example console.log(pauseOf(fiber)?.words); // 'receive("*l") on tcp{client} ...'
 */
export function pauseOf({ waiting, promoted, state, lastChild }: Fiber): Pause | null {
  const wait = waiting;
  if (wait !== null) return { words: wait.description, since: wait.since, wait };
  if (promoted !== null) {
    const { performed, since } = promoted;
    if (performed === undefined) return { words: "the end of its tasks", since, wait: null };
    const words = effectInWords(performed);
    return isWait(performed)
      ? { words, since: performed.since, wait: performed }
      : { words, since, wait: null };
  }
  if (state !== "ending" || lastChild === null) return null;
  return { words: "the end of its children", since: NaN, wait: null };
}
