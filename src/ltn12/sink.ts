/** Sinks. */
import type { Operation } from "effection";
import { operation, shown, type Yieldable } from "../../reactor/index.js";
import { type Data, isFailure, type Result, type SocketError } from "../object/index.js";
import { checkFunctions, isEmpty } from "./checks.js";
import { changed, filter } from "./filter.js";
import type { FancySink, Filter, Sink } from "./types.js";

type Taken<Word extends string = SocketError> = Result<1, undefined, Word>;

/** What the sinks of this module are: a {@link Sink} that tells of a forgotten `yield*`. */
export interface TakingSink<Word extends string = SocketError> {
  (piece?: Data, error?: string): Yieldable<Result<1, undefined, Word>>;
}

/** A sink that needs no waiting. */
function plain<Word extends string>(take: (piece?: Data) => Taken<Word>): TakingSink<Word> {
  return (piece) =>
    operation("sink", function* () {
      return take(piece);
    });
}

function simplified<Word extends string>(first: FancySink<Word>): TakingSink<Word> {
  let to = first;
  return (piece, error) =>
    operation("sink", function* (): Operation<Taken<Word>> {
      const [done, next] = yield* to(piece, error);
      if (done === undefined) return [undefined, next as Word, undefined];
      if (typeof next === "function") to = next;
      return [1];
    });
}

/** What a filter makes of pieces on their way to a sink. */
class Chain<Word extends string> {
  /** The filter may have more of a piece: whoever gave it was halted meanwhile. */
  private eating = false;
  /** That piece was the end. */
  private over = false;

  constructor(
    private readonly change: Filter,
    private readonly to: Sink<Word>,
  ) {}

  *take(piece: Data | undefined, error: string | undefined): Operation<Taken<Word>> {
    if (this.eating) {
      const taken = yield* this.eat(this.over ? undefined : "", error);
      if (isFailure(taken) || this.over) return taken;
    }
    if (isEmpty(piece)) return [1];
    this.eating = true;
    this.over = piece === undefined;
    return yield* this.eat(piece, error);
  }

  private *eat(first: Data | undefined, error: string | undefined): Operation<Taken<Word>> {
    let given = first;
    for (;;) {
      const filtered = changed(this.change, given);
      const last = filtered === undefined || isEmpty(filtered);
      if (last) this.eating = false;
      const taken = yield* this.to(filtered, error);
      if (isFailure(taken)) return taken;
      if (last) return [1];
      if (given !== undefined) given = "";
    }
  }
}

function table(pieces: Data[]): TakingSink<never> {
  return plain((piece) => {
    if (piece !== undefined) pieces.push(piece);
    return [1];
  });
}

/** What data goes to. (LTN12: sink) */
export const sink = {
  /**
   * Drops everything. (LTN12: sink.null)
   *
   * @example yield* ltn12.pump.all(from, ltn12.sink.null());
   */
  null: (): TakingSink<never> => plain(() => [1]),

  /**
   * The same error each time. (LTN12: sink.error)
   *
   * @example const full = ltn12.sink.error("disk full");
   */
  error<const Word extends string>(word: Word): TakingSink<Word> {
    if (typeof word !== "string" || word === "")
      throw new TypeError(`sink.error takes a word that is not empty, not ${shown(word)}`);
    return plain(() => [undefined, word, undefined]);
  },

  /**
   * Every piece, into an array. (LTN12: sink.table)
   *
   * @returns the sink; without `pieces` both it and the array, `[sink, pieces]`
   *
   * @example
   * const pieces: Data[] = [];
   * yield* ltn12.pump.all(from, ltn12.sink.table(pieces));
   */
  table: intoTable,

  /**
   * A sink of a fancy one, which may say which one is to take the next piece. (LTN12: sink.simplify)
   *
   * @example const simple = ltn12.sink.simplify(fancySink);
   */
  simplify<Word extends string = SocketError>(fancy: FancySink<Word>): TakingSink<Word> {
    checkFunctions("sink.simplify", "a sink", [fancy]);
    return simplified(fancy);
  },

  /**
   * A sink behind filters: each piece goes through all of them, in their order. (LTN12: sink.chain)
   *
   * @param filtersAndSink one filter or several, and the sink last
   *
   * @example const decoded = ltn12.sink.chain(mime.decode("base64"), to);
   */
  chain<Word extends string = SocketError>(
    ...filtersAndSink: [Filter, ...Filter[], Sink<Word>]
  ): TakingSink<Word> {
    checkFunctions("sink.chain", "filters and a sink", filtersAndSink);
    if (filtersAndSink.length < 2) throw new TypeError("sink.chain takes filters and a sink");
    // By its type: the last one.
    const to = filtersAndSink.at(-1) as Sink<Word>;
    const chain = new Chain(filter.chain(...(filtersAndSink.slice(0, -1) as Filter[])), to);
    return (piece, error) => operation("sink", () => chain.take(piece, error));
  },
} as const;

function intoTable(pieces: Data[]): TakingSink<never>;
function intoTable(): [sink: TakingSink<never>, pieces: Data[]];
function intoTable(pieces?: Data[]): TakingSink<never> | [TakingSink<never>, Data[]] {
  if (pieces === undefined) {
    const made: Data[] = [];
    return [table(made), made];
  }
  if (!Array.isArray(pieces))
    throw new TypeError(`sink.table takes an array, not ${shown(pieces)}`);
  return table(pieces);
}
