/**
 * Where waits are: the stack when one begins to wait, on which every generator on the way to it stands, since each is inside of its `yield*`. Later
 * they are suspended, and nothing shows the inner ones any more. A stack costs a microsecond or two, so it is taken only if that is wanted.
 */
import { type Trace, traceOf } from "./place.js";

export type { Trace };

/** Frames of a stack: those of the library and of Node stand at its ends. */
const DEEPEST = 50;

/** Whether stacks are taken. */
export let recording = (process.env["COSOCKET_STACKS"] ?? "0") !== "0";

/**
 * Take a stack, or none, at each wait from now on, as the environment's `COSOCKET_STACKS=1` does from the start.
 *
 * @returns whether they were taken until now
 *
 * @example
 * const before = recordStacks(true);
 * recordStacks(before);
 */
export function recordStacks(on: boolean): boolean {
  const before = recording;
  recording = on;
  return before;
}

/** The stack above `below`; formatted when somebody looks. */
export function stackAbove(below: (...args: never[]) => unknown): Trace {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEEPEST;
  try {
    return traceOf(below);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
