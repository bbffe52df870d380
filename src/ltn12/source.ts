/** Sources. */
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Operation } from "effection";
import { operation, shown, type Yieldable } from "../../reactor/index.js";
import { type Data, isFailure, type Result, type SocketError } from "../object/index.js";
import { blocksize } from "./blocksize.js";
import { checkFunctions, isEmpty, performed } from "./checks.js";
import { fileSource } from "./files.js";
import { changed, filter } from "./filter.js";
import type { Sequence } from "../stream/index.js";
import { pieces, sourceFrom } from "./iterables.js";
import type { FancySource, Filter, Source } from "./types.js";

type Piece<Word extends string = SocketError> = Result<Data | undefined, undefined, Word>;

/** What the sources of this module are: a {@link Source} that tells of a forgotten `yield*`. */
export interface GivingSource<Word extends string = SocketError> {
  (): Yieldable<Result<Data | undefined, undefined, Word>>;
}

/** A source that takes back what it gave. */
export interface RewindSource<Word extends string = SocketError> {
  (): Yieldable<Result<Data | undefined, undefined, Word>>;
  /** Give `piece` before anything else: the one that was put back last comes first. */
  (piece: Data): Yieldable<Result<Data | undefined, undefined, Word>>;
}

/** A source of what needs no waiting. */
function plain<Word extends string>(next: () => Piece<Word>): GivingSource<Word> {
  return () => operation("source", () => done(next));
}

function* done<T>(next: () => T): Generator<never, T> {
  return next();
}

/** The pieces of a list, by their places: those that are added meanwhile, too. */
function table(pieces: readonly Data[]): GivingSource<never> {
  let at = 0;
  return plain(() => [pieces[at++]]);
}

/** BLOCKSIZE bytes each time. */
function ofText(text: Data): GivingSource<never> {
  let left = typeof text === "string" ? Buffer.from(text) : (text as Uint8Array);
  return plain(() => {
    if (left.length === 0) return [undefined];
    const piece = left.subarray(0, blocksize());
    left = left.subarray(piece.length);
    return [piece];
  });
}

function simplified<Word extends string>(first: FancySource<Word>): GivingSource<Word> {
  let from = first;
  return () =>
    operation("source", function* () {
      const [piece, next] = yield* performed("source", from());
      if (typeof next === "function") from = next;
      if (piece !== undefined) return [piece];
      return typeof next === "string" ? [undefined, next, undefined] : [undefined];
    });
}

function rewound<Word extends string>(from: Source<Word>): RewindSource<Word> {
  const back: Data[] = [];
  return (piece?: Data) =>
    operation("source", function* (): Operation<Piece<Word>> {
      if (piece !== undefined) {
        back.push(piece);
        return [undefined];
      }
      const last = back.pop();
      return last === undefined ? yield* performed("source", from()) : [last];
    });
}

/** What a filter makes of a source: the state is LTN12's. */
class Chain<Word extends string> {
  /** Since it gave something, the filter has perhaps more of the same piece. */
  private eating = false;
  /** The source has no more. */
  private over = false;
  /** Nor has the filter. */
  private ended = false;

  constructor(
    private readonly from: Source<Word>,
    private readonly change: Filter,
  ) {}

  *next(): Operation<Piece<Word>> {
    while (!this.ended) {
      let given: Data | undefined = "";
      if (this.over) given = undefined;
      else if (!this.eating) {
        const got = yield* performed("source", this.from());
        if (isFailure(got)) return got;
        given = got[0];
        this.over = given === undefined;
      }
      const piece = changed(this.change, given);
      this.ended = piece === undefined;
      this.eating = !isEmpty(piece);
      if (this.eating) return [piece];
    }
    return [undefined];
  }
}

function concatenated<Word extends string>(sources: Source<Word>[]): GivingSource<Word> {
  let at = 0;
  return () =>
    operation("source", function* () {
      for (; at < sources.length; at++) {
        const got = yield* performed("source", sources[at]!());
        if (got[0] !== undefined || isFailure(got)) return got;
      }
      return [undefined];
    });
}

