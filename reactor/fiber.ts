/**
 * A fiber: one generator being driven, with a parent and children.
 *
 * It steps its generator itself while that yields Waits. At the first other Effection effect it is promoted: an
 * Effection task drives the rest (promote.ts). It ends in this order: its body ends; its children are halted,
 * last-born first, each to its end; what belongs to it is given away or released; it settles.
 */
import type { Effect, Operation, Scope } from "effection";
import { channels } from "./channels.js";
import { contextHere, contextsFollow } from "./context.js";
import { effectInWords } from "./effects.js";
import { checkEffect, generatorNext, isPlainGenerator, type Iter, iterate } from "./iterate.js";
import { HaltWait } from "./join.js";
import { Outcome } from "./outcome.js";
import { type Promotable, Promotion } from "./promote.js";
import { Query } from "./query.js";
import { reactor } from "./reactor.js";
import type { Fiber, FiberParent, FiberState, Resumer, Supervisor } from "./types.js";
import type { Wait } from "./wait.js";

type Step<T> = IteratorResult<Effect<unknown>, T>;

/** How `fork` and `run` make fibers. */
export class GeneratorFiber<T = unknown>
  extends Outcome<T>
  implements Fiber<T>, Promotable, Resumer
{
  readonly id = ++reactor.lastFiber;
  older: Fiber | null = null;
  younger: Fiber | null = null;

  /** Called when it starts; null afterwards. */
  private body: (() => Operation<T>) | null;
  private iterator: Iter<T> | null = null;
  private goOn: Iter<T>["next"] | null = null; // its `next`
  /** While Effection drives it. */
  promoted: Promotion | null = null;
  private wait: Wait<unknown> | null = null;
  private state_: FiberState = "ready";
  /** {@link born}, in hundredths of a second: a small integer needs no memory of its own. -1: not yet. */
  private born_ = -1;
  /** Its body is to end: it was halted, or a child has failed. */
  private halting = false;
  /** `return()` was called on the generator: what it yields now is cleanup. */
  private unwinding = false;
  /** It is to be called again when the cleanup is done, see {@link Wait.unwinds}. */
  private returnsAgain = false;
  /** Its parent has halted it, and waits for its end: there its error goes, whoever else waits. */
  private haltedByParent = false;
  /** It was in the ready queue already when it was halted: the resume that is still to come from there is not for it. */
  private stale = false;
  context = contextHere();

  /** @internal Use `fork` or `run`. */
  constructor(
    readonly parent: FiberParent,
    body: () => Operation<T>,
    private readonly prefix: string,
    private given: string | undefined,
    readonly supervisor: Supervisor | undefined,
  ) {
    super();
    this.body = body;
    reactor.live++;
    if (channels.spawn.hasSubscribers) channels.spawn.publish({ fiber: this, by: reactor.current });
  }

  get name(): string {
    return this.given ?? `${this.prefix}_${this.id}`;
  }

  set name(name: string) {
    this.given = name;
  }

  override get home(): Scope {
    return this.parent.home;
  }

  protected override get windingUp(): boolean {
    return this.state_ === "ending";
  }

  override get over(): boolean {
    return this.state_ === "ended";
  }

  override get nearest(): Fiber {
    return this;
  }

  get state(): FiberState {
    if (this.state_ === "ended" || this.state_ === "running") return this.state_;
    if (this.halting) return "ending";
    return this.wait !== null && !this.wait.parked ? "ready" : this.state_;
  }

  get waiting(): Wait<unknown> | null {
    return this.wait;
  }

  get born(): number | null {
    return this.born_ < 0 ? null : this.born_ / 100;
  }

  get whose(): Fiber {
    return this;
  }

  get generator(): object | null {
    return this.iterator;
  }

  override toString(): string {
    return `fiber ${this.name} (${this.state})`;
  }

  // ---- running ----------------------------------------------------------------------------------------------------

  /** @internal The reactor's turn has come to this fiber. */
  resume(): void {
    if (this.stale && this.unwinding) {
      this.stale = false;
      return;
    }
    if (this.state_ !== "ready" && this.state_ !== "parked") return;
    if (channels.resume.hasSubscribers)
      channels.resume.publish({ fiber: this, wait: this.wait ?? undefined });
    this.wait = null;
    this.state_ = "running";
    this.context.runInAsyncScope(this.stepOn, this);
  }

  /** In its own context and in its own name. */
  private stepOn(): void {
    reactor.current = this;
    try {
      this.step();
    } catch (error) {
      this.end(error, true);
    } finally {
      reactor.current = null;
    }
    if (!contextsFollow && this.state_ !== "ended") this.context = contextHere();
  }

  private step(): void {
    let { iterator } = this;
    if (iterator === null) {
      const { body } = this;
      this.body = null;
      if (this.halting) return this.end(undefined, false);
      const operation = body!();
      const plain = isPlainGenerator(operation);
      iterator = this.iterator = plain ? operation : iterate(operation, this);
      this.goOn = plain ? generatorNext : iterator.next;
    }
    const halts = this.halting && (!this.unwinding || this.returnsAgain);
    let next = halts ? this.unwind(iterator) : this.goOn!.call(iterator, undefined);
    for (let refused = 0; !next.done;) {
      if (this.halting && !this.unwinding) {
        next = this.unwind(iterator);
        continue;
      }
      let answer: unknown;
      try {
        const effect = next.value as Wait<unknown> | undefined;
        if (effect?.isWait) return this.parkOn(effect);
        if (!(next.value instanceof Query)) return this.perform(next.value, iterator);
        answer = next.value.answer(this);
      } catch (error) {
        if (iterator.throw === undefined || ++refused > 1000) throw error; // it could go on so for ever
        next = iterator.throw(error);
        continue;
      }
      next = this.goOn!.call(iterator, answer);
    }
    this.end(next.value, false);
  }

  private parkOn(wait: Wait<unknown>): void {
    wait.park(this);
    this.wait = wait;
    this.state_ = "parked";
    if (this.born_ < 0) this.born_ = Math.floor(wait.since * 100);
    if (this.unwinding) this.returnsAgain = wait.unwinds;
    if (channels.park.hasSubscribers) channels.park.publish({ fiber: this, wait });
  }

  private perform(effect: Effect<unknown>, iterator: Iter<T>): void {
    checkEffect(effect, this.name);
    if (this.born_ < 0) this.born_ = Math.floor(reactor.clock.now() * 100);
    this.state_ = "promoted";
    if (channels.park.hasSubscribers)
      channels.park.publish({ fiber: this, effect: { description: effectInWords(effect) } });
    reactor.first((this.promoted = new Promotion(this, iterator, effect)));
  }

  private unwind(iterator: Iter<T>): Step<T> {
    this.unwinding = true;
    return iterator.return?.() ?? { done: true, value: undefined as T };
  }

  within(code: () => void): void {
    this.context.runInAsyncScope(code);
  }

  // ---- ending -----------------------------------------------------------------------------------------------------

  demoted(result: { value: unknown } | { error: unknown } | undefined): void {
    const { raised } = this.promoted!;
    this.promoted = null;
    if (result !== undefined && "error" in result) return this.end(result.error, true);
    if (raised?.missed()) this.fail(raised.error);
    this.end(result?.value as T, false);
  }

  /** The body has ended: record how, and wind up. */
  private end(outcome: unknown, failed: boolean): void {
    reactor.current = null;
    this.iterator = this.goOn = this.body = null;
    this.state_ = "ending";
    if (channels.ending.hasSubscribers) channels.ending.publish({ fiber: this });
    if (failed) this.fail(outcome);
    else if (!this.failed) {
      this.completed = !this.halting;
      this.outcome = outcome;
    }
    this.goOnEnding();
  }

  /** Children, last-born first, then resources, then settle. Called again when one of them is gone. */
  override windUp(): FiberParent | null {
    if (this.state_ !== "ending") return null;
    if (this.lastChild !== null) {
      this.lastChild.cancel();
      return null;
    }
    // It has not got to its end before somebody wanted to halt it.
    if (this.interrupted && !this.gave) this.completed = false;
    if (this.resources !== null) this.closeResources();
    if (this.resources !== null) return null;
    this.settle();
    return this.parent;
  }

  /** Whatever those who are told of it throw, it has ended, and its parent learns of it. */
  private settle(): void {
    this.state_ = "ended";
    reactor.live--;
    if (channels.end.hasSubscribers) channels.end.publish({ fiber: this });
    let goesUp = this.failed && !this.taken();
    // What the cleanup of a halted fiber threw is for those who wait for the halt.
    if (this.joined && this.interrupted && !this.haltedByParent) goesUp = false;
    let thrown = this.tellJoiners();
    this.parent.childEnded(this);
    if (goesUp) this.parent.childFailed(this.outcome);
    if (this.supervisor?.ended !== undefined)
      thrown = this.tell(() => this.supervisor!.ended!(this)) ?? thrown;
    if (thrown !== null) this.parent.childFailed(thrown.error);
  }

  /** @internal */
  override childFailed(error: unknown): void {
    // As if Effection had spawned the child: a `race` that it is in may catch it.
    if (!this.halting && this.promoted?.raise(error)) return;
    this.fail(error);
    this.stop();
  }

  /** See to it that the body ends, before anybody else runs. */
  private stop(): void {
    if (this.halting) return;
    this.halting = true;
    if (channels.halt.hasSubscribers) channels.halt.publish({ fiber: this, by: reactor.current });
    const { promoted } = this;
    if (this.state_ === "parked") this.stale = !this.wait!.unpark();
    if (this.state_ === "parked" || this.state_ === "ready") reactor.first(this);
    else if (promoted?.begun) promoted.halt();
    else if (promoted !== null) {
      promoted.withdrawn = true;
      this.promoted = null;
      this.state_ = "parked";
      reactor.first(this);
    }
  }

  halt(): HaltWait {
    if (this.state_ !== "ended") {
      this.interrupted = true;
      this.stop();
    }
    return new HaltWait(this);
  }

  cancel(): void {
    this.haltedByParent = this.interrupted = true;
    this.stop();
  }
}
