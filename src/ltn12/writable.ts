/** A sink as a stream of Node's. */
import { Writable } from "node:stream";
import { asError, operation, toPromise } from "../../reactor/index.js";
import {
  type Data,
  detailsOf,
  errorWord,
  isFailure,
  type Result,
  SocketException,
} from "../object/index.js";
import { performed } from "./checks.js";
import type { Sink } from "./types.js";

type Done = (error?: Error | null) => void;

/** @see sink.writable */
export function writableOf(to: Sink<string>): Writable {
  const pending = new AbortController();
  /** It has failed, or knows that there are no more. */
  let over = false;
  const give = (done: Done, signal?: AbortSignal, piece?: Data, error?: string): void => {
    over ||= piece === undefined;
    const taking = operation("sink", () => performed("sink", to(piece, error)));
    toPromise(taking, signal, exceptionOf).then((failure) => {
      over ||= failure !== null;
      done(failure);
    }, failed(done));
  };
  return new Writable({
    write: (chunk: Buffer, _, done) => give(done, pending.signal, chunk),
    final: (done) => give(done, pending.signal),
    destroy(error, done) {
      // The sink has what is on its way; nobody waits for it any more.
      pending.abort();
      if (over) return done(error);
      give(
        () => done(error),
        undefined,
        undefined,
        error === null ? "closed" : wordOf(asError(error)),
      );
    },
  });
}

/** Whatever the sink has thrown: for Node, null and the like would be none. */
function failed(done: Done): (thrown: unknown) => void {
  return (thrown) => done(asError(thrown));
}

function wordOf(error: Error): string {
  return error instanceof SocketException ? error.error : errorWord(error);
}

function exceptionOf(taken: Result<1, undefined, string>): Error | null {
  return isFailure(taken)
    ? new SocketException(taken[1], { ...detailsOf(taken), operation: "sink" })
    : null;
}
