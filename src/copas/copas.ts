/** The `copas` namespace: Copas's functions, by Copas's names. Each is a few lines on the dispatcher, or on the socket itself. */
import { loop, seterrorhandler } from "./functions.js";
import { futuresOf } from "./future.js";
import { http } from "./http.js";
import { here } from "./instance.js";
import { Limit } from "./limit.js";
import { ftp } from "../ftp/index.js";
import { smtp } from "../smtp/index.js";
import { lock } from "./lock.js";
import { loopFunctions } from "./loop-functions.js";
import { Queue, type QueueOptions } from "./queue.js";
import { semaphore } from "./semaphore.js";
import { serverFunctions } from "./server-functions.js";
import * as sockets from "./sockets.js";
import type { Body } from "./thread.js";
import { threadFunctions } from "./thread-functions.js";
import { Timer, type TimerOptions } from "./timer.js";

const otherFunctions = {
  /** The version of Copas that these functions are those of. (Copas) */
  _VERSION: "Copas 4 on cosocket",
  /** (Copas) */
  _DESCRIPTION: "Coroutine Oriented Portable Asynchronous Services",
  /** (Copas) */
  _COPYRIGHT:
    "The functions are Copas's: Copyright (C) Kepler Project, Thijs Schreijer. This implementation is cosocket's.",

  // ---- what threads share -----------------------------------------------------------------------------------------

  lock: lock as typeof lock,
  semaphore: semaphore as typeof semaphore,
  queue: {
    /**
     * A queue, whose workers are threads of the loop. (Copas: queue.new)
     *
     * @example const jobs = copas.queue.new<string>({ max: 100 });
     */
    new: <T>(options?: QueueOptions): Queue<T> => new Queue<T>(here().dispatcher, options),
  },
  timer: {
    /**
     * A timer, armed. TypeError for options that are wrong. (Copas: timer.new)
     *
     * @example copas.timer.new({ delay: 60, recurring: true, callback: () => console.log("a minute") });
     */
    new: <P>(options: TimerOptions<P>): Timer<P> => new Timer(here().dispatcher, options),
  },
  future: futuresOf(() => here().dispatcher),
  limit: {
    /**
     * At most so many threads at a time. (Copas 3: limit.new)
     *
     * @example const four = copas.limit.new(4);
     */
    new: (max: number): Limit => new Limit(here().dispatcher, max),
  },

  // ---- clients ----------------------------------------------------------------------------------------------------

  /**
   * Requests of HTTP and https, with redirects from one to the other; back to http only with `redirect: "all"`. Its settings are its own:
   * `copas.http.TIMEOUT = 5`. See docs/http.md. (Copas: copas.http)
   *
   * @example const [body, code] = yield* copas.http.request("https://example.org/");
   */
  http: http as typeof http,
  /**
   * Mails: the same object as that of `cosocket/smtp`, settings and all. See docs/smtp.md. (Copas: copas.smtp)
   *
   * @example const [, err] = yield* copas.smtp.send({ from: "<me@here>", rcpt: "<you@there>", source: from });
   */
  smtp: smtp as typeof smtp,
  /**
   * Files by FTP: the same object as that of `cosocket/ftp`, settings and all. See docs/ftp.md. (Copas: copas.ftp)
   *
   * @example const [text, err] = yield* copas.ftp.get("ftp://ftp.example.org/README");
   */
  ftp: ftp as typeof ftp,

  // ---- for old programs -------------------------------------------------------------------------------------------

  /**
   * Nothing to do: only "timeout" is ever returned. (Copas)
   *
   * @example copas.useSocketTimeoutErrors(true); // changes nothing
   */
  useSocketTimeoutErrors: (_on?: boolean): void => {},
  /**
   * What was sent leaves by itself. (Copas: deprecated)
   *
   * @example copas.flush(client); // does nothing
   */
  flush: (_skt: sockets.Named): void => {},
  /** {@link seterrorhandler} */
  setErrorHandler: seterrorhandler,
  /** {@link receivepartial} */
  receivePartial: sockets.receivepartial,
};

type Functions = typeof loopFunctions &
  typeof threadFunctions &
  typeof serverFunctions &
  typeof otherFunctions;

/** `copas(initializer)` is `copas.loop(initializer)`. (Copas) */
export const copas: typeof loop & Functions = Object.defineProperties(
  (initializer?: Body | number, timeout?: number) => loop(initializer, timeout),
  {
    // Descriptors: some of them are getters, which ask anew each time.
    ...Object.getOwnPropertyDescriptors(loopFunctions),
    ...Object.getOwnPropertyDescriptors(threadFunctions),
    ...Object.getOwnPropertyDescriptors(serverFunctions),
    ...Object.getOwnPropertyDescriptors(otherFunctions),
  },
) as typeof loop & Functions;
