/** Copas's functions of threads, with their checks, where they are more than a line. */
import { notAsync, shown, type Yieldable } from "../../reactor/index.js";
import { printError } from "./errors.js";
import { here } from "./instance.js";
import { Loop } from "./loop.js";
import { type Body, currentThread, Pause, Thread, type ThreadErrorHandler } from "./thread.js";

/** The thread to act on: the one given, or the caller's own. */
export function own(thread: Thread | undefined, what: string): Thread {
  const found = thread ?? currentThread();
  if (found instanceof Thread) return found;
  throw new TypeError(`copas.${what}: the caller is no thread of copas: give it one`);
}

export function loop(initializer?: Body | number, _timeout?: number): Loop {
  if (initializer !== undefined && !["function", "number"].includes(typeof initializer))
    throw new TypeError(
      `copas.loop takes an initializer, a generator function, not ${shown(initializer)}`,
    );
  if (initializer !== undefined) notAsync(initializer, "copas.loop");
  return new Loop(typeof initializer === "function" ? initializer : undefined);
}

export function addnamedthread<A extends unknown[]>(
  name: string | undefined,
  fn: Body<A>,
  ...args: A
): Thread;
/** The order of older versions. */
export function addnamedthread<A extends unknown[]>(fn: Body<A>, name: string, ...args: A): Thread;
export function addnamedthread(
  first: string | undefined | Body<unknown[]>,
  second: string | Body<unknown[]>,
  ...args: unknown[]
): Thread {
  const [name, fn] = typeof first === "function" ? [second, first] : [first, second];
  if (typeof fn !== "function")
    throw new TypeError(
      `copas.addthread takes a generator function, copas.addthread(function* () { ... }), not ${shown(fn)}`,
    );
  notAsync(fn, "copas.addthread");
  if (name !== undefined && typeof name !== "string")
    throw new TypeError(`copas.addnamedthread takes a name and a function, not ${shown(name)}`);
  return here().dispatcher.add(() => fn(...args), { name });
}

/** Sleep; a thread can be woken by copas.wakeup. */
export function pause(seconds: number): Yieldable<number> {
  return new Pause(currentThread(), seconds);
}

export function secondsToSleep(seconds: unknown, what: string): number {
  if (typeof seconds === "number" && !Number.isNaN(seconds)) return seconds;
  throw new TypeError(`copas.${what} takes a number of seconds, not ${shown(seconds)}`);
}

export function seterrorhandler(handler?: ThreadErrorHandler, forAll = false): void {
  if (handler !== undefined && typeof handler !== "function")
    throw new TypeError(`copas.seterrorhandler takes a function, not ${shown(handler)}`);
  if (handler !== undefined) notAsync(handler, "copas.seterrorhandler");
  if (forAll) here().dispatcher.errorhandler = handler ?? printError;
  else own(undefined, "seterrorhandler").errorhandler = handler ?? null;
}
