/** One worker's place: whoever dies in it is followed by another. */
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";
import { Backoff } from "../reconnect/index.js";
import type { Child } from "./child.js";
import { ClusterError } from "./errors.js";
import type { Settings } from "./options.js";
import { ending } from "./report.js";
import type { ClusterEvent } from "./types.js";

/**
 * Seconds in which most workers that are about to end have ended, and it is known how. What ends all processes, as Ctrl-C does, has
 * reached this one as well by then.
 */
const MOMENT = 0.2;

/** What a slot asks of the cluster. */
export interface Starter {
  readonly settings: Settings;
  start(slot: number): Child;
  /** See to it that it ends in time. */
  retire(child: Child): void;
  kill(child: Child, reason: string): void;
  /** A worker has come to stay. */
  settled(): void;
  tell(event: ClusterEvent): void;
}

export class Slot {
  current: Child | null = null;
  /** A reload has started one, which is not ready yet. */
  private replacing = false;
  /** How often a worker here has died and was followed by another. */
  restarts = 0;
  private readonly backoff: Backoff;
  private readonly changed = new WaitList();

  constructor(
    readonly number: number,
    private readonly starter: Starter,
  ) {
    this.backoff = new Backoff(starter.settings.backoff, "none");
  }

  /** How often in a row its workers have died. */
  get failures(): number {
    return this.backoff.failures;
  }

  /** Have a worker here, for ever. Throws when that is in vain. */
  *run(): Operation<void> {
    const { backoff } = this;
    for (;;) {
      const child = (this.current ??= this.starter.start(this.number));
      // While it is not ready it may be replaced, as later.
      const over = (): boolean => child.state === "closing" || child.state === "ended";
      const done = (): boolean => over() || this.current !== child;
      if ((yield* this.becomesReady(child)) && !(yield* child.until("ends", done, backoff.maximum)))
        backoff.reset();
      if (!done()) {
        this.starter.settled();
        yield* child.until("ends", done);
      }
      if (this.current === child) yield* this.gone(child);
    }
  }

  /** Nobody is here any more, until the next is started. */
  private *gone(child: Child): Operation<void> {
    this.current = null;
    yield* this.retire(child);
    yield* this.replacement();
    if (this.current === null) yield* this.pause(child);
  }

  /** See to the end of one that ends by itself. */
  private *retire(child: Child): Operation<void> {
    // One that has left already is not to be killed, or nobody would know what it died of.
    if (yield* child.until("ends", () => child.state === "ended", MOMENT)) return;
    this.starter.retire(child);
  }

  /** If a reload has started one, that is waited for: another one would run the same program. */
  private *replacement(): Operation<void> {
    yield* this.until("a reload", () => !this.replacing);
  }

  /** Wait until it is ready. If it takes too long it is killed. */
  private *becomesReady(child: Child): Operation<boolean> {
    const { readyTimeout } = this.starter.settings;
    const known = (): boolean => child.state !== "starting";
    if (!(yield* child.until("is ready", known, readyTimeout))) {
      this.starter.kill(child, `it was not ready within ${readyTimeout} s`);
      yield* child.until("ends", known);
    }
    return child.state === "ready";
  }

  /** Before the next, unless it is a reload's. */
  private *pause(child: Child): Operation<void> {
    const seconds = this.backoff.next();
    const { failures } = this;
    if (this.backoff.exhausted) {
      // It may have said so only that it ends.
      yield* child.until("ends", () => child.exit !== null);
      if (this.current !== null) return;
      throw crashLoop(child, failures);
    }
    this.starter.tell({ event: "restart", worker: child, slot: this.number, seconds, failures });
    yield* this.until("a pause", () => this.current !== null, seconds);
    yield* this.replacement();
    this.restarts++;
  }

  /** Put a new worker in the place of the one that is here, once it is ready. Gives the old one; or why there is no new one. */
  *replace(): Operation<Child | string | null> {
    const next = this.starter.start(this.number);
    this.replacing = true;
    this.changed.wakeAll();
    const ready = yield* this.becomesReady(next);
    if (!ready) yield* this.retire(next);
    const old = this.current;
    if (ready) {
      this.current = next;
      this.backoff.reset();
      old?.stir();
    }
    this.replacing = false;
    this.changed.wakeAll();
    return ready ? old : `the new worker ${this.number} was not ready: ${end(next)}`;
  }

  private until(what: string, condition: () => boolean, seconds = Infinity): Operation<boolean> {
    const kind = seconds === Infinity ? "inactive" : "timer";
    return new Until(`worker ${this.number}: ${what}`, kind, this.changed, condition, seconds);
  }
}

function end({ exit }: Child): string {
  if (exit === null) return "it wanted to end";
  return exit.code === 0 ? "its body returned" : ending(exit);
}

function crashLoop(child: Child, failures: number): ClusterError {
  return new ClusterError(
    "CRASH_LOOP",
    `cluster: worker ${child.slot} has died ${failures} times in a row, each time soon after it was started; the last time: ${end(child)}`,
  );
}
