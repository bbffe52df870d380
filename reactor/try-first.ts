import { observer } from "./observer.js";
import {
  notPerformed,
  shownAs,
  type Step,
  type Yieldable,
  type YieldStarMissing,
  yieldedOnly,
} from "./operation.js";
import { reactor } from "./reactor.js";
import { oneLine } from "./show.js";
import { PENDING, type Pending, type Wait } from "./wait.js";

/**
 * An operation that finishes at once most times, and is small: only where it has to wait, or to step aside, does it make its {@link Wait}, and becomes
 * that.
 *
 * @example
 * class Pop extends TryFirst<string> {
 *   readonly description = "pop";
 *   constructor(private items: string[], private later: () => Wait<string>) { super(); }
 *   protected attempt() { return this.items.pop() ?? PENDING; }
 *   protected waiting() { return this.later(); }
 * }
 */
export abstract class TryFirst<T> implements Yieldable<T>, Iterator<YieldStarMissing, T, unknown> {
  private wait: Wait<T> | null = null;

  constructor() {
    if (observer !== null) observer.made(this);
  }

  abstract get description(): string;
  /** As {@link Wait.attempt}. */
  protected abstract attempt(): T | Pending;
  /** The same operation, as a wait. */
  protected abstract waiting(): Wait<T>;

  [Symbol.iterator](): Iterator<YieldStarMissing, T, unknown> {
    if (observer !== null) observer.performed(this);
    // A wait that is under way throws.
    return this.wait === null ? this : this.wait[Symbol.iterator]();
  }

  next(...sent: [] | [unknown]): Step<T> {
    if (sent.length === 0) throw notPerformed(this.description);
    if (this.wait === null && !reactor.budgetSpent()) {
      const value = this.attempt();
      if (value !== PENDING) return { done: true, value };
    }
    const step = (this.wait ??= this.waiting()[Symbol.iterator]()).next(undefined);
    if (step.done) this.wait = null;
    return step;
  }

  return(value?: T): Step<T> {
    const { wait } = this;
    this.wait = null;
    // The caller of return() never looks at the value of a halted operation.
    return wait === null ? { done: true, value: value as T } : wait.return(value);
  }

  throw(error: unknown): Step<T> {
    const { wait } = this;
    this.wait = null;
    if (wait === null) throw error;
    return wait.throw(error);
  }

  /** It is no effect: it was given to `yield`. */
  enter(): never {
    throw yieldedOnly(this.description);
  }

  toString(): string {
    return this.wait === null ? shownAs(this.description) : `[operation: ${this.description}]`;
  }

  static {
    oneLine(this.prototype);
  }
}
