/** Whoever looks after a fiber: what it is told, and what it may be told to do. */
import type { Fiber } from "./fiber.js";
import { mustBePlain } from "./functions.js";

/** Whoever takes the error of a failed child, so that it does not go up to the parent. */
export type Boundary = (error: unknown, fiber: Fiber) => void;

/** Told of one fiber's end. One object may watch many. */
export interface Supervisor {
  /** Takes its error; without this method the error goes up. */
  failed?: Boundary;
  ended?(fiber: Fiber): void;
  /** Who gets what belongs to it when it has returned; what belongs to one that failed or was halted goes with it. */
  readonly heir?: Fiber | undefined;
  /** What belongs to it goes with it also if it is what it returns; otherwise that is given away. */
  readonly keeps?: boolean;
}

export interface ForkOptions {
  /** Name in `fibers()` and in error reports. Default: `<family>_<number>`. */
  name?: string;
  /** Takes the fiber's error instead of its parent, which then goes on. */
  boundary?: Boundary;
  /** Told when it has ended, also if it was halted before it began. */
  ended?: (fiber: Fiber) => void;
}

/** Whoever looks after a fiber that was forked with `options`. */
export function supervisorOf({ boundary, ended }: ForkOptions): Supervisor | undefined {
  if (boundary === undefined && ended === undefined) return undefined;
  for (const [name, callback] of Object.entries({ boundary, ended })) {
    if (callback === undefined) continue;
    if (typeof callback !== "function")
      throw new TypeError(`fork, run: ${name} is a function, not ${String(callback)}`);
    mustBePlain(callback, `fork, run: ${name}`);
  }
  return { ...(boundary && { failed: boundary }), ...(ended && { ended }) };
}
