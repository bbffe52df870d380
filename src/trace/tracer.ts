/** From what fibers do to the events of a trace: each of its tracks runs, waits or is ready, one after the other, without a gap. */
import { Batch, Kind } from "./batch.js";
import { gauges } from "./gauges.js";
import type { Store } from "./store.js";
import { Phase, Track, type Words } from "./track.js";

/** What a fiber is to the tracer: its number, and its name when it is asked for. */
export interface Traced {
  readonly id: number;
  readonly name: string;
}

export interface TracerOptions {
  /** Seconds that never go back. */
  now(): number;
  /** The group of a fiber whose code runs now, or has run: asked once. */
  groupOf(fiber: Traced): string;
  /** The group that gauges are shown in. */
  main: string;
}

/** Where an arrow may begin later: a slice of a track, and when. */
export interface Cause {
  readonly track: Track;
  readonly at: number;
}

/** Nanoseconds between two looks at the gauges. */
const GAUGE_PERIOD = 20e6;
/** Nanoseconds that one may be ready, or end, before that is an event of its own. */
const LONG = 100e3;
const ENDING = "its children, and what belongs to it, to end";
/** How it is told that a track does what it does now. A fiber that runs now is not over when others look. */
const NOW: { readonly [P in Phase]?: (track: Track) => readonly [Kind, string] } = {
  [Phase.Ready]: () => [Kind.Ready, "ready"],
  [Phase.Waiting]: ({ words }) => [Kind.Waiting, words],
  [Phase.Ending]: () => [Kind.Waiting, ENDING],
};
const HOW = { wakes: Kind.Woken, forks: Kind.Forked, halts: Kind.Halted } as const;

export class Tracer {
  readonly #tracks = new Map<number, Track>();
  /** What is no fiber's, by group. */
  readonly #others = new Map<string, Track>();
  readonly #main: Track;
  readonly #values = new Map<string, number>();
  readonly #origin: number;
  #batch = new Batch();
  #last = 0;
  #looked = -Infinity;
  /** What the network does now, with what it makes ready. */
  #outside: Track | null = null;

  constructor(
    private readonly store: Store,
    private readonly options: TracerOptions,
  ) {
    this.#origin = options.now();
    this.#main = new Track(-1, "", 0, options.main);
  }

