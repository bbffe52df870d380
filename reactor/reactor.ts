/**
 * The reactor: who runs next, and what happens at the end of a turn. Read this file first.
 *
 * A turn, in order:
 *   1. Something happens outside (bytes arrive, a deadline passes, a fiber was forked from elsewhere) and puts
 *      those that wait for it into the ready queue.
 *   2. The ready queue is run, first in, first out. Whoever becomes ready meanwhile queues behind.
 *   3. Output gathered during the turn is flushed: one write for each socket. That can make senders ready: 2.
 *   4. The alarm is put right.
 * A turn is bounded in resumes and in time; what is left waits until Node has polled the kernel again. A task
 * whose input is always ready is made to step aside by {@link Reactor.exhausted}.
 */
import { systemClock, type Clock } from "./clock.js";
import type { Fiber } from "./fiber.js";
import type { FiberGroup } from "./group.js";
import { Timers } from "./timers.js";
import type { Wait } from "./wait.js";

/** Somebody who can be run on: a fiber, or an Effection routine that performs a Wait. */
export interface Resumer {
  resume(): void;
}

/** Something with output to write at the end of the turn. */
export interface Flushable {
  flush(): void;
}

/** Measures turns: told when one begins and when it has ended. */
export interface Meter {
  begin(): void;
  end(): void;
}

/** Operations that one resume may finish without waiting before it has to step aside. */
const OPERATIONS_PER_RESUME = 512;
/** The clock is read at every so many of them (a power of two). */
const OPERATIONS_PER_LOOK = 32;
/** Resumes in one turn, and how often the clock is read among them (a power of two). */
const RESUMES_PER_TURN = 1024;
const RESUMES_PER_LOOK = 32;
/** Seconds that one resume, or one turn, may go on when it could wait or end. */
const LONGEST_SLICE = 0.005;
const LONGEST_TURN = 0.02;

export class Reactor {
  /** Where time comes from, and who calls back. Replace it only while nothing waits. */
  clock: Clock = systemClock;
  readonly timers = new Timers(
    () => this.clock,
    () => this.run(),
    () => this.#tick(),
  );
  /** The fiber whose own code is on the stack, if any. */
  current: Fiber | null = null;
  /** Groups that have live fibers, for {@link Reactor.fibers}. */
  readonly groups = new Set<FiberGroup>();
  /** Live fibers. */
  live = 0;
  /** Told when a task has begun to wait for nothing but another task: perhaps nobody is left to wake it. */
  quiet: ((wait: Wait<unknown>) => void) | null = null;
  /** Measures turns, while somebody wants to know. */
  meter: Meter | null = null;
  /** Which of `count` that are ready runs next, from 0, of which `first` has its turn; for tests that try other orders. null: first in, first out. */
  order: ((count: number, first: Resumer) => number) | null = null;
  /** Numbers for names, by what they are for. */
  numbers = new Map<string, number>();
  /** The number of the youngest fiber. */
  lastFiber = 0;
  /** What stands for the place where the caller runs, and keeps what there is one of in a process: a simulation has one for each host. */
  here: () => object = () => this;
  /** What undoes registrations outside of the reactor when everybody is forgotten, see {@link Reactor.abandon}. */
  forgetting = new Set<() => void>();

  /** The ready queue: from #next to #end. The array is used again from its start when all have run. */
  #ready: (Resumer | undefined)[] = [];
  #next = 0;
  #end = 0;
  #aside: Resumer[] = [];
  /** What has output: the first #dirtyCount. */
  #dirty: (Flushable | undefined)[] = [];
  #dirtyCount = 0;
  #running = false;
  #ticking = false;
  #immediate = false;
  #credit = OPERATIONS_PER_RESUME;
  #sliceStart = 0;

  /** How many stand in the ready queue. */
  get ready(): number {
    return this.#end - this.#next + this.#aside.length;
  }

  /** Make `resumer` ready. For library callbacks that call {@link Reactor.run} when they are done. */
  enqueue(resumer: Resumer): void {
    this.#ready[this.#end++] = resumer;
  }

  /** Make `resumer` ready, and see to it that a turn comes. Safe to call from anywhere; runs nobody itself. */
  schedule(resumer: Resumer): void {
    this.#ready[this.#end++] = resumer;
    this.#tick();
  }

  /** Make `resumer` ready in the next turn, after Node has polled the kernel. */
  scheduleAside(resumer: Resumer): void {
    this.#aside.push(resumer);
    this.#setImmediate();
  }

