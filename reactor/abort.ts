/**
 * Who is halted when an AbortSignal is aborted. Node's own list of listeners is searched from its beginning at each that is added or
 * removed, so with ten thousand that wait under one signal each of them would cost ten thousand steps: a signal has one listener here.
 */
import { shown } from "./show.js";

/** Halted when its signal is aborted. */
export interface Abortable {
  aborted(): void;
}

const watched = new WeakMap<AbortSignal, Watch>();

class Watch {
  readonly all = new Set<Abortable>();
  constructor(private readonly signal: AbortSignal) {}

  handleEvent(): void {
    const all = [...this.all];
    for (const each of all) forgetAborted(this.signal, each);
    for (const each of all) each.aborted();
  }
}

/** Tell `each` when `signal` is aborted, which it is not yet. */
export function whenAborted(signal: AbortSignal, each: Abortable): void {
  let watch = watched.get(signal);
  if (watch === undefined) watched.set(signal, (watch = new Watch(signal)));
  if (watch.all.size === 0) signal.addEventListener("abort", watch);
  watch.all.add(each);
}

/** Do not tell `each` any more. A signal that nobody is told of is not kept from being collected. */
export function forgetAborted(signal: AbortSignal, each: Abortable): void {
  const watch = watched.get(signal);
  if (watch?.all.delete(each) && watch.all.size === 0) signal.removeEventListener("abort", watch);
}

/**
 * Misuse throws TypeError.
 *
 * @example checkSignal(5, "run"); // TypeError: run: signal must be an AbortSignal, not 5
 */
export function checkSignal(signal: unknown, what: string): asserts signal is AbortSignal {
  if (signal instanceof AbortSignal) return;
  const hint = signal instanceof AbortController ? ": write { signal: controller.signal }" : "";
  throw new TypeError(`${what}: signal must be an AbortSignal, not ${shown(signal)}${hint}`);
}

/**
 * A promise that was rejected since it was asked to be: those who do not wait for it need not handle that. With the signal's reason, as
 * Node and the web do it.
 */
export function rejectedBy<T>(signal: AbortSignal): Promise<T> {
  return unheard(Promise.reject(signal.reason as Error));
}

/** The same promise: if it rejects and nobody waits for it, that is no news. */
export function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
