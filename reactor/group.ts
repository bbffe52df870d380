import { createContext, suspend, useScope, type Operation, type Scope } from "effection";
import { FiberContext } from "./contexts.js";
import { Parent } from "./parent.js";
import { Raised } from "./raise.js";
import { reactor } from "./reactor.js";
import type { Fiber, WaitKind } from "./types.js";
import { PENDING, Wait, type Pending } from "./wait.js";

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
  /** What its scope has ended too soon to hear. */
  #missed: { error: unknown } | null = null;
  #over = false;
  #waiting: HaltChild | null = null;

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
    if (this.#ending) this.#missed = { error };
    else {
      this.#raised?.missed();
      this.#raised = new Raised(this.scope, error);
    }
  }

  override windUp(): null {
    if (this.lastChild === null) reactor.parents.delete(this);
    this.#waiting?.childEnded();
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
      const raised = this.#raised as Raised | null;
      if (raised?.missed()) this.#missed = raised;
      // Inline in the task's own generator, so that the halt is not lost (see docs/rationale.md).
      while (this.lastChild !== null) {
        this.#waiting = new HaltChild(this.lastChild);
        // eslint-disable-next-line cosocket/no-waiting-in-finally
        yield* this.#waiting;
      }
      this.#over = true;
      const missed = this.#missed as { error: unknown } | null;
      // What cleanup threw, and what the scope has ended too soon to hear.
      // eslint-disable-next-line no-unsafe-finally
      if (missed !== null) throw missed.error;
    }
  }
}

/**
 * Halts a fiber and waits for its end, before others run. The reactor begins the halt: it may lead to another scope's end, and so on
 * down, and that must not be one long step.
 */
class HaltChild extends Wait<void> {
  readonly kind: WaitKind = "inactive";

  constructor(private readonly fiber: Fiber) {
    super();
  }

  get description(): string {
    return `the end of ${this.fiber.name}`;
  }

  /** Some child has ended. */
  childEnded(): void {
    if (this.fiber.over) this.wakeFirst();
  }

  protected attempt(): void | Pending {
    return this.fiber.over ? undefined : PENDING;
  }

  protected enlist(): void {
    reactor.first({ outside: true, resume: () => this.fiber.cancel() });
  }

  protected leave(): void {}
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