  /** Have `output` flushed at the end of this turn. */
  flushLater(output: Flushable): void {
    this.#dirty[this.#dirtyCount++] = output;
    this.#tick();
  }

  /**
   * Called by every operation before it tries to finish at once. True when the task that runs has had its
   * share and must step aside first: after {@link OPERATIONS_PER_RESUME} operations or {@link LONGEST_SLICE}.
   */
  exhausted(): boolean {
    const credit = --this.#credit;
    if (credit < 0) return true;
    return credit % OPERATIONS_PER_LOOK === 0 && this.#sliceIsOver();
  }

  #sliceIsOver(): boolean {
    const now = this.clock.now();
    if (this.#sliceStart === 0) this.#sliceStart = now;
    else if (now - this.#sliceStart > LONGEST_SLICE) {
      this.#credit = 0;
      return true;
    }
    return false;
  }

  /** Give a full share to whoever runs next. */
  renew(): void {
    this.#credit = OPERATIONS_PER_RESUME;
    this.#sliceStart = 0;
  }

  /** One turn, now. Does nothing when a turn is on the stack already: that one will see what is new. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    const { meter } = this;
    meter?.begin();
    try {
      let over = false;
      while (!over && (this.#next < this.#end || this.#dirtyCount > 0)) {
        over = this.#runReady();
        this.#flush();
      }
      if (over) this.#setImmediate();
    } finally {
      this.#running = false;
      this.timers.settle();
      meter?.end();
    }
  }

  /** Run the ready queue until it is empty (false) or the turn has had its share (true). */
  #runReady(): boolean {
    const { order } = this;
    let resumes = 0;
    let start = 0;
    while (this.#next < this.#end) {
      if (++resumes % RESUMES_PER_LOOK === 0) {
        const now = this.clock.now();
        if (start === 0) start = now;
        else if (resumes >= RESUMES_PER_TURN || now - start > LONGEST_TURN) {
          this.#ready = this.#ready.slice(this.#next, this.#end);
          this.#end -= this.#next;
          this.#next = 0;
          return true;
        }
      }
      if (order !== null) this.#choose(order);
      const resumer = this.#ready[this.#next]!;
      this.#ready[this.#next++] = undefined;
      this.renew();
      resumer.resume();
    }
    // The array is kept for the next turn unless a crowd has blown it up.
    if (this.#end > RESUMES_PER_TURN) this.#ready = [];
    this.#next = this.#end = 0;
    return false;
  }

  /** Put another one first. */
  #choose(order: (count: number, first: Resumer) => number): void {
    const count = this.#end - this.#next;
    const index = count < 2 ? 0 : order(count, this.#ready[this.#next]!);
    if (index === 0) return;
    const [chosen] = this.#ready.splice(this.#next + index, 1);
    this.#ready.splice(this.#next, 0, chosen);
  }

  /** The next number for names of this kind, from 1. */
  number(kind: string): number {
    const number = (this.numbers.get(kind) ?? 0) + 1;
    this.numbers.set(kind, number);
    return number;
  }

  #flush(): void {
    for (let i = 0; i < this.#dirtyCount; i++) {
      const output = this.#dirty[i]!;
      this.#dirty[i] = undefined;
      output.flush();
    }
    this.#dirtyCount = 0;
  }

  /** Forget everybody: for tests that give up a program which cannot end. */
  abandon(): void {
    // First: it asks for a turn.
    this.timers.abandon();
    this.#ready = [];
    this.#next = this.#end = this.#dirtyCount = this.live = 0;
    this.#aside = [];
    this.#dirty = [];
    this.#ticking = this.#immediate = false;
    this.groups.clear();
    this.quiet = this.meter = null;
    for (const forget of this.forgetting) forget();
    this.forgetting.clear();
  }

  #tick(): void {
    if (this.#running || this.#ticking) return;
    this.#ticking = true;
    this.clock.soon(this.#onTick);
  }

  readonly #onTick = (): void => {
    this.#ticking = false;
    this.run();
  };

  #setImmediate(): void {
    if (this.#immediate) return;
    this.#immediate = true;
    this.clock.later(this.#onImmediate);
  }

  readonly #onImmediate = (): void => {
    this.#immediate = false;
    const aside = this.#aside;
    if (aside.length > 0) {
      this.#aside = [];
      for (const resumer of aside) this.enqueue(resumer);
    }
    this.run();
  };
}

/** The one reactor of this process. */
export const reactor = new Reactor();
