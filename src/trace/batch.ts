/** Events of a trace as they are kept: columns of numbers, a few tens of bytes an event, and nothing for the garbage collector. */
import type { Track } from "./track.js";

/** What an event is; each has a track, a begin and an end in nanoseconds, and words or another track. */
export const enum Kind {
  Running,
  Waiting,
  /** It could run, and others did. */
  Ready,
  /** What is no fiber's: something that the network did. */
  Outside,
  /** Something happened on the track at `begin`. */
  Mark,
  /** At `begin` another track has made it ready, forked it, or halted it; it has run on that at `end`. */
  Woken,
  Forked,
  Halted,
  /** At `begin` something left another track that has come to this one at `end`. */
  Sent,
  /** Of a group: the number is `end`. */
  Count,
}

/** How many events a batch holds: as many as stay in the processor's cache until they are written. */
export const EVENTS = 512;
/** Memory of one without its words. */
const COLUMNS_BYTES = EVENTS * (1 + 8 + 8 + 8 + 8);
/** What a text and a track take besides their characters. */
const OVERHEAD = 64;

export class Batch {
  length = 0;
  readonly kinds = new Uint8Array(EVENTS);
  readonly begins = new Float64Array(EVENTS);
  readonly ends = new Float64Array(EVENTS);
  /** Of each event; of a count it is that of its group. */
  readonly tracks = new Array<Track | null>(EVENTS).fill(null);
  /** What it is called, or the track that it comes from. */
  readonly words = new Array<string | Track | null>(EVENTS).fill(null);
  #last: string | null = null;
  #characters = 0;

  get full(): boolean {
    return this.length === EVENTS;
  }

  /** Memory that it takes, about. */
  get bytes(): number {
    return COLUMNS_BYTES + this.#characters;
  }

  /** When the last event was written. */
  get written(): number {
    return this.#written;
  }
  #written = 0;

  add(
    kind: Kind,
    track: Track,
    begin: number,
    end: number,
    words: string | Track | null,
    now: number,
  ): void {
    const i = this.length++;
    this.kinds[i] = kind;
    this.tracks[i] = track;
    this.begins[i] = begin;
    this.ends[i] = end;
    this.words[i] = words;
    this.#written = now;
    if (typeof words === "string" && words !== this.#last) {
      this.#last = words;
      this.#characters += words.length + OVERHEAD;
    }
  }

  /** To be used again. */
  clear(): void {
    this.length = this.#characters = 0;
    this.#last = null;
    // What they hold may go.
    this.tracks.fill(null);
    this.words.fill(null);
  }
}
