/** The pump. */
import type { Operation } from "effection";
import { operation, reactor, sleep, type Yieldable } from "../../reactor/index.js";
import { isFailure, type Result, type SocketError } from "../object/index.js";
import { checkFunctions, performed } from "./checks.js";
import { sinkFor } from "./given.js";
import type { Sink, Source } from "./types.js";

/** Moves one piece: `[1]`, or `[undefined]` when there are no more. */
export type PumpStep = <A extends string = SocketError, B extends string = SocketError>(
  from: Source<A>,
  to: Sink<B>,
) => Operation<Result<1 | undefined, undefined, A | B>>;

function* oneStep<A extends string, B extends string>(
  from: Source<A>,
  to: Sink<B>,
): Operation<Result<1 | undefined, undefined, A | B>> {
  const got = yield* performed("source", from());
  const put = yield* performed("sink", to(got[0], got[1]));
  // A failure is handed on as it is, with what it knows.
  if (isFailure(got)) return got;
  if (isFailure(put)) return put;
  return [got[0] === undefined ? undefined : 1];
}

function* allSteps<A extends string, B extends string>(
  from: Source<A>,
  to: Sink<B>,
  step: PumpStep,
): Operation<Result<1, undefined, A | B>> {
  // Another step may do with a piece what it likes.
  if (step === oneStep) to = sinkFor(from, to);
  for (;;) {
    // Nothing that is pumped need wait, and others want to run: here, where there is no piece that could be lost.
    if (reactor.budgetSpent()) yield* sleep(0);
    const moved = yield* step(from, to);
    if (isFailure(moved)) return moved;
    if (moved[0] === undefined) return [1];
  }
}

const TAKES = "a source and a sink";

/** From a source to a sink. (LTN12: pump) */
export const pump = {
  /**
   * One piece. `[1]`; `[undefined]` when the source has no more (the sink has been told); or the error of either.
   * (LTN12: pump.step)
   *
   * @example const [more, err] = yield* pump.step(socket.source(client), socket.sink(server));
   */
  step<A extends string = SocketError, B extends string = SocketError>(
    from: Source<A>,
    to: Sink<B>,
  ): Yieldable<Result<1 | undefined, undefined, A | B>> {
    checkFunctions("pump.step", TAKES, [from, to]);
    return operation("pump.step", () => oneStep(from, to));
  },

  /**
   * Everything: `[1]`, or the error. Cancelling leaves off between pieces. (LTN12: pump.all)
   *
   * @example const [, err] = yield* pump.all(socket.source(client), socket.sink(server));
   */
  all<A extends string = SocketError, B extends string = SocketError>(
    from: Source<A>,
    to: Sink<B>,
    step: PumpStep = oneStep,
  ): Yieldable<Result<1, undefined, A | B>> {
    checkFunctions("pump.all", TAKES, [from, to, step]);
    return operation("pump.all", () => allSteps(from, to, step));
  },
} as const;
