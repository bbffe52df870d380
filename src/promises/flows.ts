/** Sources, sinks and steps of promises, for what performs operations: LTN12's chains, and requests. */
import type { Operation } from "effection";
import { operation, shown, toPromise } from "../../reactor/index.js";
import {
  Awaiting,
  awaiting,
  type Data,
  isFailure,
  isOperation,
  type Result,
  type SocketError,
} from "../object/index.js";
import type {
  PumpStep as StepOperation,
  Sink as SinkOperation,
  Source as SourceOperation,
} from "../ltn12/index.js";
import type { Sink, Source } from "./lua.js";
import type { Abortable } from "./types.js";

type Piece<Word extends string> = Result<Data | undefined, undefined, Word>;
type Taken<Word extends string> = Result<1, undefined, Word>;

/**
 * A source of promises, or of operations.
 *
 * @example const source: AnySource = ltn12.source.string("hello");
 */
export type AnySource<Word extends string = SocketError> = (
  options?: Abortable,
) =>
  | PromiseLike<Result<Data | undefined, undefined, Word>>
  | Operation<Result<Data | undefined, undefined, Word>>;

/**
 * A sink of promises, or of operations.
 *
 * @example const sink: AnySink = ltn12.sink.null();
 */
export type AnySink<Word extends string = SocketError> = (
  piece?: Data,
  error?: string,
  options?: Abortable,
) => PromiseLike<Result<1, undefined, Word>> | Operation<Result<1, undefined, Word>>;

/** It was halted, and has settled with that. */
const ABORTED = Symbol("aborted");

function checkFunction(what: string, given: unknown): void {
  if (typeof given !== "function")
    throw new TypeError(`${what} takes a function, not ${shown(given)}`);
}

/** Of what may be async: also of a source or a sink of operations, as ltn12 makes them, and of a plain function. */
function promiseOf<R>(given: PromiseLike<R> | Operation<R> | R, signal?: AbortSignal): Promise<R> {
  return isOperation(given)
    ? toPromise(
        operation("its source or sink", () => given),
        signal,
      )
    : Promise.resolve(given as PromiseLike<R>);
}

/** What a source that may be async is asked for, so that no piece is lost that it gives to nobody. */
class Asked<Word extends string> {
  private readonly awaiting = new Awaiting<Piece<Word> | typeof ABORTED>("its async source");
  private controller = new AbortController();

  constructor(private readonly from: AnySource<Word>) {}

  *next(): Operation<Piece<Word>> {
    for (;;) {
      let settled = false;
      try {
        const piece = yield* this.awaiting.next(() => this.begin());
        settled = true;
        if (piece !== ABORTED) return piece;
      } finally {
        if (!settled) this.controller.abort();
      }
    }
  }

  private begin(): PromiseLike<Piece<Word> | typeof ABORTED> {
    const { signal } = (this.controller = new AbortController());
    return promiseOf(this.from({ signal }), signal).then(undefined, (error: unknown) => {
      if (signal.aborted) return ABORTED;
      throw error;
    });
  }
}

/**
 * A source of promises as one of operations, for `cosocket/ltn12`. Halting aborts the signal that it is given; a piece that it gives all the
 * same is that of the next one who asks.
 *
 * @example const encoded = ltn12.source.chain(operationSource(async () => ["hello"]), mime.encode("base64"));
 */
export function operationSource<Word extends string = SocketError>(
  from: AnySource<Word>,
): SourceOperation<Word> {
  checkFunction("operationSource", from);
  const asked = new Asked(from);
  return () => operation("source", () => asked.next());
}

/**
 * A sink of promises as one of operations, for `cosocket/ltn12`: it gets one piece after the other. It has what it was given; halting ends the
 * waiting only.
 *
 * @example
 * const sink = operationSink(async (piece) => {
 *   console.log(piece);
 *   return [1];
 * });
 */
export function operationSink<Word extends string = SocketError>(
  to: AnySink<Word>,
): SinkOperation<Word> {
  checkFunction("operationSink", to);
  let last: Promise<Taken<Word>> | null = null;
  return (piece, error) =>
    operation("sink", function* () {
      last =
        last === null
          ? promiseOf(to(piece, error))
          : last.then((taken) => (isFailure(taken) ? taken : promiseOf(to(piece, error))));
      return yield* awaiting("its async sink", last);
    });
}

/**
 * A source of operations, as `cosocket/ltn12` makes them, as one of promises.
 *
 * @example
 * const body = promisedSource(ltn12.source.string("hello"));
 * for (let [piece] = await body(); piece; [piece] = await body()) console.log(piece.length);
 */
export function promisedSource<Word extends string = SocketError>(
  from: SourceOperation<Word>,
): Source<Word> {
  checkFunction("promisedSource", from);
  return ({ signal } = {}) =>
    toPromise(
      operation("source", () => from()),
      signal,
    );
}

/**
 * A sink of operations, as `cosocket/ltn12` makes them, as one of promises.
 *
 * @example await promisedSink(ltn12.sink.null())("hello");
 */
export function promisedSink<Word extends string = SocketError>(
  to: SinkOperation<Word>,
): Sink<Word> {
  checkFunction("promisedSink", to);
  return (piece, error, { signal } = {}) =>
    toPromise(
      operation("sink", () => to(piece, error)),
      signal,
    );
}

/** A step of promises: as `pump.step`. */
export type Step = <A extends string = SocketError, B extends string = SocketError>(
  from: Source<A>,
  to: Sink<B>,
  options?: Abortable,
) => PromiseLike<Result<1 | undefined, undefined, A | B>>;

/** A step of promises as one of operations, for `ltn12.pump.all`. Halting aborts the signal that it is given. */
export function operationStep(step: Step): StepOperation {
  checkFunction("operationStep", step);
  return (from, to) =>
    operation("step", function* () {
      const controller = new AbortController();
      const { signal } = controller;
      let settled = false;
      try {
        const moved = step(promisedSource(from), promisedSink(to), { signal });
        const result = yield* awaiting("its async step", moved);
        settled = true;
        return result;
      } finally {
        if (!settled) controller.abort();
      }
    });
}
