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

/** A track, as it was written. */
interface Written {
  name: string;
  /** Whose it is, and the name of the time that follows. */
  where: Buffer;
  /** The same of a slice, from its beginning: never the first event, since that tells a name. */
  slice: Buffer;
}

/** Writes one trace: `head`, then batches, then `tail`. */
export class ChromeWriter {
  readonly #groups = new Map<string, number>();
  readonly #tracks = new Map<number, Written>();
  /** How slices of each category end, by their words. */
  readonly #ends = new Map<Kind, Map<string, Buffer>>();
  readonly #bytes = new Bytes();
  #flows = 0;
  #first = true;

  constructor(private readonly about: About) {}

  head(): string {
    return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(this.about)},"traceEvents":[\n`;
  }

  tail(): string {
    return "\n]}\n";
  }

  /**
   * @param after arrows that begin before that are left out: what they come from is not there any more
   * @returns bytes that are there until the next call
   */
  lines(batch: Batch, after = -1): Buffer {
    for (let i = 0; i < batch.length; i++) {
      const track = batch.tracks[i]!;
      const begin = batch.begins[i]!;
      const end = batch.ends[i]!;
      const words = batch.words[i]!;
      const kind = batch.kinds[i] as Kind;
      if (kind <= Kind.Outside) this.#slice(track, begin, end, kind, words as string);
      else if (kind === Kind.Count) this.#count(track, begin, end, words as string);
      else if (kind === Kind.Mark) this.#mark(track, begin, words as string);
      else if (begin > after)
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
    const tid = track.id < 0 ? FIRST_OTHER - track.id : track.id;
    const where = `"pid":${pid},"tid":${tid}`;
    if (written === undefined)
      this.#about("thread_sort_index", where, { sort_index: Math.max(track.id, 0) });
    this.#about("thread_name", where, { name: track.name });
    const named = {
      name: track.name,
      where: Buffer.from(`${where},"ts":`),
      slice: Buffer.from(`,\n{"ph":"X",${where},"ts":`),
    };
    this.#tracks.set(track.id, named);
    return named;
  }

  #group(name: string): number {
    let pid = this.#groups.get(name);
    if (pid === undefined) {
      this.#groups.set(name, (pid = this.#groups.size + 1));
      const where = `"pid":${pid}`;
      this.#about("process_name", where, { name });
      this.#about("process_sort_index", where, { sort_index: pid });
    }
    return pid;
  }
}
