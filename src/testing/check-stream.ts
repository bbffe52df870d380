/** Checking that a stream keeps the promises of a client object: for those who make streams of their own. */
import { type Operation, race } from "effection";
import {
  checkOptionNames,
  fork,
  notAsync,
  operation,
  shown,
  sleep,
  textOf,
  type Yieldable,
} from "../../reactor/index.js";
import { type CheckedStream, type StreamPromise, promises } from "./stream-promises.js";

/** Options of `checkStream`. */
export interface CheckStreamOptions {
  /** Whether one direction can be ended while the other goes on. Default true. */
  halfClose?: boolean;
  /** Seconds after which a promise is broken by one who waits; in a simulation they are virtual. Default 10. */
  timeout?: number;
}

const TIMEOUT = 10;

/**
 * Check that streams keep the promises of a client object: what is sent arrives whole and in order, timeouts, the end of one direction
 * and of both, cancelling, several tasks at once, flow control. Each is checked in both directions, on a fresh pair.
 *
 * @param pair makes two connected streams; both are closed after each check. What it starts ends then, too
 * @returns when all are kept. Throws an Error that says which promise is broken, and how; it needs no test framework. TypeError for wrong
 * options. Cancelling ends the check and closes the pair. (trio: check_two_way_stream)
 *
 * @example
 * yield* checkStream(function* () {
 *   const [a, b] = yield* streamPair();
 *   return [a, b];
 * });
 */
export function checkStream(
  pair: () => Operation<readonly [CheckedStream, CheckedStream]>,
  options: CheckStreamOptions = {},
): Yieldable<void> {
  if (typeof pair !== "function")
    throw new TypeError(
      `checkStream takes a function that makes two connected streams, not ${shown(pair)}`,
    );
  notAsync(pair, "checkStream");
  checkOptionNames("checkStream", options, ["halfClose", "timeout"]);
  const { halfClose = true, timeout = TIMEOUT } = options;
  if (typeof halfClose !== "boolean")
    throw new TypeError(`checkStream: halfClose is true or false, not ${shown(halfClose)}`);
  if (!(typeof timeout === "number" && timeout > 0))
    throw new TypeError(`checkStream: timeout is a number of seconds, not ${shown(timeout)}`);
  return operation("checkStream", function* () {
    for (const promise of promises.filter((one) => halfClose || one.halfClose !== true))
      for (const swapped of [false, true]) {
        const failure = yield* yield* fork(() => broken(promise, pair, swapped, timeout));
        if (failure === null) continue;
        const direction = swapped ? "from the second to the first" : "from the first to the second";
        throw new Error(`checkStream, ${direction}: ${promise.name}: ${textIn(failure.error)}`, {
          cause: failure.error,
        });
      }
  });
}

/** How a promise is broken; null: it is kept. Runs in a fiber of its own, with which all ends that the check has started. */
function* broken(
  promise: StreamPromise,
  pair: () => Operation<readonly [CheckedStream, CheckedStream]>,
  swapped: boolean,
  timeout: number,
): Operation<{ error: unknown } | null> {
  const [first, second] = yield* pair();
  try {
    const kept = yield* race([
      checked(promise, swapped ? [second, first] : [first, second]),
      expired(timeout),
    ]);
    return kept ? null : { error: `somebody still waits after ${timeout} seconds` };
  } catch (error) {
    return { error };
  } finally {
    first.close();
    second.close();
  }
}

function* checked(
  { check }: StreamPromise,
  pair: [CheckedStream, CheckedStream],
): Operation<boolean> {
  yield* check(...pair);
  return true;
}

function* expired(seconds: number): Operation<boolean> {
  yield* sleep(seconds);
  return false;
}

function textIn(error: unknown): string {
  return error instanceof Error ? error.message : textOf(error);
}
