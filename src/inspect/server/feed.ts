/**
 * What those who look are told: at first all, then what has changed since they were told last. Whoever is slow is told less often, and
 * never of what has changed again meanwhile: of each there is at most one message on its way.
 */
import process from "node:process";
import { Deadline, type Expiring, reactor, textOf } from "../../../reactor/index.js";
import { family, print } from "../../object/index.js";
import type { FiberFacts, Snapshot, SocketFacts } from "../facts.js";
import { Linter } from "./linter.js";
import { totals } from "../snapshot.js";
import { watch } from "../watch.js";
import { Lag } from "./lag.js";
import { type Difference, Table } from "./table.js";
import { take } from "./take.js";

/** Seconds between two looks, at least. */
const INTERVAL = 0.5;
/** Looking may take that part of the time. */
const SHARE = 0.03;
/** Seconds after which one who does not read is given up. */
const PATIENCE = 30;
/** Those who look at a time: a look is shared, but what each has not read yet is in memory. */
const MOST_VIEWERS = 32;

/** A fiber, and what is conspicuous about it. */
export interface FiberRow extends FiberFacts {
  lints: string;
}

/** Who looks. */
export interface Viewer {
  /** What was written last has left. */
  readonly drained: boolean;
  write(message: Buffer): void;
  end(): void;
}

interface Seat {
  /** What it was told last; 0: nothing. */
  seen: number;
  /** Since when it has not read what it was told. */
  stuck: number | null;
}

const FIBER_KEYS: readonly (keyof FiberRow)[] = [
  ...(["parent", "name", "state", "born", "waitsFor", "kind", "since", "until"] as const),
  ...(["runs", "busy", "longest", "socket", "lints"] as const),
];
const SOCKET_KEYS: readonly (keyof SocketFacts)[] = [
  ...(["name", "role", "local", "peer", "tls", "closing", "fiber", "received", "sent"] as const),
  ...(["unread", "unsent", "readers", "writers"] as const),
];

/** Bytes of memory, and seconds of the processor, that the process has used. */
function usage(): { memory: number; cpu: number } {
  const { user, system } = process.cpuUsage();
  return { memory: process.memoryUsage.rss(), cpu: (user + system) / 1e6 };
}

export class Feed implements Expiring {
  private readonly seats = new Map<Viewer, Seat>();
  private fibers = new Table<FiberRow>(FIBER_KEYS);
  private sockets = new Table<SocketFacts>(SOCKET_KEYS);
  private linter = new Linter();
  /** It does not keep the process alive. */
  private readonly deadline = new Deadline(false);
  private version = 0;
  private latest: Snapshot | null = null;
  private stop: (() => void) | null = null;
  private lag: Lag | null = null;
  private lateness = 0;
  private interval = INTERVAL;
  /** Seconds that the last look has taken. */
  private took: number | null = null;

  /** There are enough who look. */
  get full(): boolean {
    return this.seats.size >= MOST_VIEWERS;
  }

  /** It has been told, once, that nothing can be shown. */
  private broken: true | null = null;

  /** How many rows are kept. */
  get rows(): number {
    return this.fibers.size + this.sockets.size;
  }

  add(viewer: Viewer): void {
    this.stop ??= watch();
    this.lag ??= new Lag();
    this.seats.set(viewer, { seen: 0, stuck: null });
    // At once, if the last look is old enough.
    if (!this.armed) this.arm(0);
    else if (this.latest !== null) this.tell();
  }

  delete(viewer: Viewer): void {
    if (this.seats.delete(viewer) && this.seats.size === 0) this.rest();
  }

  /** Nobody is told any more. */
  close(): void {
    for (const viewer of this.seats.keys()) viewer.end();
    this.seats.clear();
    this.rest();
  }

  /** In a timer, where an error would end the program that is looked at. */
  expire(): void {
    try {
      this.look();
      this.tell();
    } catch (error) {
      this.broken ??= report(error);
      return this.close();
    }
    if (this.seats.size > 0) this.arm(this.interval);
  }

  /** Nothing is kept for who may never come, and nothing is compared with what was long ago. */
  private rest(): void {
    reactor.timers.remove(this.deadline);
    this.stop?.();
    this.lag?.stop();
    this.stop = this.lag = this.latest = this.took = null;
    this.fibers = new Table(FIBER_KEYS);
    this.sockets = new Table(SOCKET_KEYS);
    this.linter = new Linter();
  }

  private get armed(): boolean {
    return this.deadline.waiter !== null;
  }

  private arm(seconds: number): void {
    reactor.timers.arm(this.deadline, reactor.clock.now() + seconds, this);
  }

  private look(): void {
    const begun = reactor.clock.now();
    const taken = (this.latest = take());
    this.version++;
    this.lateness = this.lag?.sinceLast() ?? 0;
    const lints = this.linter.look(taken);
    // In the same objects: there may be ten thousand of them.
    const rows = taken.fibers.map((fiber) =>
      Object.assign(fiber, { lints: lints.get(fiber.id) ?? "" }),
    );
    this.fibers.update(rows, this.version);
    this.sockets.update(taken.sockets, this.version);
    this.rate(reactor.clock.now() - begun);
  }

  /** Something else may have come between, and the first look takes longest: of two the one that took less is to be believed. */
  private rate(seconds: number): void {
    const least = Math.min(seconds, this.took ?? 0);
    this.took = seconds;
    this.interval = Math.max(INTERVAL, least / SHARE);
  }

  private tell(): void {
    const messages = new Map<number, Buffer>();
    for (const [viewer, seat] of this.seats) {
      if (!viewer.drained) {
        seat.stuck ??= this.latest!.now;
        if (this.latest!.now - seat.stuck > PATIENCE) viewer.end();
        continue;
      }
      seat.stuck = null;
      if (seat.seen === this.version) continue;
      let message = messages.get(seat.seen);
      if (message === undefined) messages.set(seat.seen, (message = this.message(seat.seen)));
      seat.seen = this.version;
      viewer.write(message);
    }
  }

  /** An event for who has been told of `seen`. */
  private message(seen: number): Buffer {
    const [fibers, sockets] = [this.fibers.since(seen), this.sockets.since(seen)];
    if (seen === 0 || fibers === null || sockets === null)
      return this.event("all", this.fibers.all(), this.sockets.all());
    return this.event("more", fibers, sockets);
  }

  private event(name: "all" | "more", fibers: Difference, sockets: Difference): Buffer {
    const { time, now, servers, reactor } = this.latest!;
    const gone = { fibers: fibers.gone, sockets: sockets.gone };
    const { received, sent } = totals();
    const sums = { bytes: { received, sent }, lag: this.lateness, ...usage() };
    const workers = family.workers?.list();
    const about = { pid: process.pid, interval: this.interval, ...sums, workers };
    const head = JSON.stringify({ time, now, servers, reactor, ...about, gone });
    // Rows are JSON already: of what is the same for many, and does not change, once.
    const rows = `"fibers":[${fibers.rows.join()}],"sockets":[${sockets.rows.join()}]`;
    return Buffer.from(`event: ${name}\ndata: ${head.slice(0, -1)},${rows}}\n\n`);
  }
}

function report(error: unknown): true {
  print(`cosocket: nothing can be shown: ${textOf(error)}`);
  return true;
}
