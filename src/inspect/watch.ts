/** What is counted only while somebody wants to know: how often and how long fibers run, how long turns take, how late the event loop is. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import {
  channels,
  type Fiber,
  type FiberEvent,
  measureTurns,
  type Meter,
  reactor,
} from "../../reactor/index.js";

/** Of one fiber. */
export interface Counts {
  runs: number;
  /** Seconds. */
  busy: number;
  longest: number;
}

/** Counts as long as somebody watches. */
class Watching implements Meter {
  readonly fibers = new WeakMap<Fiber, Counts>();
  longestTurn = 0;
  busy = 0;
  private turnBegan: number | null = null;
  /** Those that run: one, since none is run inside of another; more if that should ever be. */
  private readonly running: { fiber: Fiber; began: number }[] = [];
  private readonly unmeasure: () => void;

  constructor() {
    subscribe(channels.resume.name, this.resumed);
    for (const { name } of [channels.park, channels.ending]) subscribe(name, this.stopped);
    this.unmeasure = measureTurns(this);
  }

  begin(): void {
    this.turnBegan = reactor.clock.now();
  }

  end(): void {
    // Somebody has begun to watch in the middle of a turn.
    if (this.turnBegan === null) return;
    const seconds = reactor.clock.now() - this.turnBegan;
    this.turnBegan = null;
    this.busy += seconds;
    this.longestTurn = Math.max(this.longestTurn, seconds);
  }

  private readonly resumed = (event: unknown): void => {
    const { fiber } = event as FiberEvent;
    this.running.push({ fiber, began: reactor.clock.now() });
  };

  private readonly stopped = (event: unknown): void => {
    const { fiber } = event as FiberEvent;
    // What Effection has still to end for it is no run.
    if (this.running.at(-1)?.fiber !== fiber) return;
    const seconds = reactor.clock.now() - this.running.pop()!.began;
    let counts = this.fibers.get(fiber);
    if (counts === undefined) this.fibers.set(fiber, (counts = { runs: 0, busy: 0, longest: 0 }));
    counts.runs++;
    counts.busy += seconds;
    counts.longest = Math.max(counts.longest, seconds);
  };

  stop(): void {
    unsubscribe(channels.resume.name, this.resumed);
    for (const { name } of [channels.park, channels.ending]) unsubscribe(name, this.stopped);
    this.unmeasure();
  }
}

/** Milliseconds between two looks at Node's event loop. */
const INTERVAL = 10;
/** Of Node's event loop, in nanoseconds. */
let delay: IntervalHistogram | null = null;
let watching: Watching | null = null;
/** How many watch, and how many of them the event loop. */
let watchers = 0;
let lagWatchers = 0;

/** Options of `watch`. */
export interface WatchOptions {
  /** Measure also how late Node's event loop is: that wakes the process a hundred times a second. Default: false. */
  lag?: boolean;
}

/**
 * Count, from now on, how often and how long each fiber runs, and how long turns take: the fields of a {@link snapshot} that are null
 * otherwise. It costs about a third of a microsecond each time that a fiber runs; several may watch.
 *
 * @returns what ends it; the last one who ends it ends the counting
 *
 * @example
 * const stop = watch({ lag: true });
 * setInterval(() => console.log(snapshot().reactor.longestTurn), 1000).unref();
 * process.once("SIGINT", stop);
 */
export function watch(options: WatchOptions = {}): () => void {
  const { lag = false } = options;
  watchers++;
  watching ??= new Watching();
  if (lag) beginLag();
  let over = false;
  return () => {
    if (over) return;
    over = true;
    if (lag) endLag();
    if (--watchers > 0) return;
    watching?.stop();
    watching = null;
  };
}

function beginLag(): void {
  lagWatchers++;
  if (delay !== null) return;
  delay = monitorEventLoopDelay({ resolution: INTERVAL });
  delay.enable();
}

function endLag(): void {
  if (--lagWatchers > 0) return;
  delay?.disable();
  delay = null;
}

export function countsOf(fiber: Fiber): Counts | null {
  return watching?.fibers.get(fiber) ?? (watching === null ? null : NOTHING);
}

const NOTHING: Counts = { runs: 0, busy: 0, longest: 0 };

/** Of turns, and of the event loop. */
export function loopFacts(): {
  longestTurn: number | null;
  busy: number | null;
  lag: { mean: number; p99: number; max: number } | null;
} {
  return {
    longestTurn: watching?.longestTurn ?? null,
    busy: watching?.busy ?? null,
    lag: delay === null || delay.count === 0 ? null : lagOf(delay),
  };
}

/** In seconds, beyond the interval at which the loop is looked at. */
function lagOf(histogram: IntervalHistogram): { mean: number; p99: number; max: number } {
  const seconds = (nanoseconds: number): number => Math.max(nanoseconds / 1e6 - INTERVAL, 0) / 1e3;
  const { mean, max } = histogram;
  return { mean: seconds(mean), p99: seconds(histogram.percentile(99)), max: seconds(max) };
}
