import { pauseOf } from "./effects.js";
import { reactor } from "./reactor.js";
import { oneLine } from "./show.js";
import type { Fiber, FiberState } from "./types.js";

/** A live fiber, as {@link fibers} lists it. */
export interface FiberInfo {
  fiber: Fiber;
  /** Its number in this process. */
  id: number;
  name: string;
  state: FiberState;
  /** Name of the parent fiber, also if that forked it in an Effection scope of its own; undefined for a child of plain code or of another task. */
  parent: string | undefined;
  /** The number of that one. */
  parentId: number | undefined;
  /** What it waits for, in words, also while Effection drives it: `sleep 30 s`. */
  waitsFor: string | undefined;
  /** How long it has waited for that, in seconds. */
  seconds: number | undefined;
}

/** Counts in the manner of Copas's `status`, of fibers. */
export interface Status {
  /** Live fibers. */
  fibers: number;
  /** Ready to run, or running. */
  active: number;
  /** Waiting to read, and to write. */
  read: number;
  write: number;
  /** Sleeping until a given time. */
  timer: number;
  /** Waiting for something else: a fiber's end, a wake-up, a lock. */
  inactive: number;
  /** Driven by an Effection task. */
  promoted: number;
  /** Armed deadlines: sleeps and timeouts, of fibers and Effection tasks alike. */
  timeout: number;
}

class Listed implements FiberInfo {
  readonly id: number;
  readonly name: string;
  readonly state: FiberState;
  readonly parent: string | undefined;
  readonly parentId: number | undefined;
  readonly waitsFor: string | undefined;
  readonly seconds: number | undefined;

  constructor(
    readonly fiber: Fiber,
    now: number,
  ) {
    const pause = pauseOf(fiber);
    this.id = fiber.id;
    this.name = fiber.name;
    this.state = fiber.state;
    const { nearest } = fiber.parent;
    this.parent = nearest?.name;
    this.parentId = nearest?.id;
    this.waitsFor = pause?.words;
    this.seconds = pause === null || Number.isNaN(pause.since) ? undefined : now - pause.since;
  }

  toString(): string {
    const since = this.seconds === undefined ? "" : ` for ${this.seconds.toFixed(3)} s`;
    const wait = this.waitsFor === undefined ? "" : `: ${this.waitsFor}${since}`;
    return `fiber ${this.name} (${this.state})${wait}`;
  }

  static {
    oneLine(this.prototype);
  }

  /** For tools: what it is made of. */
  toJSON(): object {
    const { id, name, state, parent, parentId, waitsFor, seconds } = this;
    return { id, name, state, parent, parentId, waitsFor, seconds };
  }
}

/**
 * Every live fiber, parents before their children, children in order of birth.
 *
 * @example for (const { name, waitsFor, seconds } of fibers()) console.log(name, waitsFor, seconds);
 */
export function fibers(): FiberInfo[] {
  const now = reactor.clock.now();
  return liveFibers().map((fiber) => new Listed(fiber, now));
}

/**
 * Every live fiber, in the order of {@link fibers}, without asking what they do.
 *
 * @example for (const fiber of liveFibers()) console.log(fiber.name);
 */
export function liveFibers(): Fiber[] {
  const { top, groups } = roots();
  const list: Fiber[] = [];
  // A stack of its own, since they may be nested deeply.
  const next = top.reverse();
  for (let fiber = next.pop(); fiber !== undefined; fiber = next.pop()) {
    list.push(fiber);
    // The last one pushed is the next.
    const later = groups.get(fiber) ?? [];
    for (let i = later.length - 1; i >= 0; i--) next.push(later[i]!);
    for (let child = fiber.lastChild; child !== null; child = child.older) next.push(child);
  }
  return list;
}

/** Fibers without a parent; and children that promoted fibers have in their Effection scopes. */
function roots(): { top: Fiber[]; groups: Map<Fiber, Fiber[]> } {
  const top: Fiber[] = [];
  const groups = new Map<Fiber, Fiber[]>();
  for (const parent of reactor.parents) {
    const { nearest } = parent;
    let list = nearest === null ? top : groups.get(nearest);
    if (list === undefined) groups.set(nearest!, (list = []));
    for (const child of parent.children()) list.push(child);
  }
  return { top, groups };
}

/**
 * How many fibers there are, and what they wait for.
 *
 * @example const { fibers, read, timer } = status();
 */
export function status(): Status {
  const counts: Status = {
    fibers: 0,
    active: 0,
    read: 0,
    write: 0,
    timer: 0,
    inactive: 0,
    promoted: 0,
    timeout: reactor.timers.armed,
  };
  for (const fiber of liveFibers()) {
    counts.fibers++;
    if (fiber.waiting !== null) counts[fiber.waiting.kind]++;
    else if (fiber.state === "promoted") counts.promoted++;
    else if (fiber.state === "ready" || fiber.state === "running") counts.active++;
    else counts.inactive++;
  }
  return counts;
}
