/**
 * The reactor: who runs next, and what happens at the end of a turn. Read this file first.
 *
 * A turn, in order:
 *   1. Something happens outside (bytes arrive, a deadline passes, a fiber was forked from elsewhere) and puts those that wait for it into
 *      the ready queue.
 *   2. The ready queue is run, first in, first out. Whoever becomes ready meanwhile queues behind.
 *   3. Output gathered during the turn is flushed: one write for each socket. That can make senders ready: 2. Then the alarm is put right.
 * A turn is bounded in resumes and in time; what is left waits until Node has polled the kernel again. A task whose input is always ready
 * is made to step aside by {@link Reactor.budgetSpent}.
 */
import { systemClock, type Clock } from "./clock.js";
import { Exclusive } from "./exclusive.js";
import { FlushList, type Flushable } from "./flush-list.js";
import { Gathering } from "./gathering.js";
import { ReadyQueue } from "./ready-queue.js";
import { Timers } from "./timers.js";
import type { Fiber, FiberParent, Meter, Resumer, Waiting } from "./types.js";

/** Operations that one resume may finish without waiting before it has to step aside. */
const OPERATIONS_PER_RESUME = 1024;
/** The clock is read at every so many of them (a power of two). */
const OPERATIONS_PER_LOOK = 32;
/** Resumes in one turn, and how often the clock is read among them (a power of two). */
const RESUMES_PER_TURN = 1024;
const RESUMES_PER_LOOK = 32;
/** Seconds that one resume, or one turn, may go on when it could wait or end. */
const LONGEST_SLICE = 0.005;
const LONGEST_TURN = 0.02;

/**
 * Who runs next, and what happens at the end of a turn. There is one, `reactor`.
 *
 * @example
 * wait.enqueue(); // from a callback of Node's
 * reactor.run();
 * reactor.flushLater({ flush: () => console.log(`turn ${reactor.number("turn")} ends`) });
 * if (reactor.budgetSpent()) reactor.scheduleAside(resumer);
 * else reactor.schedule(resumer);
 * reactor.abandon(); // nobody is waited for any more
 */
export class Reactor {
  /** Where time comes from, and who calls back. Replace it only while nothing waits. */
  clock: Clock = systemClock;
  readonly timers = new Timers(
    () => this.clock,
    () => this.run(),
    () => this.#tick(),
  );
  /** The fiber whose own generator is on the stack, if any: not while other code runs, an Effection task that it has woken, say. */
  current: Fiber | null = null;
  /** Those that have live fibers and are none themselves, for `fibers()`. */
  readonly parents = new Set<FiberParent>();
  /** Live fibers. */
  live = 0;
  /** Told when a task has begun to wait for nothing but another task: perhaps nobody is left to wake it. */
  onIdle: ((wait: Waiting) => void) | null = null;
  /** Turns that there were. */
  turns = 0;
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

