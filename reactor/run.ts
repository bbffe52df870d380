import type { Operation } from "effection";
import { type Abortable, checkSignal, forgetAborted, unheard, whenAborted } from "./abort.js";
import { HaltedError } from "./errors.js";
import { forkIn, prefixOf } from "./fork.js";
import { checkFork, type ForkOptions, supervisorOf } from "./fork-options.js";
import { notAsync } from "./functions.js";
import { Root } from "./root.js";

/** Options of `run`: those of `fork`, and a signal. TypeError for others, at the call. */
export interface RunOptions extends ForkOptions {
  /** Halts it when it is aborted, and its promise rejects with the signal's reason then; it need not begin. */
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
 * halted, the promise rejects with {@link HaltedError}, or by its signal with that one's reason, which those who do not wait for it need
 * not handle.
 *
 * @example const [client, err] = await run(() => socket.connect("example.org", 80));
 */
export function run<T>(body: () => Operation<T>, options: RunOptions = {}): Run<T> {
  checkFork("run", body, options);
  const { signal, name } = options;
  notAsync(body, "run");
  if (signal !== undefined) checkSignal(signal, "run");
  const fiber = forkIn(new Root(), body, supervisorOf(options), prefixOf(body), name);
  const stop: Abortable = { aborted: () => void fiber.halt() };
  if (signal?.aborted) stop.aborted();
  else if (signal !== undefined) whenAborted(signal, stop);
  const promise = new Promise<T>((resolve, reject) => {
    const over = (): void => {
      if (signal !== undefined) forgetAborted(signal, stop);
    };
    fiber.then(
      (value) => {
        over();
        resolve(value);
      },
      (error: unknown) => {
        over();
        const halted = error instanceof HaltedError && fiber.ending === "halted";
        // It was asked to end: that is no news to anybody.
        if (halted) unheard(promise);
        reject((halted && signal?.aborted ? signal.reason : error) as Error);
      },
    );
  });
  return Object.assign(promise, { halt: (): PromiseLike<void> => fiber.halt() });
}
