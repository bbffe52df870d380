import { createContext, suspend, useScope, type Operation, type Scope } from "effection";
import { FiberContext } from "./contexts.js";
import { Parent } from "./parent.js";
import { raiseIn, type Raised } from "./raise.js";
import { reactor } from "./reactor.js";
import type { Fiber } from "./types.js";
import { Until } from "./until.js";
import { WaitList } from "./wait-list.js";

/**
 * The fibers that an Effection scope has as children.
 *
 * One Effection task in the scope, the guard, stands for all of them: when the scope ends it halts them and waits for
 * their end. One task for a scope, not one for a fiber: that is what keeps `fork` light in `main` too. It never fails before
 * that, so that nothing can break its waiting; a fiber's error is raised in the scope by itself.
 */
export class FiberGroup extends Parent {
  #home: Scope | null = null;
  #raised: Raised | null = null;
  #ending = false;
  #over = false;
  readonly #gone = new WaitList();

  constructor(readonly scope: Scope) {
    super();
  }

  get home(): Scope {
    return this.#home!;
  }

  get over(): boolean {
    return this.#over;
  }

  get nearest(): Fiber | null {
    return this.scope.get(FiberContext) ?? null;
  }

  toString(): string {
    return "fibers of an Effection scope";
  }

  /** While the scope ends, the guard says it at the end. */
  override childFailed(error: unknown): void {
    this.#raised = this.#ending ? { error } : raiseIn(this.scope, error);
  }

  override windUp(): null {
    if (this.lastChild === null) reactor.parents.delete(this);
    this.#gone.wakeAll();
    return null;
  }

  /** The guard task. `started` is called when it can be relied upon. */
  *guard(started: (group: FiberGroup) => void): Operation<void> {
    // Its own scope, in which fibers are promoted: so Effection ends none of them before it is halted here.
    this.#home = yield* useScope();
    try {
      started(this);
      yield* suspend();
    } finally {
      this.#ending = true;
      // Inline in the task's own generator, so that the halt is not lost (see docs/rationale.md).
      while (this.lastChild !== null) {
        this.lastChild.cancel();
        yield* this.#end(this.lastChild);
      }
      this.#over = true;
      const raised = this.#raised as Raised | null;
      // What cleanup threw, and what the scope has ended too soon to hear.
      // eslint-disable-next-line no-unsafe-finally
      if (raised !== null && !raised.heard) throw raised.error;
    }
  }

  #end(child: Fiber): Operation<boolean> {
    const ended = (): boolean => child.state === "ended";
    return new Until(`the end of ${child.name}`, "inactive", this.#gone, ended, Infinity);
  }
}

const GroupContext = createContext<FiberGroup>("cosocket.group");

/**
 * Call `ready` with the group of `scope`, at once unless the scope has no group yet and Effection is busy: a new
 * group's guard must have begun before a fiber may rely on it.
 */
export function groupOf(scope: Scope, ready: (group: FiberGroup) => void): void {
  const group = scope.hasOwn(GroupContext) ? scope.get(GroupContext) : undefined;
  if (group !== undefined && !group.over) return ready(group);
  const fresh = new FiberGroup(scope);
  scope.run(() =>
    fresh.guard(() => {
      const other = scope.hasOwn(GroupContext) ? scope.get(GroupContext) : undefined;
      if (other === undefined || other.over) scope.set(GroupContext, fresh);
      ready(fresh);
    }),
  );
}
