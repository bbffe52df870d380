/** The `copas` namespace: Copas's functions, by Copas's names. Each is a few lines on the dispatcher, or on the socket itself. */
import { notAsync, operation, reactor, type Yieldable, shown } from "../../reactor/index.js";
import { type Data, operationOf } from "../object/index.js";
import type { Servable } from "../serve/index.js";
import type { StreamObject } from "../stream/index.js";
import type { DatagramResult, Udp } from "../udp/index.js";
import type { Debug } from "./debug.js";
import { gettraceback } from "./errors.js";
import { addnamedthread, loop, own, pause, secondsToSleep, seterrorhandler } from "./functions.js";
import { futuresOf } from "./future.js";
import { here } from "./instance.js";
import { Limit } from "./limit.js";
import { lock } from "./lock.js";
import { step } from "./loop.js";
import { Queue, type QueueOptions } from "./queue.js";
import * as sockets from "./sockets.js";
import { semaphore } from "./semaphore.js";
import { type CopasStatus, status } from "./status.js";
import { Timer, type TimerOptions } from "./timer.js";
import { type Body, currentThread, Thread, type ThreadErrorHandler } from "./thread.js";
import { duration, type Refused, refused } from "./waiting.js";

const functions = {
  /** The version of Copas that these functions are those of. (Copas) */
  _VERSION: "Copas 4 on cosocket",
  /** (Copas) */
  _DESCRIPTION: "Coroutine Oriented Portable Asynchronous Services",
  /** (Copas) */
  _COPYRIGHT:
    "The functions are Copas's: Copyright (C) Kepler Project, Thijs Schreijer. This implementation is cosocket's.",

  // ---- the loop -------------------------------------------------------------------------------------------------

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
   */
  loop,
  /**
   * Let the threads go on until something has happened: at most `timeout` seconds (undefined: until it happens; 0: those
   * that can go on now).
   *
   * @returns true when a thread went on because of a socket, false otherwise; at once when nothing is left to do. For
   * programs with a loop of their own: `while (!copas.finished()) yield* copas.step();`. The threads end with the task
   * that called it first. (Copas: copas.step)
   */
  step,
  /** Whether nothing is left to do. (Copas) */
  finished: (): boolean => here().dispatcher.finished,
  /** Whether the loop runs. (Copas) */
  get running(): boolean {
    return here().dispatcher.looping;
  },
  /** Ask all that wait for it to end. Calling it again is fine. (Copas) */
  exit: (): void => here().dispatcher.exit(),
  /** Whether `exit` was called. (Copas) */
  exiting: (): boolean => here().dispatcher.exiting,
  /** Wait until `exit` is called. (Copas) */
  waitforexit: (): Yieldable<unknown> => here().dispatcher.waitforexit(),
  /**
   * For tests: halt every thread but the caller and those in `waitforexit`, close every server, and `exit`. Unlike Copas's, their
   * cleanup runs. (Copas: copas.cancelall)
   */
  cancelall: (): void => {
    here().servers.removeAll();
    here().dispatcher.cancelall();
  },
  /** Wall-clock time in seconds since 1970. Timeouts do not depend on it. (Copas) */
  gettime: (): number => reactor.clock.time(),
  /**
   * What the threads do, in numbers.
   *
   * @param enableStats true: count steps from now on, and measure them; false: stop. What was counted is in the
   * answer, and counting begins again with each. (Copas: copas.status)
   */
  status: (enableStats?: boolean): CopasStatus =>
    status(here().dispatcher, here().measuring, enableStats),

  // ---- threads --------------------------------------------------------------------------------------------------

  /**
   * Start a thread that runs `fn(...args)`; before the loop it begins with the loop. It never runs at once. An error in it goes to its
   * error handler, and the loop goes on. The sockets that it made live on when it returns, until they or the loop are
   * closed, and are closed when it fails or is removed. (Copas: copas.addthread)
   */
  addthread: <A extends unknown[]>(fn: Body<A>, ...args: A): Thread =>
    addnamedthread(undefined, fn, ...args),
  /** {@link addthread}, with a name; name and function may also change places. (Copas) */
  addnamedthread,
  /**
   * The thread in whose name the caller runs: of a server's handler, a worker, a timer's callback, a future as well as of `addthread`,
   * and in what these call and fork. `copas.wakeup(copas.currentthread())` is Lua's `copas.wakeup(coroutine.running())`. TypeError outside
   * of any. (Lua: coroutine.running)
   */
  currentthread: (): Thread => own(undefined, "currentthread"),
  /** Halt a thread, whatever it waits for; its cleanup runs. (Copas: removethread) */
  removethread: (thread?: Thread): void => {
    if (thread instanceof Thread) thread.halt();
  },
  /** Sleep so many seconds, or until woken; 0, less, or none: until the others have run. The seconds slept. (Copas) */
  pause: (seconds = 0): Yieldable<number> => pause(Math.max(secondsToSleep(seconds, "pause"), 0)),
  /** Sleep until woken. The seconds slept. (Copas) */
  pauseforever: (): Yieldable<number> => pause(Infinity),
  /** Copas's older name: negative is for ever. */
  sleep: (seconds = 0): Yieldable<number> =>
    copas.pause(secondsToSleep(seconds, "sleep") < 0 ? Infinity : seconds),
  /** Wake a thread that sleeps: `[true]`, or `[undefined, "not sleeping"]`. (Copas) */
  wakeup: (
    thread?: Thread,
  ): [true, error?: undefined, rest?: undefined] | Refused<"not sleeping"> =>
    thread?.pause?.wake() ? [true] : refused("not sleeping"),
  /**
   * Call `callback(thread)` in a thread of its own, `delay` seconds from now, unless this is called again before; 0 or Infinity
   * cancels. One for each thread; it ends with the thread. Always true. TypeError for a negative delay, and without a callback unless
   * it cancels. (Copas: copas.timeout)
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
  /** How many timers of {@link timeout} are set. (Copas) */
  gettimeouts: (): number => here().dispatcher.timers,
  /** (Copas) */
  setthreadname: (name: string, thread?: Thread): void => {
    if (typeof name !== "string")
      throw new TypeError(`copas.setthreadname takes a name, not ${shown(name)}`);
    own(thread, "setthreadname").name = name;
  },
  /** (Copas) */
  getthreadname: (thread?: Thread): string => own(thread, "getthreadname").name,
  /** (Copas) */
  setsocketname: sockets.setsocketname,
  /** (Copas) */
  getsocketname: sockets.getsocketname,
  /** The error handler of this thread; or, with `forAll`, of all that have none. undefined: Copas's own, which prints. (Copas) */
  seterrorhandler,
  /** The error handler of a thread, the caller's by default; without one, that of all. (Copas) */
  geterrorhandler: (thread?: Thread): ThreadErrorHandler =>
    (thread ?? currentThread())?.errorhandler ?? here().dispatcher.errorhandler,
  /**
   * An error as Copas prints it: `message (coroutine: name, socket: name)` and its traceback: the stack of an error, and of its causes;
   * otherwise where the thread is. Never throws. (Copas: copas.gettraceback)
   */
  gettraceback,
  /** Tells what threads and sockets do. (Copas: copas.debug) */
  get debug(): Debug {
    return here().debug;
  },

  // ---- servers --------------------------------------------------------------------------------------------------

  /** Whether accepted clients are closed when their handler ends; decided when they are accepted. (Copas) */
  get autoclose(): boolean {
    return here().servers.autoclose;
  },
  set autoclose(on: boolean) {
    here().servers.autoclose = on;
  },
  /**
   * Accept connections and run `handler(client)` for each, in a thread of its own; of a UDP object, run `handler(udp)` once. The
   * server belongs to the loop from now on, and is closed with it; UDP lives on when its handler has ended. Added again, a server
   * goes on with the new handler (UDP: with both).
   *
   * @param timeout seconds (copas.settimeout) of the server; clients start with its timeouts. What is no number is ignored
   * @param name threads are `name:handler_1`, ..., clients `name:client_1`, ...; of UDP `name:handler`
   * TypeError when it does not listen. (Copas: copas.addserver)
   */
  addserver: <S extends Servable>(
    server: S,
    handler: Body<[S]>,
    timeout?: number,
    name?: string,
  ): void => here().servers.add(server, handler, timeout, name),
  /** Serve no more; close it, unless `keepOpen`: 1, or true. Clients go on. (Copas: copas.removeserver) */
  removeserver: (server: Servable, keepOpen?: boolean): 1 | true =>
    here().servers.remove(server, keepOpen),
  /**
   * A handler that encrypts the connection before `fn` begins; after a failed handshake `fn` does not run at all.
   * (Copas: copas.handler)
   */
  handler: <S extends StreamObject, A extends unknown[]>(
    fn: Body<[S, ...A]>,
    sslparams?: sockets.SslParams,
  ): ((skt: S, ...args: A) => Yieldable<void>) => {
    if (typeof fn !== "function")
      throw new TypeError(
        "copas.handler takes a generator function: copas.handler(function* (skt) { ... })",
      );
    notAsync(fn, "copas.handler");
    return (skt, ...args) =>
      operation("copas.handler", function* () {
        sockets.wrap(skt, sslparams);
        if (sslparams !== undefined) yield* sockets.dohandshake(skt);
        yield* operationOf<unknown>(fn(skt, ...args));
      });
  },
  /**
   * The socket itself: every socket here is a wrapped one. With `sslparams`, its `connect` encrypts, too, and its
   * `dohandshake` uses them; both throw then, as Copas's do, when that fails. (Copas: copas.wrap)
   */
  wrap: sockets.wrap,
  /**
   * Encrypt a connection: the socket. Throws "TLS/SSL handshake failed: ...", and closes it, if that cannot be.
   * (Copas: copas.dohandshake)
   */
  dohandshake: sockets.dohandshake,

  // ---- sockets, for those who call them so ------------------------------------------------------------------------

  /** As the method `connect`, then encrypted if the socket was wrapped with `sslparams`. (Copas) */
  connect: sockets.connect,
  /** As the method `receive`; of a UDP object its datagrams. (Copas) */
  receive: sockets.receive,
  /** As the method `receivepartial`. (Copas) */
  receivepartial: sockets.receivepartial,
  /** As the method `receivefrom` of a UDP object. (Copas) */
  receivefrom: (skt: Udp, size?: number): Yieldable<DatagramResult> =>
    sockets.takenOver(skt, "receivefrom").receivefrom(size),
  /** As the method `send`. (Copas) */
  send: sockets.send,
  /** As the method `sendto` of a UDP object. (Copas) */
  sendto: (skt: Udp, data: Data, ip: string, port: number) =>
    sockets.mustBeSocket(skt, "sendto").sendto(data, ip, port),
  /** As the method `close`: 1. (Copas) */
  close: (skt: sockets.Named): 1 => sockets.mustBeSocket(skt, "close").close(),
  /**
   * Seconds; undefined and negative are for ever, and so is 0; a wrapped socket's `receive` then gives what has come, as soon as
   * there is something. Always true. (Copas)
   */
  settimeout: (skt: sockets.Named, seconds?: number): true => {
    sockets.takenOver(skt, "settimeout").settimeout(seconds);
    return true;
  },
  /** {@link settimeout} for connecting, sending, receiving; undefined leaves one as it is. Always true. (Copas) */
  settimeouts: (skt: sockets.Named, connect?: number, send?: number, receive?: number): true =>
    sockets.takenOver(skt, "settimeouts").settimeouts(connect, send, receive),

  // ---- what threads share -----------------------------------------------------------------------------------------

  lock,
  semaphore,
  queue: {
    /** A queue, whose workers are threads of the loop. (Copas: queue.new) */
    new: <T>(options?: QueueOptions): Queue<T> => new Queue<T>(here().dispatcher, options),
  },
  timer: {
    /** A timer, armed. TypeError for options that are wrong. (Copas: timer.new) */
    new: <P>(options: TimerOptions<P>): Timer<P> => new Timer(here().dispatcher, options),
  },
  future: futuresOf(() => here().dispatcher),
  limit: {
    /** At most so many threads at a time. (Copas 3: limit.new) */
    new: (max: number): Limit => new Limit(here().dispatcher, max),
  },

  // ---- for old programs -------------------------------------------------------------------------------------------

  /** Nothing to do: only "timeout" is ever returned. (Copas) */
  useSocketTimeoutErrors: (_on?: boolean): void => {},
  /** What was sent leaves by itself. (Copas: deprecated) */
  flush: (_skt: sockets.Named): void => {},
  /** {@link seterrorhandler} */
  setErrorHandler: seterrorhandler,
  /** {@link receivepartial} */
  receivePartial: sockets.receivepartial,
};

/** `copas(initializer)` is `copas.loop(initializer)`. (Copas) */
export const copas: typeof loop & typeof functions = Object.defineProperties(
  (initializer?: Body | number, timeout?: number) => loop(initializer, timeout),
  Object.getOwnPropertyDescriptors(functions),
) as typeof loop & typeof functions;
