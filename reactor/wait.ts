/**
 * The one way to suspend.
 *
 * A Wait is three things in one object, so that an operation costs one allocation: the operation that user code delegates to
 * (`yield* client.receive()`), its own iterator, and the effect that the iterator yields when it cannot finish at once. Because it is
 * an Effection `Effect`, it works in a fiber and in any Effection task.
 *
 * A wake-up is only a hint to try again: the value is taken when the task runs, in `next()`. So a task that is halted between wake-up
 * and resume has taken nothing, and nothing is lost. Until it has run, a woken wait keeps its place in the queue; every exit (value,
 * timeout, close, error, halt) passes through {@link Wait.leave}, which undoes what {@link Wait.enlist} did and passes the turn on.
 */
import type { Effect } from "effection";
import { channels, tellWoken } from "./channels.js";
import { ReactorError } from "./errors.js";
import { observer } from "./observer.js";
import { busy, notPerformed, performing, shownAs, yieldedOnly } from "./operation.js";
import type { Step, Yieldable, YieldStarMissing } from "./operation.js";
import { reactor } from "./reactor.js";
import { parkRoutine } from "./routine-resumer.js";
import { oneLine } from "./show.js";
import { recording, stackAbove, type Trace } from "./stacks.js";
import { Deadline, type Expiring } from "./deadline.js";
import type { Resumer, Waiting, WaitKind } from "./types.js";

/** What {@link Wait.attempt} answers when it cannot finish yet. */
export const PENDING: unique symbol = Symbol("pending");
/** The type of {@link PENDING}. */
export type Pending = typeof PENDING;

const enum Phase {
  /** Nothing is registered. */
  Fresh,
  /** In the queue; its task has stepped aside although it might be able to finish. */
  Aside,
  /** In the queue, and its task is parked or about to run. */
  Waiting,
}

/**
 * One suspension point, and the operation that it is of: what `cosocket/reactor` gives to build operations on. `attempt` takes the value, or says PENDING; `enlist` and `leave` register and undo; see `reactor/README.md` for the rules.
 *
 * @example
 * class Gate extends Wait<void> {
 *   readonly description = "gate";
 *   readonly kind = "inactive";
 *   open = false;
 *   protected attempt() { return this.open ? undefined : PENDING; }
 *   protected enlist() { list.add(this); }
 *   protected leave() { list.delete(this); }
 * }
 * setTimeout(() => gate.wake(), 100); // only a hint: attempt decides
 * yield* gate;
 */
