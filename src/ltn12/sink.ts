/** Sinks. */
import type { FileHandle } from "node:fs/promises";
import { Writable } from "node:stream";
import { WritableStream as NodeWritableStream } from "node:stream/web";
import type { Operation } from "effection";
import { asError, operation, shown, type Yieldable } from "../../reactor/index.js";
import { type Data, isFailure, type Result, type SocketError } from "../object/index.js";
import { checkFunctions, isEmpty, performed } from "./checks.js";
import { Output } from "./files.js";
import { changed, filter } from "./filter.js";
import { mayReturn } from "./given.js";
import { writableOf } from "./writable.js";
import type { FancySink, Filter, Sink } from "./types.js";

type Taken<Word extends string = SocketError> = Result<1, undefined, Word>;

/** What the sinks of this module are: a {@link Sink} that tells of a forgotten `yield*`. */
export interface TakingSink<Word extends string = SocketError> {
  (piece?: Data, error?: string): Yieldable<Result<1, undefined, Word>>;
}

/** The same, failing with Errors: Node takes anything else that is falsy, as the undefined of `controller.error()`, for success. */
function withErrors(stream: NodeWritableStream): NodeWritableStream {
  const writer = stream.getWriter();
  const fail = (thrown: unknown): never => {
    throw asError(thrown);
  };
  return new NodeWritableStream({
    start(controller) {
      writer.closed.catch((thrown: unknown) => controller.error(asError(thrown)));
    },
    write: (piece) => writer.write(piece).catch(fail),
    close: () => writer.close().catch(fail),
    abort: (reason) => writer.abort(reason),
  });
}

/** Node closes such a stream, as if it were whole, when it is destroyed before its end: it must be aborted. */
function fromWeb(stream: NodeWritableStream): Writable {
  const writable = Writable.fromWeb(withErrors(stream));
  const destroy = writable._destroy.bind(writable);
  writable._destroy = (error, done) => {
    const why = writable.writableFinished ? error : (error ?? new Error("closed before the end"));
    destroy(why, () => done(error));
  };
  return writable;
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
      const [done, next] = yield* performed("sink", to(piece, error));
      if (done === undefined) return [undefined, next as Word, undefined];
      if (typeof next === "function") to = next;
      return [1];
    });
}

/** What a filter makes of pieces on their way to a sink. Whoever is halted has handed his piece over: the next one goes on with it. */
class Chain<Word extends string> {
  /** Those that the filter has not had. */
  private readonly given: { piece: Data | undefined; error: string | undefined }[] = [];
  /** The one that the filter may have more of. */
  private eaten: { piece: Data | undefined; error: string | undefined } | null = null;
  /** What was given last was the end. */
  private over = false;

  constructor(
    private readonly change: Filter,
    private readonly to: Sink<Word>,
  ) {}

  *take(piece: Data | undefined, error: string | undefined): Operation<Taken<Word>> {
    if (!isEmpty(piece)) {
      // Of two ends one is enough; but another pump may have more behind the end of the last one.
      if (piece !== undefined || !this.over) this.given.push({ piece, error });
      this.over = piece === undefined;
    }
    for (;;) {
      const [filtered, why] = this.filtered();
      if (filtered === null) return [1];
      const taken = yield* performed("sink", this.to(filtered, why));
      if (isFailure(taken)) return taken;
    }
  }

  /** What the filter gives next, and the error beside it; null: nothing is left. */
  private filtered(): [filtered: Data | undefined | null, error?: string | undefined] {
    const more = this.eaten;
    const eaten = more ?? this.given.shift();
    if (eaten === undefined) return [null];
    const { piece, error } = eaten;
    const filtered = changed(this.change, more === null || piece === undefined ? piece : "");
    this.eaten = filtered === undefined || isEmpty(filtered) ? null : eaten;
    return [filtered, error];
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

  /**
   * A file, or any byte stream of Node's: closed at the end, and then all of it is written. It is closed when the fiber ends that has made the
   * sink, too, with what was written; stdout and stderr are left open. A sink waits while the stream has no room; that a file does not open, or
   * is full, is the error. (LTN12: sink.file)
   *
   * @param file a FileHandle, or a Writable: `createWriteStream(path)`, `process.stdout`, a child's stdin; undefined gives `word` as its error
   * @param word "unable to open file", if none is given
   *
   * @example
   * const { createWriteStream } = process.getBuiltinModule("node:fs");
   * const [, err] = yield* ltn12.pump.all(
   *   socket.source(client),
   *   ltn12.sink.file(createWriteStream("page.html")),
   * );
   */
  file: intoFile,

  /**
   * A byte stream of Node's, or of the web, for others who read it: ended at the end. If the source has failed, or the fiber ends before that
   * has made the sink, it is destroyed, so that half of it does not look whole.
   *
   * @example
   * const { createServer } = process.getBuiltinModule("node:http");
   * createServer((request, response) => {
   *   void run(() => ltn12.pump.all(ltn12.source.from(request), ltn12.sink.to(response)));
   * });
   */
  to(stream: Writable | WritableStream<Uint8Array>): TakingSink {
    // The web's streams that are global are Node's own.
    const writable = "getWriter" in stream ? fromWeb(stream as NodeWritableStream) : stream;
    return output(new Output("sink.to", writable, false));
  },

  /**
   * A sink as a Writable of Node's, for whatever writes to one; `Writable.toWeb` makes a stream of the web of that. Its end is the sink's; if it
   * is destroyed before, the sink is told of the end, and the error.
   *
   * @example
   * const { createReadStream } = process.getBuiltinModule("node:fs");
   * createReadStream("page.html").pipe(ltn12.sink.writable(to));
   */
  writable(to: Sink<string>): Writable {
    checkFunctions("sink.writable", "a sink", [to]);
    return writableOf(to);
  },
} as const;

function output(to: Output): TakingSink {
  return (piece, error) => operation("sink", () => to.take(piece, error));
}

function intoFile(file: FileHandle | Writable): TakingSink;
function intoFile<const Word extends string = "unable to open file">(
  file: FileHandle | Writable | null | undefined,
  word?: Word,
): TakingSink<Word | SocketError>;
function intoFile(
  file?: FileHandle | Writable | null,
  word = "unable to open file",
): TakingSink<string> {
  if (file === null || file === undefined) return sink.error(word);
  const to = new Output("sink.file", file, true);
  return mayReturn(output(to), (piece, error) => to.take(piece, error, true));
}

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