/** What data comes from. (LTN12: source) */
export const source = {
  /**
   * Nothing. (LTN12: source.empty)
   *
   * @example const nothing = ltn12.source.empty();
   */
  empty: (): GivingSource<never> => plain(() => [undefined]),

  /**
   * The same error each time. (LTN12: source.error)
   *
   * @example const broken = ltn12.source.error("timeout");
   */
  error<const Word extends string>(word: Word): GivingSource<Word> {
    if (typeof word !== "string" || word === "")
      throw new TypeError(`source.error takes a word that is not empty, not ${shown(word)}`);
    return plain(() => [undefined, word, undefined]);
  },

  /**
   * A text or bytes, in pieces of BLOCKSIZE bytes; undefined gives nothing. (LTN12: source.string)
   *
   * @example yield* ltn12.pump.all(ltn12.source.string("hello"), socket.sink(client));
   */
  string(text?: string | Uint8Array): GivingSource<never> {
    if (text !== undefined && typeof text !== "string" && !(text instanceof Uint8Array))
      throw new TypeError(`source.string takes a string or bytes, not ${shown(text)}`);
    return ofText(text ?? "");
  },

  /**
   * The pieces of an array, one after the other. (LTN12: source.table)
   *
   * @example const parts = ltn12.source.table(["GET / HTTP/1.1\r\n", "\r\n"]);
   */
  table(pieces: readonly Data[]): GivingSource<never> {
    if (!Array.isArray(pieces))
      throw new TypeError(`source.table takes an array of pieces, not ${shown(pieces)}`);
    return table(pieces);
  },

  /**
   * A source of a fancy one, which may say which one is to be asked next. (LTN12: source.simplify)
   *
   * @example const simple = ltn12.source.simplify(fancySource);
   */
  simplify<Word extends string = SocketError>(fancy: FancySource<Word>): GivingSource<Word> {
    checkFunctions("source.simplify", "a source", [fancy]);
    return simplified(fancy);
  },

  /**
   * Sources one after the other. (LTN12: source.cat)
   *
   * @example const message = ltn12.source.cat(ltn12.source.string("header\n"), from);
   */
  cat<Word extends string = never>(...sources: Source<Word>[]): GivingSource<Word> {
    checkFunctions("source.cat", "sources", sources);
    return concatenated(sources);
  },

  /**
   * A source behind filters: what it gives goes through each, in their order. (LTN12: source.chain)
   *
   * @example const encoded = ltn12.source.chain(from, mime.encode("base64"), mime.wrap());
   */
  chain<Word extends string = SocketError>(
    from: Source<Word>,
    ...filters: [Filter, ...Filter[]]
  ): GivingSource<Word> {
    checkFunctions("source.chain", "a source and filters", [from, ...filters]);
    const chain = new Chain(from, filter.chain(...filters));
    return () => operation("source", () => chain.next());
  },

  /**
   * A source that takes pieces back: `yield* source(piece)` puts one before all others. (LTN12: source.rewind)
   *
   * @example
   * const body = ltn12.source.rewind(socket.source(client));
   * const [first] = yield* body();
   * if (first) yield* body(first); // as if nobody had looked
   */
  rewind<Word extends string = SocketError>(from: Source<Word>): RewindSource<Word> {
    checkFunctions("source.rewind", "a source", [from]);
    return rewound(from);
  },

  /**
   * A file, or any byte stream of Node's, in pieces of BLOCKSIZE bytes at most. It is closed at its end, and when the fiber ends that has made
   * the source; stdin is left open. That a file does not open, or read, is the error. (LTN12: source.file)
   *
   * @param file a FileHandle, or a Readable: `createReadStream(path)`, `process.stdin`, a child's stdout; undefined gives `word` as its error
   * @param word "unable to open file", if none is given
   *
   * @example
   * const { createReadStream } = process.getBuiltinModule("node:fs");
   * const [, err] = yield* ltn12.pump.all(
   *   ltn12.source.file(createReadStream("page.html")),
   *   socket.sink("close-when-done", client),
   * );
   */
  file: ofFile,

  /**
   * What gives pieces one by one: an array, a generator, an async generator, a Readable, a stream of the web. What it throws is the error, if
   * it is a stream's or a socket's; everything else that it throws is thrown.
   *
   * It is asked for one piece when one piece is wanted. Whoever is halted meanwhile leaves that one to the next who asks. Nothing is closed if
   * it is not read to its end.
   *
   * @example
   * const { body } = yield* until(fetch("http://example.org/"));
   * if (body) yield* ltn12.pump.all(ltn12.source.from(body), ltn12.sink.null());
   */
  from(iterable: Iterable<Data> | AsyncIterable<Data>): GivingSource {
    const next = sourceFrom(iterable);
    return () => operation("source", next);
  },

  /**
   * A source for loops: `for await` in async functions, `each` in others; and so for whatever takes async iterables: `Readable.from`,
   * `ReadableStream.from`. What is empty is passed over; a failure is thrown, as SocketException. Leaving the loop closes nothing.
   *
   * @example
   * for (const piece of yield* each(ltn12.source.pieces(from))) {
   *   console.log(piece.length);
   *   yield* each.next();
   * }
   */
  pieces(from: Source<string>): Sequence<string | Uint8Array> {
    checkFunctions("source.pieces", "a source", [from]);
    return pieces(from);
  },
} as const;

function ofFile(file: FileHandle | Readable): GivingSource;
function ofFile<const Word extends string = "unable to open file">(
  file: FileHandle | Readable | null | undefined,
  word?: Word,
): GivingSource<Word | SocketError>;
function ofFile(
  file?: FileHandle | Readable | null,
  word = "unable to open file",
): GivingSource<string> {
  if (file === null || file === undefined) return source.error(word);
  const next = fileSource(file);
  return () => operation("source", next);
}
