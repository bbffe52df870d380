/** Where the events of a trace go: to a file as they come, or into a ring in memory that keeps the last ones. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { Batch, Kind } from "./batch.js";
import { type About, ChromeWriter, type Part } from "./chrome.js";
import type { Track } from "./track.js";

const { O_CREAT, O_NONBLOCK, O_WRONLY } = constants;

export interface Store {
  /** A batch is full: what the next events are put into. */
  take(batch: Batch): Batch;
}

/** To a file, so that memory stays as it is. The file is complete at any time: a process may be killed, and a thread ends without a word with its process. */
export class FileStore implements Store {
  readonly #writer: ChromeWriter;
  readonly #output: Output;
  /** Something has come since it was flushed. */
  #news = true;

  constructor(output: Output, about: About, part?: Part) {
    this.#output = output;
    this.#writer = new ChromeWriter(about, part);
    output.write(this.#writer.head(), this.#writer.tail());
  }

  take(batch: Batch): Batch {
    this.#news = true;
    this.#output.write(this.#writer.lines(batch), this.#writer.tail());
    batch.clear();
    return batch;
  }

  /**
   * What there is goes into the file, although the batch is not full.
   *
   * @param underWay what is not over yet: it is in the file until there is more
   */
  flush(batch: Batch, underWay: () => Batch[]): void {
    if (batch.length > 0) this.take(batch);
    if (!this.#news) return;
    this.#news = false;
    const open = underWay();
    // Names stay: they are told once.
    for (const one of open) this.#output.write(this.#writer.names(one));
    const parts = open.map((one) => this.#writer.lines(one).toString());
    this.#output.write("", parts.join("") + this.#writer.tail());
  }

  end(batch: Batch): void {
    this.take(batch);
    this.#output.end(this.#writer.tail());
  }
}

/** What is told of a file that cannot be written any more. */
export type Failed = (file: string, error: unknown) => void;

/** The files that are written now, whatever they are called: two traces in one would be none. */
const writing = new Set<string>();

/** Not emptied before it is known whose it is; and a pipe that nobody reads is not waited for, by all of the program. */
function opened(file: string): [fd: number, place: string] {
  // Windows knows no such pipes.
  const fd = openSync(file, O_WRONLY | O_CREAT | (O_NONBLOCK ?? 0), 0o666);
  try {
    const found = fstatSync(fd);
    const place = `${found.dev} ${found.ino}`;
    const kept = found.isFile() || found.isFIFO();
    if (kept && writing.has(place))
      throw new Error(`${file} is being written by another trace already`);
    if (found.isFile()) ftruncateSync(fd);
    const last = found.isFile() ? fd : openSync(file, O_WRONLY);
    if (last !== fd) closeSync(fd);
    return [last, kept ? place : `descriptor ${last}`];
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A file that is written on the spot, also while the process ends. What it throws once is told, and nothing is written afterwards. */
export class Output {
  readonly #fd: number;
  /** The file itself, by whatever name. */
  readonly #which: string;
  /** A pipe or a device has no places. */
  readonly #hasPlaces: boolean;
  /** Where the next bytes belong, and where the file ends. */
  #place = 0;
  #size = 0;
  #broken = false;

  constructor(
    private readonly file: string,
    private readonly failed: Failed,
  ) {
    [this.#fd, this.#which] = opened(file);
    writing.add(this.#which);
    this.#hasPlaces = fstatSync(this.#fd).isFile();
  }

  /** @param meanwhile what follows until the next bytes are written over it, where that is possible */
  write(bytes: string | Uint8Array, meanwhile = ""): void {
    if (this.#broken) return;
    try {
      this.#place += this.#put(bytes);
      if (!this.#hasPlaces) return;
      const end = this.#place + this.#put(meanwhile);
      if (end < this.#size) ftruncateSync(this.#fd, end);
      this.#size = end;
    } catch (error) {
      this.#broken = true;
      this.failed(this.file, error);
    }
  }

  /** The last bytes. */
  end(bytes = ""): void {
    this.write(bytes);
    writing.delete(this.#which);
    closeSync(this.#fd);
  }

  #put(text: string | Uint8Array): number {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    for (let done = 0; done < bytes.length;) {
      const place = this.#hasPlaces ? this.#place + done : null;
      done += writeSync(this.#fd, bytes, done, bytes.length - done, place);
    }
    return bytes.length;
  }

  toString(): string {
    return this.file;
  }
}

/** What a ring keeps: so many nanoseconds, and so many bytes of memory. */
export interface Limits {
  nanoseconds: number;
  bytes: number;
}

/** The last events. */
export class Ring implements Store {
  readonly #batches: Batch[] = [];
  #bytes = 0;
  /** When the last event was written that has been dropped; what was over by then is not there any more. */
  #dropped = -1;
  /** The counts as they were then, by their names. */
  readonly #counts = new Map<string, { track: Track; value: number }>();

  constructor(private readonly limits: Limits) {}

  take(batch: Batch): Batch {
    this.#batches.push(batch);
    this.#bytes += batch.bytes;
    let spare: Batch | null = null;
    while (this.#batches.length > 1 && this.#isTooMuch(batch.written)) {
      spare = this.#batches.shift()!;
      this.#bytes -= spare.bytes;
      this.#dropped = spare.written;
      this.#remember(spare);
      spare.clear();
    }
    return spare ?? new Batch();
  }

  /** A count is told when it changes: what was told last holds. */
  #remember(batch: Batch): void {
    for (let i = 0; i < batch.length; i++)
      if (batch.kinds[i] === Kind.Count)
        this.#counts.set(batch.words[i] as string, {
          track: batch.tracks[i]!,
          value: batch.ends[i]!,
        });
  }

  #countsThen(): Batch {
    const batch = new Batch();
    for (const [name, { track, value }] of this.#counts)
      batch.add(Kind.Count, track, this.#dropped, value, name, this.#dropped);
    return batch;
  }

  #isTooMuch(now: number): boolean {
    const { nanoseconds, bytes } = this.limits;
    return this.#bytes > bytes || now - this.#batches[0]!.written > nanoseconds;
  }

  /** @param last the batch that is not full yet */
  text(about: About, last: Batch, part?: Part): string {
    const writer = new ChromeWriter(about, part);
    const parts = [writer.head()];
    for (const batch of [this.#countsThen(), ...this.#batches, last])
      parts.push(writer.lines(batch, this.#dropped).toString());
    parts.push(writer.tail());
    return parts.join("");
  }
}
