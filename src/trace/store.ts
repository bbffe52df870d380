/** Where the events of a trace go: to a file as they come, or into a ring in memory that keeps the last ones. */
import { closeSync, openSync, writeSync } from "node:fs";
import { Batch } from "./batch.js";
import { type About, ChromeWriter } from "./chrome.js";

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

/** A file that is written on the spot, also while the process ends. What it throws once is told, and nothing is written afterwards. */
export class Output {
  readonly #fd: number;
  #broken = false;

  constructor(
    private readonly file: string,
    private readonly failed: Failed,
  ) {
    this.#fd = openSync(file, "w");
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
