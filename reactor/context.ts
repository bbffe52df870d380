/**
 * The async context (AsyncLocalStorage) of whoever waits: taken where it begins, and there again each time that it runs.
 *
 * Without it a fiber would run in the context of whatever woke it: another's socket, another's timer.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

/** A context that code can be run in: `runInAsyncScope`. */
export type Context = AsyncResource;

const OPTIONS = { requireManualDestroy: true };

/**
 * The caller's context.
 *
 * @example
 * const context = contextHere();
 * setTimeout(() => context.runInAsyncScope(() => console.log("in the caller's context")), 100);
 */
export function contextHere(): Context {
  return new AsyncResource("cosocket", OPTIONS);
}

/**
 * Whether what `enterWith` sets while code runs in a {@link Context} is there when it is used again. Until Node 22 it is; from Node 24 a
 * context is what it was when it was taken, so it has to be taken again whenever its code stops.
 */
export const contextsFollow = ((): boolean => {
  const storage = new AsyncLocalStorage<boolean>();
  const context = contextHere();
  context.runInAsyncScope(() => storage.enterWith(true));
  const follows = context.runInAsyncScope(() => storage.getStore() === true);
  storage.disable();
  return follows;
})();
