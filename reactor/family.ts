import type { Scope } from "effection";
import type { Fiber } from "./fiber.js";

/** Whoever has fibers as children: a fiber, or the group of an Effection scope. */
export abstract class Family {
  /** The youngest child; the others are reached through `older`. */
  lastChild: Fiber | null = null;

  /** The Effection scope whose contexts the children see, and in which they are promoted. */
  abstract get home(): Scope;
  /** Whether it has ended, so that nobody can become its child any more. */
  abstract get over(): boolean;
  /** A child has failed and nobody took its error. */
  abstract childFailed(error: unknown): void;
  /** Go on with ending, if that is under way: called when a child is gone. */
  protected abstract windUp(): void;

  adopt(child: Fiber): void {
    child.older = this.lastChild;
    if (this.lastChild !== null) this.lastChild.younger = child;
    this.lastChild = child;
  }

  childEnded(child: Fiber, failed: boolean, error: unknown): void {
    if (child.younger === null) this.lastChild = child.older;
    else child.younger.older = child.older;
    if (child.older !== null) child.older.younger = child.younger;
    child.older = child.younger = null;
    if (failed) this.childFailed(error);
    this.windUp();
  }

  /** Children, oldest first. */
  children(): Fiber[] {
    const children: Fiber[] = [];
    for (let child = this.lastChild; child !== null; child = child.older) children.push(child);
    return children.reverse();
  }
}
