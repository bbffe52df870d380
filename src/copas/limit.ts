import type { Operation } from "effection";
import { notAsync, Until, WaitList, type Yieldable, oneLine, shown } from "../../reactor/index.js";
import { operationOf } from "../object/index.js";
import { semaphore } from "./semaphore.js";
import type { Body, Thread } from "./thread.js";
import { amongChildren } from "./threads.js";
import type { Threads } from "./thread.js";

/** Many tasks, of which at most so many run at a time; they begin in their order. (Copas 3: copas.limit) */
export class Limit {
  private readonly places;
  private readonly tasks = new Set<Thread>();
  private readonly ends = new WaitList();

  /** @internal Use `limit.new`. */
  constructor(
    private readonly threads: Threads,
    max: number,
  ) {
    if (!(Number.isInteger(max) && max > 0))
      throw new TypeError(`limit.new takes a positive number of threads, not ${shown(max)}`);
    this.places = semaphore.new(max, max, Infinity);
  }

  toString(): string {
    return `limit (${this.tasks.size} tasks)`;
  }

  static {
    oneLine(this.prototype);
  }

  /**
   * A thread that runs `task(...args)` when it is its turn. (Copas 3: limit:addthread)
   *
   * @example
   * const four = copas.limit.new(4);
   * for (const host of ["a", "b", "c", "d", "e"])
   *   four.addthread(function* () {
   *     yield* socket.connect(host, 80);
   *   });
   */
  addthread<A extends unknown[]>(task: Body<A>, ...args: A): Thread {
    if (typeof task !== "function")
      throw new TypeError(
        `limit:addthread takes a function, addthread(function* () { ... }), not ${shown(task)}`,
      );
    notAsync(task, "limit:addthread");
    const ended = (): void => {
      this.tasks.delete(thread);
      this.ends.wakeAll();
    };
    const thread: Thread = this.threads.add(() => this.run(() => task(...args)), { ended });
    this.tasks.add(thread);
    return thread;
  }

  private *run(task: Body): Operation<void> {
    yield* this.places.take();
    try {
      yield* operationOf<unknown>(task());
    } finally {
      this.places.give();
    }
  }

  /**
   * Halt one of the tasks, or take it back before it begins; the next one begins. (Copas 3: limit:removethread)
   *
   * @example
   * const four = copas.limit.new(4);
   * four.removethread(four.addthread(() => console.log("never")));
   */
  removethread(thread: Thread): void {
    if (this.tasks.has(thread)) thread.halt();
  }

  /**
   * Wait until all have ended: true. Cancelling leaves them alone. (Copas 3: limit:wait)
   *
   * @example
   * const four = copas.limit.new(4);
   * four.addthread(() => copas.pause(1));
   * yield* four.wait();
   */
  wait(): Yieldable<boolean> {
    const done = (): boolean => this.tasks.size === 0;
    return new Until("limit:wait", "inactive", this.ends, done, Infinity);
  }

  /** For old programs: the next one begins by itself. */
  next(): void {}
}

/** Outside of copas: `yield* limit.new(4)`; the threads are children of the caller. */
export const limit = {
  /**
   * At most `max` threads at a time.
   *
   * @example const four = yield* limit.new(4);
   */
  new: (max: number): Yieldable<Limit> =>
    amongChildren("limit.new", (threads) => new Limit(threads, max)),
} as const;