export abstract class Wait<T>
  implements
    Yieldable<T>,
    Iterator<YieldStarMissing, T, unknown>,
    Effect<unknown>,
    Expiring,
    Waiting
{
  /** What drivers tell a Wait from other effects by. */
  declare readonly isWait: true;
  /** Neighbours in a {@link WaitList}. */
  before: Wait<unknown> | null = null;
  behind: Wait<unknown> | null = null;
  /** Since when its task is parked, in the clock's seconds. */
  since = 0;

  /** @internal */ declare trace?: Trace;
  private phase = Phase.Fresh;
  private resumer: Resumer | null = null;
  /** Its time is over. */
  expired = false;
  private armed: Deadline | null = null;
  /** End of the total timeout, in the clock's seconds; 0 without one, and before it has waited or stepped aside. */
  private end = 0;

  constructor() {
    if (observer !== null) observer.made(this);
  }

  /** What is waited for, in words; for people who look at a stuck task. */
  abstract get description(): string;
  abstract get kind(): WaitKind;

  /** Finish if that is possible now, taking the value; otherwise {@link PENDING}. */
  protected abstract attempt(): T | Pending;
  /** Join the queue of those that wait for the same thing. */
  protected abstract enlist(): void;
  /** Undo {@link enlist}; if it held the turn, pass it on. Runs once on every way out of a wait. */
  protected abstract leave(): void;
  /** The result when time is up. Called after a last {@link attempt}. */
  protected timedOut(): T {
    throw new ReactorError("NO_TIMEOUT", `${this.description} has no timeout, but expired`);
  }
  /** The longest that it may stay parked without progress, in seconds. */
  protected get block(): number {
    return Infinity;
  }
  /** The longest that the whole operation may take, in seconds. */
  protected get total(): number {
    return Infinity;
  }
  /** A deadline kept by what is waited for, to be used again and again; null: make one for this wait. */
  protected get deadline(): Deadline | null {
    return null;
  }
  /** Whether waiting for the deadline alone keeps the process alive. */
  protected get holds(): boolean {
    return false;
  }

  toString(): string {
    return this.phase === Phase.Fresh
      ? shownAs(this.description)
      : `[operation: ${this.description}]`;
  }

  [Symbol.iterator](): this {
    if (this.phase !== Phase.Fresh) throw busy(this.description);
    if (observer !== null) observer.performed(this);
    return this;
  }

  next(...sent: [] | [unknown]): Step<T> {
    if (sent.length === 0) throw notPerformed(this.description);
    if (this.phase === Phase.Fresh && reactor.budgetSpent()) {
      this.enlist();
      this.phase = Phase.Aside;
      return performing(this);
    }
    let value: T | Pending;
    try {
      value = this.attempt();
    } catch (error) {
      return this.throw(error);
    }
    if (value === PENDING) return this.suspend();
    if (this.phase !== Phase.Fresh) this.exit();
    return { done: true, value };
  }

  private suspend(): Step<T> {
    if (this.expired || this.block <= 0 || this.total <= 0) {
      const value = this.timedOut();
      if (this.phase !== Phase.Fresh) this.exit();
      return { done: true, value };
    }
    if (this.phase === Phase.Fresh) this.enlist();
    this.phase = Phase.Waiting;
    if (recording) this.trace = stackAbove(this.next);
    return performing(this);
  }

  /** The task is halted: give everything back. */
  return(value?: T): Step<T> {
    if (this.phase !== Phase.Fresh) {
      this.halted();
      this.exit();
    }
    // The caller of return() never looks at the value of a halted operation.
    return { done: true, value: value as T };
  }

  throw(error: unknown): Step<T> {
    if (this.phase !== Phase.Fresh) this.exit();
    throw error;
  }

  /**
   * It was yielded by `return()`, so its task is halted: whoever drives that calls `return()` again when the wait is over. After
   * `next()` the generators around this one would go on behind their `yield*`.
   */
  get unwinds(): boolean {
    return false;
  }

  /** For what has to be done on a halt beyond leaving the queue. */
  protected halted(): void {}

  /** The one way out of a wait that has registered something. */
  private exit(): void {
    this.phase = Phase.Fresh;
    this.resumer = null;
    this.expired = false;
    this.end = 0;
    if (this.armed !== null) {
      if (this.armed === this.deadline) this.disarm();
      else reactor.timers.remove(this.armed);
      this.armed = null;
    }
    this.leave();
  }

  /** {@link Resumer}: a driver (fiber or Effection routine) stops here until {@link wake}. */
  park(resumer: Resumer): void {
    if (this.phase === Phase.Fresh) throw yieldedOnly(this.description);
    this.resumer = resumer;
    this.since = reactor.clock.now();
    if (this.end === 0 && this.total < Infinity) this.end = this.since + this.total;
    if (this.phase === Phase.Aside) {
      this.phase = Phase.Waiting;
      return this.wakeAside();
    }
    this.arm(this.since);
    if (reactor.onIdle !== null && this.kind === "inactive" && !this.timed) reactor.onIdle(this);
  }

  /** Whether a task is parked on it (and has not been woken). */
  get parked(): boolean {
    return this.resumer !== null;
  }

  /** Whether it is parked with a deadline, so that it will go on though nothing else happens. */
  get timed(): boolean {
    return this.until < Infinity;
  }

  get until(): number {
    return this.resumer !== null && this.armed?.waiter === this ? this.armed.at : Infinity;
  }

  /** @internal The task will not be resumed by this wait any more. False if it has been woken already. */
  unpark(): boolean {
    const { parked } = this;
    this.resumer = null;
    this.disarm();
    return parked;
  }

  /** Let the task try again. Safe to call from anywhere, any number of times. */
  wake(): void {
    if (this.resumer !== null) reactor.schedule(this.detach(this.resumer));
  }

  /** {@link wake}, before all others. */
  protected wakeFirst(): void {
    if (this.resumer !== null) reactor.first(this.detach(this.resumer));
  }

  /** {@link wake} for library callbacks that call `reactor.run()` themselves. */
  enqueue(): void {
    if (this.resumer !== null) reactor.enqueue(this.detach(this.resumer));
  }

  /** Let the task try again in the next turn. */
  protected wakeAside(): void {
    if (this.resumer !== null) reactor.scheduleAside(this.detach(this.resumer));
  }

  /** {@link Expiring.expire} */
  expire(): void {
    this.expired = true;
    this.enqueue();
  }

  /** There was progress, but not enough to finish: the block timeout starts again. */
  protected progress(): void {
    if (this.armed !== null && this.resumer !== null) this.arm(reactor.clock.now());
  }

  /** It is woken. */
  private detach(resumer: Resumer): Resumer {
    this.resumer = null;
    this.disarm();
    if (channels.wake.hasSubscribers) tellWoken(this, resumer);
    return resumer;
  }

  /** The deadline that is kept may be another's by now, who has come to wait since this one was woken. */
  private disarm(): void {
    if (this.armed?.waiter === this) reactor.timers.disarm(this.armed);
  }

  private arm(now: number): void {
    const at = Math.min(now + this.block, this.end === 0 ? Infinity : this.end);
    if (at === Infinity) return;
    const holder = this.armed?.waiter ?? this;
    if (this.armed === null || holder !== this) this.armed = this.freeDeadline();
    reactor.timers.arm(this.armed, at, this);
  }

  private freeDeadline(): Deadline {
    const kept = this.deadline;
    return kept !== null && kept.waiter === null ? kept : new Deadline(this.holds);
  }

  /**
   * Effection performs it: a routine outside the reactor's fibers waits here. What is returned runs when it
   * leaves the effect, resolved or halted; `next` or `return` follows and does the rest.
   */
  enter(...how: Parameters<Effect<unknown>["enter"]>): ReturnType<Effect<unknown>["enter"]> {
    return parkRoutine(this, ...how);
  }
}

oneLine(Wait.prototype);
// On the prototype: a look-up that costs less than instanceof down a chain of subclasses.
Object.defineProperty(Wait.prototype, "isWait", { value: true });
