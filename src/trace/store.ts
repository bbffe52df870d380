/** Where the events of a trace go: to a file as they come, or into a ring in memory that keeps the last ones. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { Batch } from "./batch.js";
import { type About, ChromeWriter } from "./chrome.js";

const { O_CREAT, O_NONBLOCK, O_WRONLY } = constants;

export interface Store {
  /** A batch is full: what the next events are put into. */
  take(batch: Batch): Batch;
}

/** To a file, so that memory stays as it is, and that a process which is killed leaves behind what there was until then. */
export class FileStore implements Store {
  readonly #writer: ChromeWriter;
  readonly #output: Output;

  constructor(output: Output, about: About) {
    this.#output = output;
    this.#writer = new ChromeWriter(about);
    output.write(this.#writer.head());
  }

  take(batch: Batch): Batch {
    this.#output.write(this.#writer.lines(batch));
    batch.clear();
    return batch;
  }

  end(batch: Batch): void {
    this.take(batch);
    this.#output.write(this.#writer.tail());
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
  readonly #place: string;
  #broken = false;

  constructor(
    private readonly file: string,
    private readonly failed: Failed,
  ) {
    [this.#fd, this.#place] = opened(file);
    writing.add(this.#place);
  }

  write(text: string | Uint8Array): void {
    if (this.#broken) return;
    try {
      const bytes = typeof text === "string" ? Buffer.from(text) : text;
      for (let written = 0; written < bytes.length;) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      this.#broken = true;
      this.failed(this.file, error);
    }
  }

  close(): void {
    writing.delete(this.#place);
    closeSync(this.#fd);
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

  constructor(private readonly limits: Limits) {}

  take(batch: Batch): Batch {
    this.#batches.push(batch);
    this.#bytes += batch.bytes;
    let spare: Batch | null = null;
    while (this.#batches.length > 1 && this.#isTooMuch(batch.written)) {
      spare = this.#batches.shift()!;
      this.#bytes -= spare.bytes;
      this.#dropped = spare.written;
      spare.clear();
    }
    return spare ?? new Batch();
  }

  #isTooMuch(now: number): boolean {
    const { nanoseconds, bytes } = this.limits;
    return this.#bytes > bytes || now - this.#batches[0]!.written > nanoseconds;
  }

  /** @param last the batch that is not full yet */
  text(about: About, last: Batch): string {
    const writer = new ChromeWriter(about);
    const parts = [writer.head()];
    for (const batch of [...this.#batches, last])
      parts.push(writer.lines(batch, this.#dropped).toString());
    parts.push(writer.tail());
    return parts.join("");
  }
}
