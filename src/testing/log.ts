/** What happened in a simulated world. */
export interface Entry {
  /** Seconds of virtual time since the beginning. */
  readonly at: number;
  /** A fiber, a connection ("client>server:80#1" is what its client sends), a host, or "fault". */
  readonly who: string;
  readonly what: string;
}

/** The last entries: as many as it is to keep. */
export class Log {
  private readonly ring: Entry[] = [];
  private count = 0;

  constructor(
    private readonly now: () => number,
    private readonly most: number,
  ) {}

  add(who: string, what: string): void {
    if (this.most === 0) return;
    this.ring[this.count++ % this.most] = { at: this.now(), who, what };
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
export function sample(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, SHOWN)).toString("latin1");
  const more = bytes.length > SHOWN ? "..." : "";
  return `${bytes.length} bytes ${JSON.stringify(text)}${more}`;
}
