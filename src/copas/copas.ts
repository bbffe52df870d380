/** The `copas` namespace: Copas's functions, by Copas's names. Each is a few lines on the dispatcher, or on the socket itself. */
import type { Operation } from "effection";
import { reactor, sleep as sleepFor } from "../../reactor/index.js";
import type { DomainSocket } from "../domain/domain-socket.js";
import { errorText } from "../errors.js";
import type { Servable } from "../serve.js";
import type { Data } from "../stream/data.js";
import type { SecurableSocket } from "../tls/securable.js";
import type { TlsContext } from "../tls/context.js";
import type { TlsParams } from "../tls/params.js";
import { type DatagramResult, Udp } from "../udp/udp.js";
import { Dispatcher, printError } from "./dispatcher.js";
import { Future } from "./future.js";
import { lock } from "./lock.js";
import { queue } from "./queue.js";
import { connect, dohandshake, type Named, receive, receivepartial, wrap } from "./sockets.js";
import { semaphore } from "./semaphore.js";
import { Timer, type TimerOptions } from "./timer.js";
import { Pause, Thread, type ThreadErrorHandler } from "./thread.js";

/** What a thread runs, and a server's handler. */
type Body<A extends unknown[]> = (...args: A) => Operation<unknown> | void;

const dispatcher = new Dispatcher();
const servers = new Map<Servable, Thread>();
const socketNames = new WeakMap<object, string>();

/** The thread to act on: the one given, or the caller's own. */
function own(thread: Thread | undefined, what: string): Thread {
  const found = thread ?? dispatcher.current;
  if (found !== null) return found;
  throw new TypeError(`copas.${what}: the caller is no thread of copas: give it one`);
}

function addthread<A extends unknown[]>(fn: Body<A>, ...args: A): Thread {
  return addnamedthread(undefined, fn, ...args);
}

function addnamedthread<A extends unknown[]>(
  name: string | undefined,
  fn: Body<A>,
  ...args: A
): Thread {
  if (typeof fn !== "function")
    throw new TypeError(
      "copas.addthread takes a generator function: copas.addthread(function* () { ... })",
    );
  return dispatcher.add(name, () => fn(...args));
}

/** Accept, and a thread for each client. */
function* accepting(
  server: DomainSocket,
  handler: Body<[never]>,
  timeout: number | undefined,
  name: string,
): Operation<void> {
  let count = 0;
  for (;;) {
    const [client, err] = yield* server.accept();
    if (err === "timeout") continue;
    if (err) return;
    if (timeout !== undefined) client.settimeout(timeout);
    const thread = dispatcher.add(
      `${name}:client_${++count}`,
      () => handler(client as never),
      client,
    );
    socketNames.set(client, `${name}:client_${count}`);
    client.ownedBy(copas.autoclose ? thread.fiber : null);
  }
}

function addserver<S extends Servable>(
  server: S,
  handler: Body<[S]>,
  timeout?: number,
  name = `server_${servers.size + 1}`,
): void {
  if (typeof handler !== "function")
    throw new TypeError(
      "copas.addserver takes a handler: copas.addserver(server, function* (client) { ... })",
    );
  socketNames.set(server, name);
  if (server instanceof Udp) {
    if (timeout !== undefined) server.settimeout(timeout);
    addservice(server, `${name}:handler`, () => handler(server));
  } else {
    server.accept();
    // What a server accepts is of its own class.
    const accept = handler as Body<[never]>;
    addservice(server, name, () => accepting(server, accept, timeout, name));
  }
}

/** The thread of a server. */
function addservice(server: Servable, name: string, body: Body<[]>): void {
  const thread = dispatcher.add(name, function* () {
    try {
      const operation = body();
      if (operation) yield* operation;
    } finally {
      if (servers.get(server) === thread) {
        servers.delete(server);
        // Its thread was not removed by removeserver: the loop has ended, or the server was closed.
        if (!(server instanceof Udp)) server.close();
      }
    }
  });
  servers.set(server, thread);
}

function removeserver(server: Servable, keepOpen = false): [1] | [true] {
  const thread = servers.get(server);
  servers.delete(server);
  if (thread !== undefined) dispatcher.remove(thread);
  return keepOpen ? [true] : [server.close()];
}

/** Sleep; a thread can be woken by copas.wakeup. */
function pause(seconds: number): Operation<number> {
  return new Pause(dispatcher.current, seconds);
}

