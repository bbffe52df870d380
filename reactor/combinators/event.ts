import type { Yieldable } from "../operation.js";
import { oneLine } from "../show.js";
import type { WaitKind } from "../types.js";
import { PENDING, type Pending, Wait } from "../wait.js";
import { WaitList } from "../wait-list.js";

/** Something that happens once, and that many may wait for: make one with {@link event}. (trio: `Event`) */
export class OnceEvent<T = void> {
  private readonly waiters = new WaitList();
  private happened = false;
  private value: T | undefined = undefined;

  toString(): string {
    return `event (${this.happened ? "set" : "not set"})`;
  }

  static {
    oneLine(this.prototype);
  }

  /**
   * Whether it has been set.
   *
   * @example
   * const ready = event();
   * if (!ready.isSet) console.log("not yet");
   */
  get isSet(): boolean {
    return this.happened;
  }

  /**
   * Let all who wait go on, and those who come later not wait at all. May be called from anywhere, also by plain code.
   *
   * @param value what they get
   * @returns true; false if it was set before: then the first value stays
   *
   * @example
   * const ready = event<string>();
   * ready.set("go");
   */
  set(value: T): boolean {
    if (this.happened) return false;
    this.happened = true;
    this.value = value;
    this.waiters.wakeAll();
    return true;
  }

  /**
   * Wait until it is set, if it is not.
   *
   * @returns the value that it was set to. Cancelling leaves the others waiting.
   *
   * @example
   * const ready = event<string>();
   * yield* fork(function* () {
   *   console.log(yield* ready.wait());
   * });
   * ready.set("go");
   */
  wait(): Yieldable<T> {
    return new EventWait<T>(this.waiters, () => (this.happened ? (this.value as T) : PENDING));
  }
}

class EventWait<T> extends Wait<T> {
  readonly description = "event";
  constructor(
    private readonly waiters: WaitList,
    private readonly look: () => T | Pending,
  ) {
    super();
  }
  get kind(): WaitKind {
    return "inactive";
  }
  protected attempt(): T | Pending {
    return this.look();
  }
  protected enlist(): void {
    this.waiters.add(this);
  }
  protected leave(): void {
    this.waiters.delete(this);
  }
}

/**
 * Something that happens once: set by one, waited for by many.
 *
 * @example
 * const stopping = event();
 * process.once("SIGHUP", () => stopping.set());
 * yield* race([stopping.wait(), () => sleep(60)]);
 */
export function event<T = void>(): OnceEvent<T> {
  return new OnceEvent<T>();
}