  readonly #ready = new ReadyQueue();
  readonly #dirty = new FlushList();
  readonly #gathering = new Gathering();
  readonly #fibers = new Exclusive(
    () => this.#runFibers(),
    () => this.#tick(),
  );
  #running = false;
  #ticking = false;
  #immediate = false;
  /** Effection has something to do. */
  #leaving = false;
  /** Resumes since Node has polled the kernel, as far as that is known, and since when they are counted. */
  #resumes = 0;
  #countedSince = 0;
  /** There were enough of them: nobody runs until then. */
  #turnSpent = false;
  #budget = OPERATIONS_PER_RESUME;
  #sliceStart = 0;

  /** How many stand in the ready queue. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Make `resumer` ready. For library callbacks that call {@link Reactor.run} when they are done. */
  enqueue(resumer: Resumer): void {
    this.#ready.add(resumer);
  }

  /** Make `resumer` ready, and see to it that a turn comes. Safe to call from anywhere; runs nobody itself. */
  schedule(resumer: Resumer): void {
    this.#ready.add(resumer);
    this.#tick();
  }

  /** Make `resumer` ready in the next turn, after Node has polled the kernel. */
  scheduleAside(resumer: Resumer): void {
    this.#ready.setAside(resumer);
    this.#setImmediate();
  }

  /** @internal Let `resumer` run before all others, and see to it that a turn comes. Safe to call from anywhere; runs nobody itself. */
  first(resumer: Resumer): void {
    this.#ready.addFirst(resumer);
    this.#tick();
  }

  /** @internal What runs now has given Effection something to do: that comes before other fibers. */
  letEffectionRun(): void {
    this.#leaving = true;
  }

  /** Have `output` flushed at the end of this turn. */
  flushLater(output: Flushable): void {
    this.#dirty.add(output);
    this.#tick();
  }

  /**
   * Called by every operation before it tries to finish at once. True when the task that runs has had its
   * share and must step aside first: after {@link OPERATIONS_PER_RESUME} operations or {@link LONGEST_SLICE}.
   */
  budgetSpent(): boolean {
    const credit = --this.#budget;
    if (credit < 0) return true;
    return credit % OPERATIONS_PER_LOOK === 0 && this.#sliceIsOver();
  }

  #sliceIsOver(): boolean {
    const now = this.clock.now();
    if (this.#sliceStart === 0) {
      this.#sliceStart = now;
      // Of what plain code has begun nobody sees the end: it has its share until the kernel is polled.
      if (!this.#running) this.#setImmediate();
    } else if (now - this.#sliceStart > LONGEST_SLICE) {
      this.#budget = 0;
      return true;
    }
    return false;
  }

  /** @internal Give a full share to whoever runs next. */
  renewBudget(): void {
    this.#budget = OPERATIONS_PER_RESUME;
    this.#sliceStart = 0;
  }

  /** One turn, now. Does nothing when a turn is on the stack already: that one will see what is new. */
  run(): void {
    if (this.#running || this.#turnSpent) return;
    this.#running = true;
    this.turns++;
    const { meter } = this;
    meter?.begin();
    const before = this.#resumes;
    let on = true;
    let thrown = true;
    try {
      while (on && (!this.#ready.empty || !this.#dirty.empty)) {
        on = this.#runReady();
        this.#dirty.flush();
      }
      thrown = false;
    } finally {
      this.#running = false;
      // What the last one has left is not the share of what plain code begins.
      if (this.#resumes !== before) this.renewBudget();
      if (this.#turnSpent) this.#setImmediate();
      else if (thrown) this.#tick();
      this.timers.settle();
      meter?.end();
    }
  }

  /** @internal A turn for what Node has just told of: now, or when it has told of all that the kernel had. True: it is still to come. */
  runTogether(): boolean {
    const waits = this.clock === systemClock && this.#gathering.waits();
    if (waits) this.#setImmediate();
    else this.run();
    return waits;
  }

  /** Run those that are ready until nobody is; false: no more for now. */
  #runReady(): boolean {
    for (
      let next = this.#ready.peek(this.order);
      next !== null;
      next = this.#ready.peek(this.order)
    ) {
      // An Effection routine runs as soon as it is resumed, and those that it wakes after it.
      if (next.outside) {
        if (this.#isTurnSpent()) return false;
        this.#take();
        next.resume();
      } else if (!this.#fibers.run()) return false;
      if (this.#turnSpent) return false;
    }
    return true;
  }

  /** Run fibers until somebody else is next: inside of Effection's loop, so that nothing of Effection's runs inside a fiber. */
  #runFibers(): void {
    this.#leaving = false;
    for (
      let next = this.#ready.peek(this.order);
      next !== null && !next.outside;
      next = this.#ready.peek(this.order)
    ) {
      if (this.#isTurnSpent()) return;
      this.#take();
      next.resume();
      if (this.#leaving) return;
    }
  }

  #take(): void {
    this.renewBudget();
    this.#ready.take();
  }

  /** Called before each resume: whether there have been enough without the kernel being polled, in one turn or in many (by nextTick, or promises). */
  #isTurnSpent(): boolean {
    if (++this.#resumes % RESUMES_PER_LOOK !== 0) return false;
    const now = this.clock.now();
    if (this.#countedSince === 0) {
      this.#countedSince = now;
      // It counts from zero then.
      this.#setImmediate();
    } else
      this.#turnSpent =
        this.#resumes >= RESUMES_PER_TURN || now - this.#countedSince > LONGEST_TURN;
    return this.#turnSpent;
  }

  /** The next number for names of this kind, from 1. */
  number(kind: string): number {
    const number = (this.numbers.get(kind) ?? 0) + 1;
    this.numbers.set(kind, number);
    return number;
  }

  /** Forget everybody: for tests that give up a program which cannot end. */
  abandon(): void {
    // First: it asks for a turn.
    this.timers.abandon();
    this.#ready.clear();
    this.#dirty.clear();
    this.live = this.#resumes = this.#countedSince = 0;
    this.#ticking = this.#immediate = this.#turnSpent = false;
    this.parents.clear();
    this.onIdle = this.meter = null;
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
    this.#immediate = this.#turnSpent = false;
    this.#resumes = this.#countedSince = 0;
    this.renewBudget();
    this.#gathering.done();
    this.#ready.takeBack();
    this.run();
  };
}

/** The one reactor of this process. */
export const reactor = new Reactor();
