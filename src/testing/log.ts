/** What happened in a simulated world. */
export interface Entry {
  /** Seconds of virtual time since the beginning. */
  readonly at: number;
  /** A fiber, a connection ("c1>" is what its client sends), a host, or "fault". */
  readonly who: string;
  readonly what: string;
}

export class Log {
  readonly entries: Entry[] = [];
  constructor(private readonly now: () => number) {}

  add(who: string, what: string): void {
    this.entries.push({ at: this.now(), who, what });
  }
}

/** One line for each entry: when, who, what. */
export function printed(entries: readonly Entry[]): string {
  const width = Math.min(24, Math.max(0, ...entries.map(({ who }) => who.length)));
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
