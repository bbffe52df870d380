import type { Operation } from "effection";
import { fork, operation, sleep, Until, WaitList, type Yieldable } from "../../reactor/index.js";
import type { Part } from "./chrome.js";
import { checkFile, checkTrace, type TraceOptions } from "./options.js";
import { begin, record } from "./record.js";
import type { Recording } from "./recording.js";

/**
 * Record what fibers do, for Perfetto (https://ui.perfetto.dev), Chrome, and the page of `inspect`: a row for each fiber, running and waiting with its
 * words, an arrow from who wakes to who is woken. docs/seeing.md tells how to read it.
 *
 * With a file: from now on until the caller ends, be that a fiber or an Effection task, or the recording is stopped. With limits the last `seconds`, or
 * `bytes`, are kept in memory and written at the end, so that it can stay on for ever; without, all of it is written as it comes.
 *
 * No payload, key or password is in it: names of fibers, addresses, what is waited for, kinds of errors.
 *
 * @returns the recording. Throws what the system says of a file that cannot be written; TypeError for options that are wrong, at the call.
 *
 * @example
 * yield* trace("run.json");
 * yield* serve(server, handler);
 */
export function trace(file: string, options?: TraceOptions): Yieldable<Recording>;
/**
 * Record the next `seconds`.
 *
 * @returns Chrome's JSON. Cancelling it gives up what was recorded.
 *
 * @example const text = yield* trace({ seconds: 10 });
 */
export function trace(options: TraceOptions & { seconds: number }): Yieldable<string>;
export function trace(
  first: string | (TraceOptions & { seconds: number }),
  options: TraceOptions = {},
): Yieldable<Recording | string> {
  if (typeof first === "object") {
    const { seconds } = checkTrace("trace", first);
    if (first.seconds === undefined)
      throw new TypeError('trace takes a file, trace("run.json"), or { seconds: 10 }');
    const { bytes } = first;
    return operation(`trace of ${seconds} s`, () =>
      next(seconds, bytes === undefined ? {} : { bytes }),
    );
  }
  checkFile("trace", first);
  checkTrace("trace", options);
  return operation(`trace to ${first}`, () => untilTheEnd(first, options));
}

/** @internal One of several traces that become one file. */
export function* next(seconds: number, options: TraceOptions, part?: Part): Operation<string> {
  using recording = begin(null, options, part === undefined ? {} : { part });
  yield* sleep(seconds);
  return recording.text();
}

/** A child of the caller's, that is halted with it, after those that were born later: so they are in the trace to their ends. */
function* untilTheEnd(file: string, options: TraceOptions): Operation<Recording> {
  const recording = record(file, options);
  const waiting = new WaitList();
  const stopped = (): boolean => recording.stopped;
  const stop = (): void => {
    recording.stop();
    waiting.wakeAll();
  };
  const what = `the end of the trace ${file}`;
  yield* fork(
    function* () {
      try {
        yield* new Until(what, "inactive", waiting, stopped, Infinity);
      } finally {
        recording.stop();
      }
    },
    // Also if it is halted before it begins.
    { name: "trace", ended: () => recording.stop() },
  );
  return {
    stop,
    text: () => recording.text(),
    get stopped() {
      return recording.stopped;
    },
    [Symbol.dispose]: stop,
  };
}
