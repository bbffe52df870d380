/** What Effection performs for a fiber, in words, and since when. */
import type { Effect } from "effection";
import { told } from "./show.js";
import type { Fiber, Waiting } from "./types.js";

/** Whether it is a wait of this package's, and so tells more of itself. */
export function isWait(effect: Effect<unknown>): effect is Effect<unknown> & Waiting {
  return (effect as { isWait?: true }).isWait === true;
}

/**
 * What an effect or a wait says of itself: never throws, though it may be a program's own. Whoever looks must not break what is looked at.
 *
 * @example console.log(wordsOf({ description: "the moon" })); // the moon
 */
export function wordsOf(effect: { readonly description: string }): string {
  try {
    return told(effect.description);
  } catch {
    return "something that cannot be shown";
  }
}

/** Effection's descriptions are those of its calls, in milliseconds. */
export function effectInWords(effect: Effect<unknown>): string {
  const description = wordsOf(effect);
  if (isWait(effect)) return description;
  const [, inner = description] = /^do <(.*)>$/s.exec(description) ?? [];
  const [, ms] = /^sleep\(([\d.]+)\)$/.exec(inner) ?? [];
  if (ms !== undefined) return `sleep ${Number(ms) / 1000} s`;
  // Of a context: what it is set to is in Effection's words, too, and may be a secret.
  const [, context] = /^set\((.*?), /s.exec(inner) ?? [];
  if (context !== undefined) return `set(${context})`;
  const [, name] = /^async call (.*)\(\)$/s.exec(inner) ?? [];
  if (name !== undefined) return name === "" ? "a promise" : `the promise of ${name}()`;
  // What has no name: until(promise), a callback.
  return inner === "action" ? "a promise or a callback" : inner;
}

/** What a fiber waits for now. */
export interface Pause {
  /** It, in words, put together when it is asked for. */
  readonly words: string;
  /** In the clock's seconds; NaN: nobody knows. */
  readonly since: number;
  /** The wait, where it is one of this package's. */
  readonly wait: Waiting | null;
}

class PauseOn implements Pause {
  constructor(
    private readonly effect: Effect<unknown> | Waiting,
    readonly since: number,
  ) {}
  get wait(): Waiting | null {
    return isWait(this.effect as Effect<unknown>) ? (this.effect as Waiting) : null;
  }
  get words(): string {
    return effectInWords(this.effect as Effect<unknown>);
  }
}

/**
 * What a fiber waits for now; null while it runs, or is about to.
 *
 * @example console.log(pauseOf(fiber)?.words); // 'receive("*l") on tcp{client} ...'
 */
export function pauseOf(fiber: Fiber): Pause | null {
  const { waiting, promoted, state, lastChild } = fiber;
  if (waiting !== null) return new PauseOn(waiting, waiting.since);
  if (promoted !== null) {
    const { performed, since } = promoted;
    if (performed === undefined) return { words: "the end of its tasks", since, wait: null };
    return new PauseOn(performed, isWait(performed) ? performed.since : since);
  }
  if (state !== "ending" || lastChild === null) return null;
  return { words: "the end of its children", since: NaN, wait: null };
}
