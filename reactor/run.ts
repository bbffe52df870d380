import type { Operation } from "effection";
import { HaltedError } from "./errors.js";
import { forkIn } from "./fork.js";
import { checkFork, type ForkOptions, supervisorOf } from "./fork-options.js";
import { notAsync } from "./functions.js";
import { Root } from "./root.js";
import { shown } from "./show.js";

/** Options of `run`: those of `fork`, and a signal. TypeError for others, at the call. */
export interface RunOptions extends ForkOptions {
  /** Halts it when it is aborted; it need not begin then. */
  signal?: AbortSignal | undefined;
}

/**
 * What `run` gives: the outcome, and a way to cancel.
 *
 * @example await run(() => sleep(60)).halt();
 */
export type Run<T> = Promise<T> & { halt(): PromiseLike<void> };

/**
 * Start a fiber from plain code: a callback, a promise chain, the top of a program without Effection.
 *
 * It has no parent; whoever starts it should halt it or wait for it. Sockets that it returns, itself, in a result tuple, or in an array of them, are the
 * caller's: `const [client, err] = await run(() => socket.connect(host, port))`.
 *
 * @returns a promise of what it returns, with `halt()`. If it fails and nobody waits for it, that is an unhandled rejection. If it is
 * halted, the promise rejects with {@link HaltedError}, which those who do not wait for it need not handle.
 *
 * @example const [client, err] = await run(() => socket.connect("example.org", 80));
 */
export function run<T>(body: () => Operation<T>, options: RunOptions = {}): Run<T> {
  checkFork("run", body, options);
  const { signal, name } = options;
  notAsync(body, "run");
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError(`run: signal must be an AbortSignal, not ${shown(signal)}`);
  const fiber = forkIn(new Root(), body, supervisorOf(options), undefined, name);
  const promise = new Promise<T>((resolve, reject) => {
    const halted = (): void => void fiber.halt();
    signal?.addEventListener("abort", halted, { once: true });
    if (signal?.aborted) halted();
    const over = (): void => signal?.removeEventListener("abort", halted);
    fiber.then(
      (value) => {
        over();
        resolve(value);
      },
      (error: unknown) => {
        over();
        // It was asked to end: that is no news to anybody.
        if (error instanceof HaltedError && fiber.ending === "halted") promise.catch(() => {});
        reject(error as Error);
      },
    );
  });
  return Object.assign(promise, { halt: (): PromiseLike<void> => fiber.halt() });
}
