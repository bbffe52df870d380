/** Copas's functions of the loop. */
import { reactor, type Yieldable } from "../../reactor/index.js";
import { loop } from "./functions.js";
import { here } from "./instance.js";
import { step } from "./loop.js";
import { type CopasStatus, status } from "./status.js";

export const loopFunctions = {
  /**
   * Run until nothing is left to do: then `exit` is called, which releases `waitforexit`, and again until nothing is
   * left. Threads that wait for somebody who can no longer come are halted then. It may be run again afterwards.
   *
   * In an Effection program: `yield* copas.loop()`; cancelling halts every thread, and their cleanup runs. Without one:
   * `await copas.loop()`; then SIGINT and SIGTERM halt the threads, and end the process when their cleanup has run.
   *
   * @param initializer runs as the thread "copas_initializer"
   * @param timeout taken, as Copas does, and not needed: nothing here has to be polled
   * TypeError when it runs already. (Copas: copas.loop)
   *
   * @example
   * copas.addthread(function* () {
   *   yield* copas.pause(1);
   * });
   * await copas.loop();
   */
  loop,
  /**
   * Let the threads go on until something has happened: at most `timeout` seconds (undefined: until it happens; 0: those
   * that can go on now).
   *
   * @returns true when a thread went on because of a socket, false otherwise; at once when nothing is left to do. For
   * programs with a loop of their own: `while (!copas.finished()) yield* copas.step();`. The threads end with the task
   * that called it first. (Copas: copas.step)
   *
   * @example while (!copas.finished()) yield* copas.step();
   */
  step,
  /**
   * Whether nothing is left to do. (Copas)
   *
   * @example if (copas.finished()) console.log("nothing is left");
   */
  finished: (): boolean => here().dispatcher.finished,
  /** Whether the loop runs. (Copas) */
  get running(): boolean {
    return here().dispatcher.looping;
  },
  /**
   * Ask all that wait for it to end. Calling it again is fine. (Copas)
   *
   * @example copas.exit();
   */
  exit: (): void => here().dispatcher.exit(),
  /**
   * Whether `exit` was called. (Copas)
   *
   * @example while (!copas.exiting()) yield* copas.pause(1);
   */
  exiting: (): boolean => here().dispatcher.exiting,
  /**
   * Wait until `exit` is called. (Copas)
   *
   * @example
   * yield* copas.waitforexit();
   * console.log("good-bye");
   */
  waitforexit: (): Yieldable<unknown> => here().dispatcher.waitforexit(),
  /**
   * For tests: halt every thread but the caller and those in `waitforexit`, close every server, and `exit`. Unlike Copas's, their
   * cleanup runs. (Copas: copas.cancelall)
   *
   * @example copas.cancelall();
   */
  cancelall: (): void => {
    here().servers.removeAll();
    here().dispatcher.cancelall();
  },
  /**
   * Wall-clock time in seconds since 1970. Timeouts do not depend on it. (Copas)
   *
   * @example const now = copas.gettime();
   */
  gettime: (): number => reactor.clock.time(),
  /**
   * What the threads do, in numbers.
   *
   * @param enableStats true: count steps from now on, and measure them; false: stop. What was counted is in the
   * answer, and counting begins again with each. (Copas: copas.status)
   *
   * @example
   * copas.status(true); // count from now on
   * yield* copas.pause(10);
   * const { steps } = copas.status();
   */
  status: (enableStats?: boolean): CopasStatus =>
    status(here().dispatcher, here().measuring, enableStats),
};
