/**
 * Events in Chrome's JSON, which Perfetto and Chrome open ("Trace Event Format"): a process for each group of fibers, a thread for each fiber. Times
 * are in microseconds there, with three places for nanoseconds. One event a line, so that a file which was cut can be read.
 */
import { type Batch, Kind } from "./batch.js";
import { Bytes } from "./bytes.js";
import type { Track } from "./track.js";

/** Texts that are kept in their form for JSON. */
const MOST_TEXTS = 4096;
/** Numbers of tracks that are no fiber's, beyond those of all fibers. */
const FIRST_OTHER = 1e9;
const FLOWS = {
  [Kind.Woken]: "wakes",
  [Kind.Forked]: "forks",
  [Kind.Halted]: "halts",
  [Kind.Sent]: "sends",
} as const;
const CATEGORIES = {
  [Kind.Running]: "running",
  [Kind.Waiting]: "waiting",
  [Kind.Ready]: "ready",
  [Kind.Outside]: "network",
} as const;
const SEPARATOR = Buffer.from(",\n");
const DURATION = Buffer.from(',"dur":');

/** What the file says of itself. */
export type About = Readonly<Record<string, string | number | boolean>>;

/** Of several traces that become one file: what keeps their numbers and names apart, and puts them on one time. */
export interface Part {
  /** Which one it is, from 1; 0: there are no others. */
  number: number;
  /** Is put before the names of its groups. */
  prefix: string;
  /** Nanoseconds by which it has begun later than the file. */
  shift: number;
}

const WHOLE: Part = { number: 0, prefix: "", shift: 0 };
/** How many groups, tracks and arrows a part may have. Numbers of tracks have 32 bits in Perfetto. */
const PARTS = { groups: 1e4, tracks: 1e7, flows: 1e12 } as const;

/** A track, as it was written. */
interface Written {
  name: string;
  thread: number;
  /** Whose it is, and the name of the time that follows. */
  where: Buffer;
  /** The same of a slice, from its beginning: never the first event, since that tells a name. */
  slice: Buffer;
}

const TAIL = "\n]}\n";

/** Parts, as one trace. */
export function joined(about: About, parts: readonly Buffer[]): Buffer {
  const events = parts
    .map((part) => part.subarray(part.indexOf("\n") + 1, -TAIL.length))
    .filter(({ length }) => length > 0)
    .flatMap((one, i) => (i === 0 ? [one] : [SEPARATOR, one]));
  return Buffer.concat([Buffer.from(headOf(about)), ...events, Buffer.from(TAIL)]);
}

const headOf = (about: About): string =>
  `{"displayTimeUnit":"ms","otherData":${JSON.stringify(about)},"traceEvents":[\n`;

/** Writes one trace: `head`, then batches, then `tail`. */
export class ChromeWriter {
  readonly #groups = new Map<string, number>();
  readonly #tracks = new Map<number, Written>();
  /** How slices of each category end, by their words. */
  readonly #ends = new Map<Kind, Map<string, Buffer>>();
  readonly #bytes = new Bytes();
  #flows: number;
  #first = true;

  constructor(
    private readonly about: About,
    private readonly part: Part = WHOLE,
  ) {
    this.#flows = part.number * PARTS.flows;
  }

  head(): string {
    return headOf(this.about);
  }

  tail(): string {
    return TAIL;
  }

  /**
   * @param after arrows that begin before that are left out: what they come from is not there any more
   * @returns bytes that are there until the next call
   */
  lines(batch: Batch, after = -1): Buffer {
    const { shift } = this.part;
    for (let i = 0; i < batch.length; i++) {
      const track = batch.tracks[i]!;
      const kind = batch.kinds[i] as Kind;
      const begin = batch.begins[i]! + shift;
      // Of a count it is the value.
      const end = kind === Kind.Count ? batch.ends[i]! : batch.ends[i]! + shift;
      const words = batch.words[i]!;
      if (kind <= Kind.Outside) this.#slice(track, begin, end, kind, words as string);
      else if (kind === Kind.Count) this.#count(track, begin, end, words as string);
      else if (kind === Kind.Mark) this.#mark(track, begin, words as string);
      else if (begin > after + shift)
        this.#flow(words as Track, track, begin, end, FLOWS[kind as keyof typeof FLOWS]);
    }
    return this.#bytes.take();
  }

