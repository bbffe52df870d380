/** One worker's place: whoever dies in it is followed by another. */
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";
import { Backoff } from "../reconnect/index.js";
import type { Child } from "./child.js";
import { ClusterError } from "./errors.js";
import type { Settings } from "./options.js";
import { ending } from "./report.js";
import type { ClusterEvent } from "./types.js";

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
      if (this.current !== child) continue;
      this.current = null;
      this.starter.retire(child);
      yield* this.pause(child);
    }
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

  /** Before the next. A reload need not wait for it. */
  private *pause(child: Child): Operation<void> {
    const seconds = this.backoff.next();
    const { failures } = this;
    if (this.backoff.exhausted) {
      // It may have said so only that it ends.
      yield* child.until("ends", () => child.exit !== null);
      throw crashLoop(child, failures);
    }
    this.starter.tell({ event: "restart", worker: child, slot: this.number, seconds, failures });
    const what = `worker ${this.number}'s pause`;
    yield* new Until(what, "timer", this.changed, () => this.current !== null, seconds);
  }

  /** Put a new worker in the place of the one that is here, once it is ready. Gives the old one; or why there is no new one. */
  *replace(): Operation<Child | string | null> {
    const next = this.starter.start(this.number);
    if (!(yield* this.becomesReady(next))) {
      this.starter.retire(next);
      return `the new worker ${this.number} was not ready: ${end(next)}`;
    }
    const old = this.current;
    this.current = next;
    this.backoff.reset();
    old?.stir();
    this.changed.wakeAll();
    return old;
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
