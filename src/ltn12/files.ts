/** Files and byte streams of Node's, as sources and sinks. */
import { WriteStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { finished, type Readable, type Writable } from "node:stream";
import type { Operation } from "effection";
import {
  asError,
  Deadline,
  type Fiber,
  reactor,
  type Resource,
  shown,
  Until,
  WaitList,
} from "../../reactor/index.js";
import { source as socketSource } from "../lua/index.js";
import { reuse } from "../network/index.js";
import { causeOf, type Data, errorWord, fail, joined, type Result } from "../object/index.js";
import { stream } from "../stream/index.js";
import { blocksize } from "./blocksize.js";
import { isEmpty } from "./checks.js";

/** The process's own streams: left open, since others use them, too. */
const STANDARD: readonly unknown[] = [process.stdout, process.stderr];
/** Seconds without progress after which what was written is given up, when the fiber that wrote has ended. */
const LINGER = 10;
/** Bytes that may wait for a file: what has gathered while it was written to is written at once. */
const GATHERED = 1024 * 1024;

function isHandle(file: unknown): file is FileHandle {
  return typeof (file as Partial<FileHandle>).createReadStream === "function";
}

/** Whether nobody but Node sees what is written: what stands in for a file, as in tests, may keep it, as may an `fs` or a `write` of the program's. */
function isNodes(file: FileHandle, stream: Writable): boolean {
  const replaced = ["write", "writev"].some((name) => Object.hasOwn(file, name));
  return stream.constructor === WriteStream && file.constructor.name === "FileHandle" && !replaced;
}

/** Everything until the end, at which it is closed. */
export function fileSource(file: FileHandle | Readable): () => Operation<Result<Data | undefined>> {
  const highWaterMark = blocksize();
  const from = isHandle(file) ? file.createReadStream({ highWaterMark }) : file;
  if (typeof (from as Partial<Readable> | null)?.read !== "function")
    throw new TypeError(
      `source.file takes a FileHandle or a Readable of Node's, not ${shown(file)}`,
    );
  const pieces = socketSource("until-closed", stream(from, null));
  return function* () {
    const result = yield* pieces();
    // A connection that broke is "closed"; of a file one wants to know why.
    const cause = causeOf(result);
    return cause === undefined ? result : fail(errorWord(cause), { operation: "source", cause });
  };
}

/** A writable of Node's. It belongs to the fiber that has made this, and is closed with it. */
export class Output implements Resource {
  readonly handle = null;
  private readonly stream: Writable;
  private readonly standard: boolean;
  /** It does not look again at what it has written. */
  private readonly forgets: boolean;
  /** It has finished, or failed, or was closed by others. */
  private outcome: { error: Error | undefined } | null = null;
  /** Writes that the stream has not done. */
  private pending = 0;
  private deadline: Deadline | null = null;
  private readonly waiters = new WaitList();
  private readonly owner: Fiber | null = reactor.current;

  /** @param whole what was written stays if the source fails, or the fiber ends before: in files; otherwise whoever reads must not take it for all. */
  constructor(
    what: string,
    file: FileHandle | Writable,
    private readonly whole: boolean,
  ) {
    this.stream = isHandle(file) ? file.createWriteStream({ highWaterMark: GATHERED }) : file;
    this.forgets = isHandle(file) && isNodes(file, this.stream);
    const { stream } = this;
    if (typeof (stream as Partial<Writable> | null)?.write !== "function")
      throw new TypeError(`${what} takes a FileHandle or a Writable of Node's, not ${shown(file)}`);
    if (stream.writableObjectMode)
      throw new TypeError(`${what} takes streams of bytes, not object streams`);
    this.standard = STANDARD.includes(stream);
    finished(stream, { readable: false }, (error) => this.over(error ? asError(error) : undefined));
    stream.on("drain", this.changed);
    this.owner?.own(this);
  }

  /** @param given nobody else has the piece, nor any of its memory */
  *take(piece: Data | undefined, error: string | undefined, given = false): Operation<Result<1>> {
    if (piece === undefined) return yield* this.end(error);
    // Others may have ended it, and it does not tell at once.
    if (this.outcome !== null || this.stream.writableEnded) return this.failure();
    if (isEmpty(piece)) return [1];
    this.write(joined(piece, "utf8"), given && this.forgets);
    yield* this.until("room", () => this.hasRoom());
    return this.outcome === null ? [1] : this.failure();
  }

  private hasRoom(): boolean {
    const { stream } = this;
    if (!stream.writableNeedDrain) return true;
    return stream instanceof WriteStream && stream.writableLength < GATHERED;
  }

  private write(bytes: Buffer, again: boolean): void {
    this.pending++;
    this.stream.write(bytes, (error) => {
      this.pending--;
      // It may be written still, after an error.
      if (again && !error) reuse(bytes);
      this.changed();
    });
  }

  private *end(error: string | undefined): Operation<Result<1>> {
    const { stream } = this;
    if (this.standard) {
      yield* this.until("the end", () => this.pending === 0);
      this.left();
      return this.outcome === null ? [1] : this.failure();
    }
    if (error !== undefined && !this.whole)
      stream.destroy(new Error(`the source failed: ${error}`));
    else if (!stream.writableEnded) stream.end();
    yield* this.until("the end", () => false);
    return this.outcome!.error === undefined || error !== undefined ? [1] : this.failure();
  }

  private *until(what: string, condition: () => boolean): Operation<void> {
    const so = (): boolean => this.outcome !== null || condition();
    yield* new Until(
      `${what} of ${this.stream.constructor.name}`,
      "write",
      this.waiters,
      so,
      Infinity,
    );
  }

  private failure(): Result<1> {
    const cause = this.outcome?.error;
    return cause === undefined
      ? fail("closed")
      : fail(errorWord(cause), { operation: "sink", cause });
  }

  private over(error: Error | undefined): void {
    this.outcome = { error };
    this.left();
    this.changed();
  }

  private left(): void {
    if (this.deadline !== null) reactor.timers.remove(this.deadline);
    this.stream.removeListener("drain", this.changed);
    this.owner?.disown(this);
  }

  /** Its fiber has ended, and nobody has told it of the end. */
  release(): void {
    const { stream } = this;
    if (this.standard) return this.left();
    if (!this.whole) return this.giveUp();
    if (!stream.writableEnded) stream.end();
    this.linger();
  }

  /** Not all streams tell when they have closed. */
  private giveUp(): void {
    this.stream.destroy();
    this.left();
  }

  private linger(): void {
    const { pending } = this;
    this.deadline ??= new Deadline(true);
    reactor.timers.arm(this.deadline, reactor.clock.now() + LINGER, {
      expire: () => (this.pending === pending ? this.giveUp() : this.linger()),
    });
  }

  private readonly changed = (): void => {
    this.waiters.wakeAll();
    reactor.run();
  };
}