/** What the threads do, as Copas counts them. */
export interface CopasStatus {
  running: boolean;
  /** Timers of copas.timeout. */
  timeout: number;
  /** Threads that sleep until a given time; that sleep, or wait for another, without one. */
  timer: number;
  inactive: number;
  /** Threads that wait to receive or accept; to send or connect. */
  read: number;
  write: number;
  /** Threads that are ready to run, or in the hands of an Effection task. */
  active: number;
}

function status(): CopasStatus {
  const counts = { timer: 0, inactive: 0, read: 0, write: 0, active: 0 };
  for (const { fiber } of dispatcher.threads) counts[fiber?.waiting?.kind ?? "active"]++;
  return { running: dispatcher.running, timeout: dispatcher.timers, ...counts };
}

export const copas = {
  _VERSION: "Copas 4 on cosocket",

  // ---- the loop -------------------------------------------------------------------------------------------------

  /**
   * Run until nothing is left to do: then `exit` is called, which releases `waitforexit`, and again until nothing is
   * left. Threads that wait for somebody who can no longer come are halted then. It may be run again afterwards.
   *
   * @param initializer runs as the thread "copas_initializer"
   * Cancelling halts every thread, and their cleanup runs. (Copas: copas.loop)
   */
  loop: (initializer?: Body<[]>): Operation<void> => dispatcher.loop(initializer),
  /** Whether nothing is left to do. (Copas) */
  finished: (): boolean => dispatcher.finished,
  /** Whether the loop runs. (Copas) */
  get running(): boolean {
    return dispatcher.running;
  },
  /** Tell the threads to end: releases `waitforexit`. Calling it again is fine. (Copas) */
  exit: (): void => dispatcher.exit(),
  exiting: (): boolean => dispatcher.exiting,
  /** Wait until `exit` is called. (Copas) */
  waitforexit: (): Operation<unknown> => dispatcher.waitforexit(),
  /** For tests: halt every thread and close every server. Unlike Copas's, their cleanup runs. */
  cancelall: (): void => {
    for (const server of [...servers.keys()]) removeserver(server);
    dispatcher.cancelall();
  },
  /** Wall-clock time in seconds since 1970. Timeouts do not depend on it. (Copas) */
  gettime: (): number => reactor.clock.time(),

  // ---- threads --------------------------------------------------------------------------------------------------

  /**
   * Start a thread that runs `fn(...args)`; before the loop it begins with the loop. It never runs at once. An error in it goes to its
   * error handler, and the loop goes on. (Copas: copas.addthread)
   */
  addthread,
  /** {@link addthread}, with a name. (Copas) */
  addnamedthread,
  /** Halt a thread, whatever it waits for; its cleanup runs. (Copas: removethread) */
  removethread: (thread: Thread): void => dispatcher.remove(thread),
  /** Sleep so many seconds, or until woken; 0, less, or none: until the others have run. The seconds slept. (Copas) */
  pause: (seconds = 0): Operation<number> => (seconds > 0 ? pause(seconds) : nextStep()),
  /** Sleep until woken. (Copas) */
  pauseforever: (): Operation<number> => pause(Infinity),
  /** Copas's older name: negative is for ever. */
  sleep: (seconds = 0): Operation<number> => copas.pause(seconds < 0 ? Infinity : seconds),
  /** Wake a thread that sleeps: `[true]`, or `[undefined, "not sleeping"]`. (Copas) */
  wakeup: (thread: Thread): [true] | [undefined, "not sleeping"] =>
    thread.pause?.rouse() ? [true] : [undefined, "not sleeping"],
  /**
   * Call `callback(thread)` in a thread of its own, `delay` seconds from now, unless this is called again before; 0 or Infinity
   * cancels. One for each thread; it ends with the thread. Always true. TypeError for a negative delay. (Copas: copas.timeout)
   */
  timeout: (delay: number, callback?: (thread: Thread) => Operation<unknown> | void): true => {
    if (!(delay >= 0))
      throw new TypeError(
        `copas.timeout takes a number of seconds, 0 or more, not ${String(delay)}`,
      );
    dispatcher.settimer(own(undefined, "timeout"), delay, callback);
    return true;
  },
  /** How many timers of {@link timeout} are set. (Copas) */
  gettimeouts: (): number => dispatcher.timers,
  setthreadname: (name: string, thread?: Thread): void => {
    own(thread, "setthreadname").name = name;
  },
  getthreadname: (thread?: Thread): string => own(thread, "getthreadname").name,
  setsocketname: (name: string, skt: Named): void => void socketNames.set(skt, name),
  getsocketname: (skt: Named): string => socketNames.get(skt) ?? String(skt),
  /** The error handler of this thread; or, with `forAll`, of all that have none. undefined: Copas's own, which prints. (Copas) */
  seterrorhandler: (handler?: ThreadErrorHandler, forAll = false): void => {
    if (forAll) dispatcher.errorhandler = handler ?? printError;
    else own(undefined, "seterrorhandler").errorhandler = handler ?? null;
  },
  geterrorhandler: (thread?: Thread): ThreadErrorHandler =>
    (thread ?? dispatcher.current)?.errorhandler ?? dispatcher.errorhandler,
  /** The text and stack of an error, with the names of thread and socket. (Copas) */
  gettraceback: (error: unknown, thread?: Thread, skt?: Named): string => {
    const name = (thread ?? dispatcher.current)?.name ?? "no thread";
    return `${errorText(error)} (thread: ${name}, socket: ${skt === undefined ? "none" : copas.getsocketname(skt)})`;
  },

  // ---- servers --------------------------------------------------------------------------------------------------

  /** Whether accepted clients are closed when their handler ends; decided when they are accepted. (Copas) */
  autoclose: true,
  /**
   * Accept connections and run `handler(client)` for each, in a thread of its own; of a UDP object, run `handler(udp)` once.
   *
   * @param timeout seconds, for the clients (settimeout)
   * @param name threads are `name:client_1`, ...
   * TypeError when it does not listen. (Copas: copas.addserver)
   */
  addserver,
  /** Serve no more; close it, unless `keepOpen`. Clients go on. (Copas: copas.removeserver) */
  removeserver,
  /**
   * A handler that encrypts the connection before `fn` begins; after a failed handshake `fn` does not run at all.
   * (Copas: copas.handler)
   */
  handler: <S extends SecurableSocket>(
    fn: Body<[S]>,
    sslparams?: TlsParams | TlsContext,
  ): Body<[S]> =>
    function* (skt) {
      if (sslparams !== undefined) yield* dohandshake(skt, sslparams);
      const operation = fn(skt);
      if (operation) yield* operation;
    },
  /** The socket itself: every socket here is a wrapped one. With `sslparams`, `copas.connect` encrypts it. (Copas) */
  wrap,
  /** Encrypt a connection: the socket. Throws "TLS/SSL handshake failed: ...", and closes it, if that cannot be. (Copas) */
  dohandshake,

  // ---- sockets, for those who call them so ------------------------------------------------------------------------

  connect,
  receive,
  receivepartial,
  receivefrom: (skt: Udp, size?: number): Operation<DatagramResult> => skt.receivefrom(size),
  send: (skt: SecurableSocket, data: Data, i?: number, j?: number) => skt.send(data, i, j),
  sendto: (skt: Udp, data: Data, ip: string, port: number) => skt.sendto(data, ip, port),
  close: (skt: Named): 1 => skt.close(),
  /** Seconds; undefined and negative are for ever. (Copas) */
  settimeout: (skt: Named, seconds?: number): [true] => {
    skt.settimeout(seconds);
    return [true];
  },
  /** Seconds for connecting, sending, receiving; undefined leaves one, negative is for ever. (Copas) */
  settimeouts: (skt: Named, connect?: number, send?: number, receive?: number): [true] => {
    skt.settimeouts(connect, send, receive);
    return [true];
  },

  status,

  lock,
  semaphore,
  queue,
  timer: {
    /** A timer, armed. TypeError for options that are wrong. (Copas: timer.new) */
    new: <P>(options: TimerOptions<P>): Timer<P> => new Timer(dispatcher, options),
  },
  future: {
    PENDING: false,
    SUCCESS: true,
    ERROR: "error",
    /** Start a thread, and give what it will have returned. (Copas: future.addthread) */
    addthread: <A extends unknown[], T>(fn: (...args: A) => Operation<T>, ...args: A): Future<T> =>
      new Future(dispatcher, undefined, () => fn(...args)),
    addnamedthread: <A extends unknown[], T>(
      name: string,
      fn: (...args: A) => Operation<T>,
      ...args: A
    ): Future<T> => new Future(dispatcher, name, () => fn(...args)),
  },
};

/** Until the others have run; woken or not. */
function* nextStep(): Operation<number> {
  const start = reactor.clock.now();
  yield* sleepFor(0);
  return reactor.clock.now() - start;
}
