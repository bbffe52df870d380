/** Sources of what JavaScript iterates, and the other way round. */
import type { Operation, Subscription } from "effection";
import { observer, operation, shown, toPromise, type Yieldable } from "../../reactor/index.js";
import {
  Awaiting,
  type Data,
  detailsOf,
  errorWord,
  fail,
  isSocketObject,
  joined,
  type Result,
  type SocketError,
  SocketException,
} from "../object/index.js";
import type { Sequence } from "../stream/index.js";
import { isData, isEmpty, performed } from "./checks.js";
import type { Source } from "./types.js";

type Piece = Result<Data | undefined>;

function notIterable(from: unknown): TypeError {
  const hint = isSocketObject(from)
    ? ": write socket.source(client)"
    : isData(from)
      ? ": write source.string(text)"
      : "";
  return new TypeError(
    `source.from takes what gives pieces one by one: an iterable, an async iterable, a stream of Node's or of the web, not ${shown(from)}${hint}`,
  );
}

function pieceOf(step: IteratorResult<unknown>): Piece {
  if (step.done) return [undefined];
  if (isData(step.value)) return [step.value];
  throw new TypeError(`source.from: ${shown(step.value)} came, which is no string and no bytes`);
}

/** Trouble of a stream, or of a socket, is a result; what else is thrown is a bug, and stays one. */
function failureOf(error: unknown): Piece {
  if (error instanceof SocketException) return [undefined, error.error as SocketError, undefined];
  if (!(error instanceof Error) || typeof (error as { code?: unknown }).code !== "string")
    throw error;
  return fail(errorWord(error), { operation: "source", cause: error });
}

type Asks = () => Operation<IteratorResult<unknown>>;

/** How the next piece is asked for. */
function asking(from: unknown): Asks {
  if (typeof from !== "object" || from === null || ArrayBuffer.isView(from))
    throw notIterable(from);
  if (Symbol.asyncIterator in from) {
    const iterator = (from as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    const awaiting = new Awaiting<IteratorResult<unknown>>("the next piece");
    return () => awaiting.next(() => iterator.next());
  }
  if (!(Symbol.iterator in from)) throw notIterable(from);
  const iterator = (from as Iterable<unknown>)[Symbol.iterator]();
  return function* () {
    return iterator.next();
  };
}

/** @see source.from */
export function sourceFrom(from: unknown): () => Operation<Piece> {
  const ask = asking(from);
  /** How it has ended: told again to whoever asks again. */
  let end: Piece | null = null;
  return function* () {
    if (end !== null) return end;
    let piece: Piece;
    try {
      piece = pieceOf(yield* ask());
    } catch (error) {
      piece = failureOf(error);
    }
    if (piece[0] === undefined) end = piece;
    return piece;
  };
}

const END: IteratorResult<never, void> = { done: true, value: undefined };

/** What a source gives, piece by piece; what is empty is passed over, and a failure is thrown. */
class Subscribed implements Subscription<string | Uint8Array, void> {
  private over = false;

  constructor(private readonly from: Source<string>) {}

  next(): Yieldable<IteratorResult<string | Uint8Array, void>> {
    return operation("the next of pieces", () => this.step());
  }

  private *step(): Operation<IteratorResult<string | Uint8Array, void>> {
    while (!this.over) {
      const result = yield* performed("source", this.from());
      const [piece, error] = result;
      if (error !== undefined)
        throw new SocketException(error, { ...detailsOf(result), operation: "pieces" });
      if (piece === undefined) this.over = true;
      else if (!isEmpty(piece))
        return {
          done: false,
          value: typeof piece === "string" ? piece : joined(piece, "utf8"),
        };
    }
    return END;
  }

  async(signal?: AbortSignal): AsyncIterableIterator<string | Uint8Array, void> {
    const iterator: AsyncIterableIterator<string | Uint8Array, void> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () => toPromise(this.next(), signal),
      return: () => {
        this.over = true;
        return Promise.resolve(END);
      },
    };
    return iterator;
  }
}

/** @see source.pieces */
export function pieces(from: Source<string>): Sequence<string | Uint8Array> {
  const stream = operation("pieces", function* () {
    return new Subscribed(from);
  });
  return Object.assign(stream, {
    [Symbol.asyncIterator]: (signal?: AbortSignal) => {
      if (observer !== null) observer.performed(stream);
      return new Subscribed(from).async(signal);
    },
  });
}
