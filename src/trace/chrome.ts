/**
 * Events in Chrome's JSON, which Perfetto and Chrome open ("Trace Event Format"): a process for each group of fibers, a thread for each fiber. Times
 * are in microseconds there, with three places for nanoseconds.
 */
import { type Batch, Kind } from "./batch.js";
import type { Track } from "./track.js";

/** Texts that are kept in their form for JSON. */
const MOST_TEXTS = 4096;
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

/** Numbers of tracks that are no fiber's, beyond those of all fibers. */
const FIRST_OTHER = 1e9;

/** What the file says of itself. */
export type About = Readonly<Record<string, string | number | boolean>>;

/** Writes one trace, batch by batch: `head`, then `lines` of each, then `tail`. */
export class ChromeWriter {
  readonly #groups = new Map<string, number>();
  /** The names of tracks that were written, by their ids. */
  readonly #named = new Map<number, string>();
  readonly #texts = new Map<string, string>();
  #flows = 0;
  #lines: string[] = [];
  #first = true;

  constructor(private readonly about: About) {}

  head(): string {
    return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(this.about)},"traceEvents":[\n`;
  }

  tail(): string {
    return "\n]}\n";
  }

  /** @param after arrows that begin before that are left out: what they come from is not there any more */
  lines(batch: Batch, after = -1): string {
    for (let i = 0; i < batch.length; i++) {
      const track = batch.tracks[i]!;
      const begin = batch.begins[i]!;
      const end = batch.ends[i]!;
      const words = batch.words[i]!;
      const kind = batch.kinds[i] as Kind;
      if (kind === Kind.Count) this.#count(track, begin, end, words as string);
      else if (kind === Kind.Mark) this.#mark(track, begin, words as string);
      else if (kind <= Kind.Outside) {
        const category = CATEGORIES[kind as keyof typeof CATEGORIES];
        this.#slice(track, begin, end, category, words as string);
      } else if (begin > after) {
        this.#flow(words as Track, track, begin, end, FLOWS[kind as keyof typeof FLOWS]);
      }
    }
    const lines = this.#lines.join(",\n");
    if (lines === "") return "";
    this.#lines = [];
    const comma = this.#first ? "" : ",\n";
    this.#first = false;
    return comma + lines;
  }

  #slice(track: Track, begin: number, end: number, category: string, words: string): void {
    const where = this.#where(track);
    this.#lines.push(
      `{"ph":"X",${where},"ts":${begin / 1000},"dur":${(end - begin) / 1000},"cat":"${category}",${this.#text(words)}}`,
    );
  }

  #mark(track: Track, at: number, words: string): void {
    const where = this.#where(track);
    this.#lines.push(
      `{"ph":"i","s":"t",${where},"ts":${at / 1000},"cat":"mark","name":${JSON.stringify(words)}}`,
    );
  }

  #flow(from: Track, to: Track, begin: number, end: number, name: string): void {
    // Where a track has no group yet, there is nothing that the arrow could begin at.
    if (from.group === null || to.group === null) return;
    const id = ++this.#flows;
    const what = `"cat":"arrow","name":"${name}","id":${id}`;
    const [there, here] = [this.#where(from), this.#where(to)];
    this.#lines.push(`{"ph":"s",${there},"ts":${begin / 1000},${what}}`);
    this.#lines.push(`{"ph":"f","bp":"e",${here},"ts":${end / 1000},${what}}`);
  }

  #count(track: Track, at: number, value: number, name: string): void {
    const pid = this.#group(track.group ?? "");
    this.#lines.push(
      `{"ph":"C","pid":${pid},"ts":${at / 1000},"name":${JSON.stringify(name)},"args":{"value":${value}}}`,
    );
  }

  /** What an event's words are: its name and, if they say so, on what. */
  #text(words: string): string {
    let text = this.#texts.get(words);
    if (text === undefined) {
      const on = words.indexOf(" on ");
      const args = on < 0 ? "" : `,"args":{"on":${JSON.stringify(words.slice(on + 4))}}`;
      text = `"name":${JSON.stringify(on < 0 ? words : words.slice(0, on))}${args}`;
      if (this.#texts.size >= MOST_TEXTS) this.#texts.clear();
      this.#texts.set(words, text);
    }
    return text;
  }

  #where(track: Track): string {
    const pid = this.#group(track.group ?? "");
    const tid = track.id < 0 ? FIRST_OTHER - track.id : track.id;
    if (this.#named.get(track.id) !== track.name) {
      const where = `"pid":${pid},"tid":${tid},"args"`;
      if (!this.#named.has(track.id))
        this.#lines.push(
          `{"ph":"M","name":"thread_sort_index",${where}:{"sort_index":${Math.max(track.id, 0)}}}`,
        );
      this.#lines.push(
        `{"ph":"M","name":"thread_name",${where}:{"name":${JSON.stringify(track.name)}}}`,
      );
      this.#named.set(track.id, track.name);
    }
    return `"pid":${pid},"tid":${tid}`;
  }

  #group(name: string): number {
    let pid = this.#groups.get(name);
    if (pid === undefined) {
      this.#groups.set(name, (pid = this.#groups.size + 1));
      const where = `"pid":${pid},"args"`;
      this.#lines.push(
        `{"ph":"M","name":"process_name",${where}:{"name":${JSON.stringify(name)}}}`,
        `{"ph":"M","name":"process_sort_index",${where}:{"sort_index":${pid}}}`,
      );
    }
    return pid;
  }
}
