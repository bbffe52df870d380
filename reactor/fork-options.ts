/** The options of `fork` and `run`, checked, and the supervisor that they make. */
import { mustBePlain } from "./functions.js";
import { checkOptionNames } from "./names.js";
import { shown } from "./show.js";
import type { Boundary, Fiber, Supervisor } from "./types.js";

/** Options of `fork`. TypeError for others, at the call. */
export interface ForkOptions {
  /** Name in `fibers()` and in error reports. Default: `<name of the function>_<number>`; `fiber_<number>` where that has none. */
  name?: string;
  /** Takes the fiber's error instead of its parent, which then goes on. */
  boundary?: Boundary;
  /** Told when it has ended, also if it was halted before it began. */
  ended?: (fiber: Fiber) => void;
}

const NAMES = ["name", "boundary", "ended"];

/** Misuse of `what`, which is "fork" or "run", throws TypeError: the function to run, and the options. */
export function checkFork(what: string, body: unknown, options: ForkOptions): void {
  if (typeof body !== "function")
    throw new TypeError(
      `${what} takes a function that returns an operation, ${what}(function* () { ... }) or ${what}(() => operation), not ${shown(body)}`,
    );
  checkOptionNames(what, options, what === "run" ? [...NAMES, "signal"] : NAMES);
  const { name, boundary, ended } = options;
  if (name !== undefined && typeof name !== "string")
    throw new TypeError(`${what}: the name must be a string, not ${shown(name)}`);
  for (const [key, callback] of Object.entries({ boundary, ended }))
    if (callback !== undefined) checkCallback(`${what}: ${key}`, callback);
}

function checkCallback(what: string, callback: unknown): void {
  if (typeof callback !== "function")
    throw new TypeError(`${what} must be a function, not ${shown(callback)}`);
  mustBePlain(callback, what);
}

/** Whoever looks after a fiber that was forked with `options`. */
export function supervisorOf({ boundary, ended }: ForkOptions): Supervisor | undefined {
  if (boundary === undefined && ended === undefined) return undefined;
  return { ...(boundary && { failed: boundary }), ...(ended && { ended }) };
}