  /** The names that its tracks have, as far as they have not been told. */
  names(batch: Batch): Buffer {
    for (let i = 0; i < batch.length; i++) this.#where(batch.tracks[i]!);
    return this.#bytes.take();
  }

  #slice(track: Track, begin: number, end: number, kind: Kind, words: string): void {
    const { slice } = this.#where(track);
    const bytes = this.#bytes;
    bytes.add(slice);
    bytes.microseconds(begin);
    bytes.add(DURATION);
    bytes.microseconds(end - begin);
    bytes.add(this.#end(kind, words));
  }

  #mark(track: Track, at: number, words: string): void {
    this.#line(
      '{"ph":"i","s":"t",',
      this.#where(track).where,
      at,
      `,"cat":"mark","name":${JSON.stringify(words)}}`,
    );
  }

  #flow(from: Track, to: Track, begin: number, end: number, name: string): void {
    // Where a track has no group yet, there is nothing that the arrow could begin at.
    if (from.group === null || to.group === null) return;
    const what = `,"cat":"arrow","name":"${name}","id":${++this.#flows}}`;
    const [there, here] = [this.#where(from), this.#where(to)];
    this.#line('{"ph":"s",', there.where, begin, what);
    this.#line('{"ph":"f","bp":"e",', here.where, end, what);
  }

  #count(track: Track, at: number, value: number, name: string): void {
    const pid = Buffer.from(`"pid":${this.#group(track.group ?? "")},"ts":`);
    this.#line('{"ph":"C",', pid, at, `,"name":${JSON.stringify(name)},"args":{"value":${value}}}`);
  }

  #line(begin: string, where: Buffer, at: number, end: string): void {
    this.#separate();
    this.#bytes.text(begin);
    this.#bytes.add(where);
    this.#bytes.microseconds(at);
    this.#bytes.text(end);
  }

  #about(name: string, where: string, args: object): void {
    this.#separate();
    this.#bytes.text(`{"ph":"M","name":"${name}",${where},"args":${JSON.stringify(args)}}`);
  }

  #separate(): void {
    if (!this.#first) this.#bytes.add(SEPARATOR);
    this.#first = false;
  }

  /** What an event's words are: its name and, if they say so, on what. */
  #end(kind: Kind, words: string): Buffer {
    let ends = this.#ends.get(kind);
    if (ends === undefined) this.#ends.set(kind, (ends = new Map()));
    let end = ends.get(words);
    if (end === undefined) {
      const on = words.indexOf(" on ");
      const name = JSON.stringify(on < 0 ? words : words.slice(0, on));
      const args = on < 0 ? "" : `,"args":{"on":${JSON.stringify(words.slice(on + 4))}}`;
      const category = CATEGORIES[kind as keyof typeof CATEGORIES];
      end = Buffer.from(`,"cat":"${category}","name":${name}${args}}`);
      if (ends.size >= MOST_TEXTS) ends.clear();
      ends.set(words, end);
    }
    return end;
  }

  #where(track: Track): Written {
    const written = this.#tracks.get(track.id);
    if (written !== undefined && written.name === track.name) return written;
    const pid = this.#group(track.group ?? "");
    const thread = written?.thread ?? this.#threadOf(track);
    const where = `"pid":${pid},"tid":${thread}`;
    if (written === undefined)
      this.#about("thread_sort_index", where, { sort_index: Math.max(track.id, 0) });
    this.#about("thread_name", where, { name: track.name });
    const named = {
      name: track.name,
      thread,
      where: Buffer.from(`${where},"ts":`),
      slice: Buffer.from(`,\n{"ph":"X",${where},"ts":`),
    };
    this.#tracks.set(track.id, named);
    return named;
  }

  /** In a whole trace that of its fiber. */
  #threadOf({ id }: Track): number {
    const { number } = this.part;
    if (number > 0) return number * PARTS.tracks + this.#tracks.size;
    return id < 0 ? FIRST_OTHER - id : id;
  }

  #group(name: string): number {
    let pid = this.#groups.get(name);
    if (pid === undefined) {
      const { number, prefix } = this.part;
      this.#groups.set(name, (pid = number * PARTS.groups + this.#groups.size + 1));
      const where = `"pid":${pid}`;
      this.#about("process_name", where, { name: `${prefix}${name}` });
      this.#about("process_sort_index", where, { sort_index: pid });
    }
    return pid;
  }
}
