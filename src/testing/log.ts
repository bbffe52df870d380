import type { Cause } from "../trace/index.js";

/** What happened in a simulated world. */
export interface Entry {
  /** Seconds of virtual time since the beginning. */
  readonly at: number;
  /** A fiber, a connection ("client>server:80#1" is what its client sends), a host, or "fault". */
  readonly who: string;
  readonly what: string;
}

/** Told of what is logged, but of no data: a trace. */
export interface Watcher {
  /** The network does something at a host; null: between hosts. What it is caused by, and what it may cause. */
  network(who: string, host: string | null, what: string, cause: Cause | null): Cause;
  fault(name: string): void;
  /** Code of the program has written it. */
  said(text: string): void;
  /** The program cannot go on. */
  failed(error: unknown): void;
}

/** The last entries: as many as it is to keep. */
export class Log {
  private readonly ring: Entry[] = [];
  private count = 0;
  watcher: Watcher | null = null;

  constructor(
    private readonly now: () => number,
    private readonly most: number,
  ) {}

  add(who: string, what: string): void {
    if (this.most === 0) return;
    this.ring[this.count++ % this.most] = { at: this.now(), who, what };
  }

  /**
   * What the network does.
   *
   * @param host where; null: between hosts
   * @param told the same without data
   */
  network(
    who: string,
    host: string | null,
    what: string,
    told = what,
    cause: Cause | null = null,
  ): Cause | null {
    this.add(who, what);
    return this.tell(who, host, told, cause);
  }

  /** What the network does with data: `words` are given how it is to be called. */
  data(
    who: string,
    host: string,
    bytes: Uint8Array,
    words: (data: string) => string,
    cause?: Cause | null,
  ): Cause | null {
    const told = words(`${bytes.length} bytes`);
    return this.network(who, host, words(sample(bytes)), told, cause);
  }

  /** What is not worth an entry. */
  tell(who: string, host: string | null, what: string, cause: Cause | null = null): Cause | null {
    return this.watcher?.network(who, host, what, cause) ?? null;
  }

  fault(name: string): void {
    this.add("fault", name);
    this.watcher?.fault(name);
  }

  said(who: string, text: string): void {
    this.add(who, text);
    this.watcher?.said(text);
  }

  /** How many were older than those that are kept. */
  get forgotten(): number {
    return this.count - this.ring.length;
  }

  /** The oldest first. */
  get entries(): readonly Entry[] {
    const oldest = this.count % this.most;
    return this.forgotten === 0
      ? this.ring
      : [...this.ring.slice(oldest), ...this.ring.slice(0, oldest)];
  }

  toString(): string {
    const { forgotten } = this;
    return (forgotten > 0 ? `(${forgotten} entries before)\n` : "") + printed(this.entries);
  }
}

/** Characters for who it was. */
const WIDTH = 24;

/** One line for each entry: when, who, what. */
export function printed(entries: readonly Entry[]): string {
  let width = 0;
  for (const { who } of entries) width = Math.max(width, Math.min(who.length, WIDTH));
  return entries
    .map(({ at, who, what }) => `${at.toFixed(6).padStart(12)}  ${who.padEnd(width)}  ${what}\n`)
    .join("");
}

/** Characters of data that are shown. */
const SHOWN = 32;

/** How many bytes, and how they begin. */
function sample(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, SHOWN)).toString("latin1");
  const more = bytes.length > SHOWN ? "..." : "";
  return `${bytes.length} bytes ${JSON.stringify(text)}${more}`;
}
