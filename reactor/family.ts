import type { Scope } from "effection";
import type { Fiber } from "./fiber.js";
import { oneLine } from "./show.js";

/** Whoever has fibers as children: a fiber, the group of an Effection scope, or the root of what plain code runs. */
export abstract class Family {
  /** @internal The youngest child; the others are reached through `older`. */
  lastChild: Fiber | null = null;

  /** @internal The Effection scope whose contexts the children see, and in which they are promoted. */
  abstract get home(): Scope;
  /** Whether it has ended, so that nobody can become its child any more. */
  abstract get over(): boolean;
  /** @internal The fiber that this is or, of a group, in whose Effection scopes its scope is; null: in nobody's. */
  abstract get nearest(): Fiber | null;
  /** @internal A child has failed and nobody took its error. */
  abstract childFailed(error: unknown): void;
  /** @internal Go on with ending, if that is under way. What is to go on after it: its parent, if it has ended by that. */
  protected abstract windUp(): Family | null;

  abstract toString(): string;

  static {
    oneLine(this.prototype);
  }

  /** @internal */
  adopt(child: Fiber): void {
    child.older = this.lastChild;
    if (this.lastChild !== null) this.lastChild.younger = child;
    this.lastChild = child;
  }

  /** @internal */
  childEnded(child: Fiber): void {
    if (child.younger === null) this.lastChild = child.older;
    else child.younger.older = child.older;
    if (child.older !== null) child.older.younger = child.younger;
    child.older = child.younger = null;
  }

  /** Go on with ending, and so do those who have waited for that: a loop, since there may be many. */
  protected goOnEnding(): void {
    let next = this.windUp();
    while (next !== null) next = next.windUp();
  }

  /** Children, oldest first. */
  children(): Fiber[] {
    const children: Fiber[] = [];
    for (let child = this.lastChild; child !== null; child = child.older) children.push(child);
    return children.reverse();
  }
}