  #now(): number {
    return Math.round((this.options.now() - this.#origin) * 1e9);
  }

  /** Nanoseconds since it has begun, for each event later ones: what happens at one time of a virtual clock has an order, too. */
  #tick(): number {
    const now = this.#now();
    return (this.#last = now > this.#last ? now : this.#last + 1);
  }

  /** One that was there before. */
  found(fiber: Traced, waitsFor: string | undefined, running: boolean): void {
    const track = this.#made(fiber);
    track.group = this.options.groupOf(fiber);
    if (running) this.#goesOn(track, track.since);
    else if (waitsFor !== undefined) this.#waits(track, { description: waitsFor }, track.since);
  }

  spawn(fiber: Traced, by: Traced | null): void {
    this.#blame(this.#made(fiber), by, "forks");
  }

  /** It may be able to go on. */
  wake(fiber: Traced, by: Traced | null): void {
    // By the kernel, or a timer: it runs in the same turn, and a second look at the clock for each line that comes would show.
    if (by === null && this.#outside === null) return;
    const track = this.#track(fiber);
    if (track.phase !== Phase.Waiting) return;
    this.#blame(track, by, "wakes");
    this.#ready(track, this.#tick());
  }

  halt(fiber: Traced, by: Traced | null): void {
    const track = this.#track(fiber);
    track.group ??= this.options.groupOf(fiber);
    this.#add(Kind.Mark, track, this.#tick(), 0, "halted");
    this.#blame(track, by, "halts");
  }

  resume(fiber: Traced): void {
    this.#endOutside();
    const track = this.#track(fiber);
    const now = this.#tick();
    // Where it belongs is known when it has run.
    if (track.group === null) track.born = track.since;
    else this.#leave(track, now);
    this.#goesOn(track, now);
    if (now - this.#looked >= GAUGE_PERIOD) this.#look(now);
  }

  park(fiber: Traced, wait: Words): void {
    const track = this.#track(fiber);
    const now = this.#tick();
    this.#belongs(track, fiber);
    this.#leave(track, now);
    this.#waits(track, wait, now);
  }

  /** Its body is over. */
  ending(fiber: Traced): void {
    const track = this.#track(fiber);
    const now = this.#tick();
    this.#belongs(track, fiber);
    this.#leave(track, now);
    track.phase = Phase.Ending;
    track.since = now;
  }

  end(fiber: Traced, how: string): void {
    const track = this.#track(fiber);
    const now = this.#tick();
    this.#belongs(track, fiber);
    track.rename(fiber.name);
    this.#leave(track, now);
    if (how !== "") this.#add(Kind.Mark, track, now, 0, how);
    track.over();
    this.#tracks.delete(fiber.id);
  }

  /** Something has happened that concerns a fiber. */
  mark(fiber: Traced, words: string): void {
    this.#add(Kind.Mark, this.#track(fiber), this.#tick(), 0, words);
  }

  /** Something has happened in a group that is no fiber's doing, and may have a cause. Whoever is woken at the same time, is woken by it. */
  outside(group: string, name: string, words: string, cause: Cause | null = null): Cause {
    this.#endOutside();
    const track = this.#other(group, name);
    track.phase = Phase.Running;
    track.since = this.#tick();
    track.words = words;
    this.#outside = track;
    const at = this.#tick();
    if (cause !== null) this.#add(Kind.Sent, track, cause.at, at, cause.track);
    return { track, at };
  }

  /** What fibers do now, as if it ended now. The last batch, which may be read until the next event. */
  pending(): Batch {
    this.#endOutside();
    const now = this.#tick();
    for (const track of this.#tracks.values()) {
      this.#leave(track, now);
      track.since = now;
    }
    this.#look(now);
    return this.#batch;
  }

  /** What has happened since the last batch was full. */
  get recent(): Batch {
    return this.#batch;
  }

  /** The same of what is not over yet; it goes on as if nobody had asked. */
  readonly underWay = (): Batch[] => {
    const now = Math.max(this.#now(), this.#last);
    const batches: Batch[] = [];
    for (const track of this.#tracks.values()) {
      const { phase, since, group } = track;
      const told = NOW[phase]?.(track);
      if (told === undefined || group === null || now - since < LONG) continue;
      if (batches.at(-1)?.full ?? true) batches.push(new Batch());
      batches.at(-1)!.add(told[0], track, since, now, told[1], now);
    }
    return batches;
  };

  #track(fiber: Traced): Track {
    return this.#tracks.get(fiber.id) ?? this.#made(fiber);
  }

  #made(fiber: Traced): Track {
    const track = new Track(fiber.id, fiber.name, this.#tick());
    this.#tracks.set(fiber.id, track);
    return track;
  }

  #other(group: string, name: string): Track {
    const key = `${group}\n${name}`;
    let track = this.#others.get(key);
    if (track === undefined)
      this.#others.set(key, (track = new Track(-2 - this.#others.size, name, 0, group)));
    return track;
  }

  /** It has taken no time. */
  #endOutside(): void {
    const track = this.#outside;
    if (track === null) return;
    this.#outside = null;
    track.phase = Phase.Waiting;
    this.#add(Kind.Outside, track, track.since, ++this.#last, track.words);
  }

  #blame(track: Track, by: Traced | null, how: Track["how"]): void {
    if (by?.id === track.id || track.by !== null) return;
    // What is later has another cause: a deadline.
    if (this.#outside !== null && this.#now() > this.#last) this.#endOutside();
    const from = by === null ? this.#outside : this.#tracks.get(by.id);
    // Only from what is running there is an arrow: it has to begin in something.
    if (from?.phase !== Phase.Running) return;
    track.by = from;
    track.how = how;
    track.at = this.#tick();
  }

  /** It has run, or never will. */
  #belongs(track: Track, fiber: Traced): void {
    if (track.group !== null) return;
    track.group = this.options.groupOf(fiber);
    const { phase, born, since } = track;
    if (phase === Phase.Running && since - born >= LONG)
      this.#add(Kind.Ready, track, born, since, "ready");
  }

  #ready(track: Track, now: number): void {
    this.#leave(track, now);
    track.phase = Phase.Ready;
    track.since = now;
  }

  #goesOn(track: Track, now: number): void {
    track.phase = Phase.Running;
    track.since = now;
    // What an arrow points to has begun before it.
    if (track.by !== null) this.#tick();
  }

  #waits(track: Track, wait: Words, now: number): void {
    track.phase = Phase.Waiting;
    track.since = now;
    track.waitFor(wait);
  }

  /** What it has done until now. */
  #leave(track: Track, now: number): void {
    const { phase, since } = track;
    if (phase === Phase.Running) {
      const { by } = track;
      track.by = null;
      if (by !== null) this.#add(HOW[track.how], track, track.at, since + 1, by);
      this.#add(Kind.Running, track, since, now, "running");
    } else if (phase === Phase.Waiting) this.#add(Kind.Waiting, track, since, now, track.words);
    else if (now - since < LONG) return;
    else if (phase === Phase.Ready) this.#add(Kind.Ready, track, since, now, "ready");
    else if (phase === Phase.Ending) this.#add(Kind.Waiting, track, since, now, ENDING);
  }

  #look(now: number): void {
    this.#looked = now;
    for (const gauge of gauges)
      for (const [name, value] of Object.entries(gauge())) {
        if (value === this.#values.get(name)) continue;
        this.#values.set(name, value);
        this.#add(Kind.Count, this.#main, now, value, name);
      }
  }

  #add(kind: Kind, track: Track, begin: number, end: number, words: string | Track | null): void {
    track.group ??= this.options.main;
    this.#batch.add(kind, track, begin, end, words, this.#last);
    if (this.#batch.full) this.#batch = this.store.take(this.#batch);
  }
}
