/** Errors of threads: what is told of them, and to whom. Nothing here throws, whatever was thrown. */
import type { Operation } from "effection";
import { textOf } from "../../reactor/index.js";
import { errorParts, isSocketObject, print, toPerform } from "../object/index.js";
import { getsocketname, type Named } from "./sockets.js";
import { currentThread, type Thread, type ThreadErrorHandler } from "./thread.js";

/** @see copas.gettraceback */
export function gettraceback(error?: unknown, thread?: Thread, skt?: unknown): string {
  const { message, stack } = error === undefined ? NOTHING : errorParts(error);
  const names = `(coroutine: ${thread?.name ?? "nil"}, socket: ${nameOf(skt)})`;
  const trace = stack || whereabouts(thread, gettraceback);
  return `${message} ${names}`.trimStart() + (trace && `\nstack traceback:\n${trace}`);
}

const NOTHING = { message: "", stack: "" };

function nameOf(skt: unknown): string {
  if (skt === undefined || skt === null) return "nil";
  try {
    if (isSocketObject(skt)) return getsocketname(skt as Named);
  } catch {
    // A proxy that is no socket may refuse to tell.
  }
  return textOf(skt);
}

/** For what was thrown without a stack: where the thread is, as far as that is known. */
function whereabouts(thread: Thread | undefined, below: (...args: never[]) => unknown): string {
  if (thread !== undefined && thread !== currentThread()) {
    const wait = thread.fiber?.waiting;
    return wait ? `    waiting: ${wait.description}` : "";
  }
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, below);
  return errorParts(here).stack;
}

/** Copas's error handler: prints the error with its traceback, and the names of thread and socket. */
export function printError(error: unknown, thread: Thread, skt: unknown): void {
  print(gettraceback(error, thread, skt));
}

/** Give an error to the handler that is meant for it, and wait for it. One that fails itself is told of, and ends nobody. */
export function* tell(...told: Told): Operation<void> {
  const rest = beginToTell(...told);
  if (rest !== null) yield* rest;
}

/** The same where nobody can wait: what is left to do, if the handler waits. */
export function beginToTell(handler: ThreadErrorHandler, ...told: About): Operation<void> | null {
  try {
    const operation = toPerform<unknown>(handler(...told));
    return operation && guarded(operation, told);
  } catch (another) {
    failedToo(another, told);
    return null;
  }
}

type About = [error: unknown, thread: Thread, skt?: unknown];
type Told = [handler: ThreadErrorHandler, ...About];

function* guarded(handler: Operation<unknown>, told: About): Operation<void> {
  try {
    yield* handler;
  } catch (another) {
    failedToo(another, told);
  }
}

function failedToo(another: unknown, [error, thread, skt]: About): void {
  printError(error, thread, skt);
  print(`Failed executing error handler: ${gettraceback(another, thread, skt)}`);
}
