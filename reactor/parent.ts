import type { Scope } from "effection";
import { oneLine } from "./show.js";
import type { Fiber, FiberParent } from "./types.js";

/** The children of a parent, and how it ends after them. */
export abstract class Parent implements FiberParent {
  lastChild: Fiber | null = null;

  abstract get home(): Scope;
  abstract get over(): boolean;
  abstract get nearest(): Fiber | null;
  abstract childFailed(error: unknown): void;
  abstract windUp(): FiberParent | null;

  abstract toString(): string;

  static {
    oneLine(this.prototype);
  }

  adopt(child: Fiber): void {
    child.older = this.lastChild;
    if (this.lastChild !== null) this.lastChild.younger = child;
    this.lastChild = child;
  }

  childEnded(child: Fiber): void {
    if (child.younger === null) this.lastChild = child.older;
    else child.younger.older = child.older;
    if (child.older !== null) child.older.younger = child.younger;
    child.older = child.younger = null;
  }

  /** Go on with ending, and so do those who have waited for that: a loop, since there may be many. */
  protected goOnEnding(): void {
    let next: FiberParent | null = this.windUp();
    while (next !== null) next = next.windUp();
  }

  children(): Fiber[] {
    const children: Fiber[] = [];
    for (let child = this.lastChild; child !== null; child = child.older) children.push(child);
    return children.reverse();
  }
}
