/** Copas's functions of threads. */
import { notAsync, type Yieldable, shown } from "../../reactor/index.js";
import type { Debug } from "./debug.js";
import { gettraceback } from "./errors.js";
import { addnamedthread, own, pause, secondsToSleep, seterrorhandler } from "./functions.js";
import { here } from "./instance.js";
import * as sockets from "./sockets.js";
import { type Body, currentThread, Thread, type ThreadErrorHandler } from "./thread.js";
import { duration, type Refused, refused } from "./waiting.js";

export const threadFunctions = {
  /**
   * Start a thread that runs `fn(...args)`; before the loop it begins with the loop. It never runs at once. An error in it goes to its
   * error handler, and the loop goes on. The sockets that it made live on when it returns, until they or the loop are
   * closed, and are closed when it fails or is removed. (Copas: copas.addthread)
   *
   * @example
   * const thread = copas.addthread(function* (name: string) {
   *   console.log("hello", name);
   * }, "world");
   */
  addthread: <A extends unknown[]>(fn: Body<A>, ...args: A): Thread =>
    addnamedthread(undefined, fn, ...args),
  /**
   * {@link addthread}, with a name; name and function may also change places. (Copas)
   *
   * @example
   * copas.addnamedthread("ticker", function* () {
   *   for (;;) yield* copas.pause(1);
   * });
   */
  addnamedthread,
  /**
   * The thread in whose name the caller runs: of a server's handler, a worker, a timer's callback, a future as well as of `addthread`,
   * and in what these call and fork. `copas.wakeup(copas.currentthread())` is Lua's `copas.wakeup(coroutine.running())`. TypeError outside
   * of any. (Lua: coroutine.running)
   *
   * @example const me = copas.currentthread();
   */
  currentthread: (): Thread => own(undefined, "currentthread"),
  /**
   * Halt a thread, whatever it waits for; its cleanup runs. (Copas: removethread)
   *
   * @example copas.removethread(thread);
   */
  removethread: (thread?: Thread): void => {
    if (thread instanceof Thread) thread.halt();
  },
  /**
   * Sleep so many seconds, or until woken; 0, less, or none: until the others have run. The seconds slept. (Copas)
   *
   * @example const slept = yield* copas.pause(0.5);
   */
  pause: (seconds = 0): Yieldable<number> => pause(Math.max(secondsToSleep(seconds, "pause"), 0)),
  /**
   * Sleep until woken. The seconds slept. (Copas)
   *
   * @example yield* copas.pauseforever(); // until copas.wakeup(thread)
   */
  pauseforever: (): Yieldable<number> => pause(Infinity),
  /**
   * Copas's older name: negative is for ever.
   *
   * @example yield* copas.sleep(-1); // until copas.wakeup(thread)
   */
  sleep: (seconds = 0): Yieldable<number> =>
    pause(secondsToSleep(seconds, "sleep") < 0 ? Infinity : seconds),
  /**
   * Wake a thread that sleeps: `[true]`, or `[undefined, "not sleeping"]`. (Copas)
   *
   * @example
   * const [, err] = copas.wakeup(thread);
   * if (err) console.log(err); // "not sleeping"
   */
  wakeup: (
    thread?: Thread,
  ): [true, error?: undefined, rest?: undefined] | Refused<"not sleeping"> =>
    thread?.pause?.wake() ? [true] : refused("not sleeping"),
  /**
   * Call `callback(thread)` in a thread of its own, `delay` seconds from now, unless this is called again before; 0 or Infinity
   * cancels. One for each thread; it ends with the thread. Always true. TypeError for a negative delay, and without a callback unless
   * it cancels. (Copas: copas.timeout)
   *
   * @example
   * copas.timeout(5, (thread) => copas.removethread(thread));
   * yield* client.receive("*a");
   * copas.timeout(0);
   */
  timeout: (delay: number, callback?: Body<[Thread]>): true => {
    duration(delay, "copas.timeout: the delay");
    if (typeof callback !== "function" && delay > 0 && delay < Infinity)
      throw new TypeError(
        "copas.timeout takes a callback: copas.timeout(5, function* (thread) { ... }); copas.timeout(0) cancels",
      );
    if (callback !== undefined) notAsync(callback, "copas.timeout");
    own(undefined, "timeout").settimer(delay, callback);
    return true;
  },
  /**
   * How many timers of {@link timeout} are set. (Copas)
   *
   * @example const set = copas.gettimeouts();
   */
  gettimeouts: (): number => here().dispatcher.timers,
  /**
   * (Copas)
   *
   * @example copas.setthreadname("importer");
   */
  setthreadname: (name: string, thread?: Thread): void => {
    if (typeof name !== "string")
      throw new TypeError(`copas.setthreadname takes a name, not ${shown(name)}`);
    own(thread, "setthreadname").name = name;
  },
  /**
   * (Copas)
   *
   * @example const name = copas.getthreadname();
   */
  getthreadname: (thread?: Thread): string => own(thread, "getthreadname").name,
  /**
   * (Copas)
   *
   * @example copas.setsocketname("upstream", client);
   */
  setsocketname: sockets.setsocketname,
  /**
   * (Copas)
   *
   * @example const name = copas.getsocketname(client);
   */
  getsocketname: sockets.getsocketname,
  /**
   * The error handler of this thread; or, with `forAll`, of all that have none. undefined: Copas's own, which prints. (Copas)
   *
   * It runs before the thread ends, and may be a generator function: the client that the thread serves is open, and closed afterwards.
   * An async function is a TypeError.
   *
   * @example copas.seterrorhandler((error, thread, skt) => console.error(copas.gettraceback(error, thread, skt)), true);
   * @example
   * copas.seterrorhandler(function* (error, thread, skt) {
   *   if (skt) yield* skt.send("HTTP/1.0 500 Internal Server Error\r\n\r\n");
   * });
   */
  seterrorhandler,
  /**
   * The error handler of a thread, the caller's by default; without one, that of all. (Copas)
   *
   * @example const handler = copas.geterrorhandler();
   */
  geterrorhandler: (thread?: Thread): ThreadErrorHandler =>
    (thread ?? currentThread())?.errorhandler ?? here().dispatcher.errorhandler,
  /**
   * An error as Copas prints it: `message (coroutine: name, socket: name)` and its traceback: the stack of an error, and of its causes;
   * otherwise where the thread is. Never throws. (Copas: copas.gettraceback)
   *
   * @example console.error(copas.gettraceback(new Error("so"), copas.currentthread()));
   */
  gettraceback,
  /** Tells what threads and sockets do. (Copas: copas.debug) */
  get debug(): Debug {
    return here().debug;
  },
};
