/** What drives a simulated world: all that can run runs; then the clock jumps to the next event. */
import { getHeapStatistics } from "node:v8";
import type { Operation } from "effection";
import { OperationRecord, reactor, run, type TraceBudget, WaitList } from "../../reactor/index.js";
import { Pool } from "../connect/index.js";
import { OrderedCalls } from "./real/ordered-calls.js";
import { RealWork, shown } from "./real/work.js";
import {
  deadlock,
  fiberLines,
  leftBehind,
  livelock,
  heapLimit,
  timeLimit,
  stalledWork,
} from "./failures.js";
import { type Pause, paced, realNow, rest, turn } from "./virtual/real.js";
import type { SimWorld, World } from "./world.js";

export interface Limits {
  /** Seconds of virtual time. */
  seconds: number;
  /** How many things may happen. */
  events: number;
  /** The real time, by {@link realNow}, after which nobody wants to know any more. */
  until: number;
  /** Stacks of operations that may be taken, if that is not for this run alone. */
  traces?: TraceBudget | undefined;
}

/** Real seconds that real work may take without progress. */
const REAL_WORK_TIMEOUT = 20;
/** Turns of Node's loop before it is given a millisecond to sleep at each. */
const TURNS_WITHOUT_PAUSE = 50;
/** Turns in which unscheduled work may appear, before it is a deadlock. */
const LAST_TURNS = 5;
/** Events after which heap and time are looked at (a power of two), and the share of the heap that may be used. */
const EVENTS_PER_LOOK = 4096;
const FULL = 0.85;
/** Seconds of virtual time in which one that cannot go on may clean up. */
const CLEANUP = 60;

/** Not the program's failure: the real time is over that `explore` has for shrinking. */
export class TimeBudgetSpent extends Error {}

export class Simulation {
  /** Those that wait until nobody else can go on. */
  readonly settling = new WaitList();
  readonly work = new RealWork();
  readonly orderedCalls = new OrderedCalls();
  readonly operations: OperationRecord;
  /** Those of setTimeout and its like that are to come, one a line, with where each was set. */
  timers: () => string[] = () => [];
  private failure: { error: unknown } | null = null;
  private happened = 0;

  constructor(
    readonly world: SimWorld,
    private readonly limits: Limits,
  ) {
    this.operations = new OperationRecord(limits.traces);
  }

  /** An error outside of any fiber fails the program; the first one counts. */
  readonly fail = (error: unknown): void => {
    this.failure ??= { error };
  };

  async perform<T>(program: (world: World) => Operation<T>): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    const task = run(() => program(this.world), { name: "program" });
    task.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
    try {
      await this.drive(() => outcome !== undefined);
      Pool.closeAll();
      // What was closed, or asked to be called, may still have something to do.
      await this.drive(() => reactor.ready === 0);
    } catch (error) {
      this.world.history.watcher?.failed(error);
      await this.abandon(task);
      throw error;
    }
    if ("error" in outcome!) throw outcome.error;
    return outcome!.value;
  }

  /** It cannot go on: let it clean up, as far as that needs nobody else. */
  private async abandon(task: { halt(): PromiseLike<void> }): Promise<void> {
    let over = false;
    const ended = (): void => {
      over = true;
    };
    task.halt().then(ended, ended);
    this.failure = null;
    this.happened = 0;
    await this.drive(() => over, CLEANUP).catch(() => {});
    Pool.closeAll();
  }

  /** @param more seconds beyond now, if not the limit */
  private drive(done: () => boolean, more?: number): Promise<void> {
    return paced(this.steps(done, more), (pause, go) => this.work.untracked(() => pause(go)));
  }

  private *steps(done: () => boolean, more?: number): Generator<Pause, void> {
    const { events: queue, clock } = this.world;
    const end = more === undefined ? this.limits.seconds : clock.elapsed + more;
    for (;;) {
      yield* this.untilBlocked();
      if (this.failure !== null) throw this.failure.error;
      if (yield* this.deliverResult()) continue;
      if (done()) return;
      this.count();
      if (this.settling.first !== null && reactor.ready === 0) {
        this.settling.first.wake();
        continue;
      }
      const event = queue.next();
      if (event === undefined) {
        if (yield* this.unscheduledWork()) continue;
        throw deadlock(this.work.others());
      }
      if (event.due > end) throw timeLimit(end);
      clock.elapsed = Math.max(clock.elapsed, event.due);
      this.guarded(event.callback);
    }
  }

  /** One more thing happens: not without end. */
  private count(): void {
    const { events, until } = this.limits;
    if (this.happened++ >= events) throw livelock(events);
    if (this.happened % EVENTS_PER_LOOK !== 0) return;
    if (realNow() > until) throw new TimeBudgetSpent("the time is over");
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used > limit * FULL) throw heapLimit(this.happened, used);
  }

  /** Until nobody can run: callbacks that are due, promises, and real work. */
  private *untilBlocked(): Generator<Pause, void> {
    const { work } = this;
    const { clock } = this.world;
    let since = realNow();
    for (let turns = 0; ; turns++) {
      while (!clock.idle) {
        this.guarded(() => clock.runSoons());
        this.count();
        // What cannot end is to be seen by Node, too.
        if (this.happened % EVENTS_PER_LOOK === 0) yield turn;
      }
      work.progressed = false;
      yield turns < TURNS_WITHOUT_PAUSE ? turn : rest;
      if (!clock.idle) this.count();
      else if (!work.progressed && !work.busy) return;
      if (!clock.idle || work.progressed) since = realNow();
      else if (realNow() - since > REAL_WORK_TIMEOUT)
        throw stalledWork(REAL_WORK_TIMEOUT, work.awaited());
    }
  }

  /** Deliver the result of the oldest ordered call, as soon as it is there. False: no call is pending. */
  private *deliverResult(): Generator<Pause, boolean> {
    const { orderedCalls: calls } = this;
    const { first } = calls;
    if (first === undefined) return false;
    const since = realNow();
    for (let turns = 0; first.deliver === null && this.failure === null; turns++) {
      yield turns < TURNS_WITHOUT_PAUSE ? turn : rest;
      if (realNow() - since > REAL_WORK_TIMEOUT)
        throw stalledWork(REAL_WORK_TIMEOUT, [shown(first.what, first.trace)]);
    }
    this.guarded(() => calls.deliver());
    return true;
  }

  /** Whether anything has come that was in no queue. */
  private *unscheduledWork(): Generator<Pause, boolean> {
    const { work } = this;
    for (let turns = 0; turns < LAST_TURNS; turns++) {
      work.progressed = false;
      yield turn;
      if (!this.world.clock.idle || work.progressed || this.failure !== null) return true;
    }
    return this.world.events.first !== undefined || this.orderedCalls.first !== undefined;
  }

  /** What a callback throws fails the simulation, not the process. */
  private guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Throws if there is a socket, a fiber or a deadline. */
  checkLeaks(): void {
    const left = [...this.world.network.open].map(String);
    left.push(...fiberLines().map((line) => `fiber ${line}`));
    const { armed } = reactor.timers;
    if (armed > 0) left.push(armed === 1 ? "a deadline" : `${armed} deadlines`);
    left.push(...this.timers());
    if (left.length > 0) throw leftBehind(left);
  }
}
