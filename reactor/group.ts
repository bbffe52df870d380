import {
  createContext,
  createScope,
  Err,
  Ok,
  useScope,
  type Effect,
  type Operation,
  type Scope,
} from "effection";
import { Family } from "./family.js";
import type { Fiber } from "./fiber.js";
import { reactor } from "./reactor.js";
import { Until } from "./until.js";
import { WaitList } from "./wait-list.js";

/**
 * The fibers that an Effection scope has as children.
 *
 * One Effection task in the scope, the guard, stands for all of them: when the scope ends it halts them and waits for
 * their end; when one fails it fails, and so the scope learns of it as of any task. One task for a scope, not one
 * for a fiber: that is what keeps `fork` light in `main` too.
 */
export class FiberGroup extends Family {
  #home: Scope | null = null;
  #fail: ((error: Error) => void) | null = null;
  #failure: { error: unknown } | null = null;
  readonly #gone = new WaitList();
  #over = false;

  get home(): Scope {
    return this.#home!;
  }

  get over(): boolean {
    return this.#over;
  }

  override childFailed(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = { error };
    // Effection wants an Error; `throw` in the guard gives the original, whatever it is.
    this.#fail?.(error as Error);
  }

  protected override windUp(): void {
    if (this.lastChild === null) reactor.groups.delete(this);
    this.#gone.wakeAll();
  }

  /** The guard task. `started` is called when it can be relied upon. */
  *guard(started: (group: FiberGroup) => void): Operation<void> {
    this.#home = yield* useScope();
    try {
      started(this);
      yield this.#failing();
    } finally {
      // Inline in the task's own generator, so that the halt is not lost (see docs/rationale.md).
      while (this.lastChild !== null) {
        this.lastChild.halt();
        yield* this.#end(this.lastChild);
      }
      this.#over = true;
      // Also what the cleanup of a halted fiber threw must reach the scope.
      // eslint-disable-next-line no-unsafe-finally
      if (this.#failure !== null) throw (this.#failure as { error: unknown }).error;
    }
  }

  #end(child: Fiber): Operation<boolean> {
    const ended = (): boolean => child.state === "ended";
    return new Until(`the end of ${child.name}`, "inactive", this.#gone, ended, Infinity);
  }

  #failing(): Effect<unknown> {
    return {
      description: "fibers of this scope",
      enter: (resolve) => {
        this.#fail = (error) => resolve(Err(error));
        if (this.#failure !== null) this.#fail(this.#failure.error as Error);
        return (done) => {
          this.#fail = null;
          done(Ok());
        };
      },
    };
  }
}

const GroupContext = createContext<FiberGroup>("cosocket.group");

/**
 * Call `ready` with the group of `scope`, at once unless the scope has no group yet and Effection is busy: a new
 * group's guard must have begun before a fiber may rely on it.
 */
export function groupOf(scope: Scope, ready: (group: FiberGroup) => void): void {
  const group = scope.hasOwn(GroupContext) ? scope.get(GroupContext) : undefined;
  if (group !== undefined) return ready(group);
  const fresh = new FiberGroup();
  scope.run(() =>
    fresh.guard(() => {
      if (!scope.hasOwn(GroupContext)) scope.set(GroupContext, fresh);
      ready(fresh);
    }),
  );
}

/** A group under no Effection task, for fibers started by plain code. */
export function rootGroup(ready: (group: FiberGroup) => void): void {
  groupOf(createScope(), ready);
}
