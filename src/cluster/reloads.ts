/** Reloads: all workers are replaced, one after the other, each by a new one that is ready before the old one is to end. */
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";
import type { Slot, Starter } from "./slot.js";

export class Reloads {
  /** How many were asked for, and how many of them are over: what is asked for while one is under way is another one, for all that asked. */
  private asked = 0;
  private over = 0;
  private reason = "";
  private error: string | null = null;
  private closed = false;
  private readonly changed = new WaitList();

  constructor(
    private readonly slots: readonly Slot[],
    private readonly starter: Starter,
  ) {}

  /** Gives its number. */
  ask(reason: string): number {
    this.reason = reason;
    this.asked++;
    this.changed.wakeAll();
    return this.asked;
  }

  /** Wait until one is over. Gives why it went no further; null: all are replaced. */
  *end(number: number): Operation<string | null> {
    yield* this.until("a reload to end", () => this.over >= number || this.closed);
    return this.over >= number ? this.error : "all are to end";
  }

  /** There will be none any more. */
  close(): void {
    this.closed = true;
    this.changed.wakeAll();
  }

  *run(): Operation<void> {
    for (;;) {
      yield* this.until("a reload", () => this.asked > this.over);
      const { asked } = this;
      this.starter.tell({ event: "reload", reason: this.reason });
      this.error = yield* this.reload();
      this.over = asked;
      this.starter.tell({ event: "reloaded", error: this.error });
      this.changed.wakeAll();
    }
  }

  private *reload(): Operation<string | null> {
    for (const slot of this.slots) {
      const old = yield* slot.replace();
      if (typeof old === "string") return old;
      if (old === null) continue;
      this.starter.retire(old);
      yield* old.until("ends", () => old.state === "ended");
    }
    return null;
  }

  private until(what: string, condition: () => boolean): Operation<boolean> {
    return new Until(what, "inactive", this.changed, condition, Infinity);
  }
}
