import type { Operation } from "effection";
import {
  notAsync,
  oneLine,
  PENDING,
  type Pending,
  shown,
  QueuedWait,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import { operationOf } from "../object/index.js";
import type { Thread } from "./thread.js";
import { amongChildren } from "./threads.js";
import type { Threads } from "./thread.js";

/** `[true, value]`, or `[false, error]`; the error of a cancelled one is "cancelled". */
export type Outcome<T> = [ok: true, value: T] | [ok: false, error: unknown];

/** What a thread will have returned. (Copas: copas.future) */
export interface Future<T> {
  /** {@link Future.get} */
  (): Yieldable<Outcome<T>>;
  /**
   * Wait for the outcome. Any number of tasks may; it stays. Cancelling leaves the others alone. (Copas: future:get)
   *
   * @example
   * const answer = copas.future.addthread(function* () {
   *   return yield* client.receive("*l");
   * });
   * const [ok, value] = yield* answer.get();
   */
  get(): Yieldable<Outcome<T>>;
  /**
   * What is known now: `[PENDING]`, `[SUCCESS, value]` or `[ERROR, error]`. (Copas: future:try)
   *
   * @example
   * const answer = copas.future.addthread(() => 42);
   * const [done] = answer.try();
   * if (done === copas.future.PENDING) console.log("not yet");
   */
  try(): [pending: false] | [success: true, value: T] | [error: "error", error: unknown];
  /**
   * Halt the thread, if it still runs: whether it did. Those who wait get `[false, "cancelled"]`. (Copas: future:cancel)
   *
   * @example
   * const answer = copas.future.addthread(() => copas.pauseforever());
   * answer.cancel();
   */
  cancel(): boolean;
}

class Getting<T> extends QueuedWait<Outcome<T>> {
  constructor(
    getters: WaitList,
    private readonly thread: Thread,
    private readonly outcome: () => Outcome<T> | Pending,
  ) {
    super(getters, Infinity);
  }
  get description(): string {
    return `future of ${this.thread.name}`;
  }
  protected acquire(): Outcome<T> | Pending {
    return this.outcome();
  }
}

/** What a future's thread runs; a plain function's result is the outcome, too. */
export type Task<A extends unknown[], T> = (...args: A) => Operation<T> | T;

function begin<A extends unknown[], T>(
  threads: Threads,
  name: string | undefined,
  task: Task<A, T>,
  args: A,
): Future<T> {
  if (typeof task !== "function")
    throw new TypeError(
      `future.addthread takes a generator function, future.addthread(function* () { ... }), not ${shown(task)}`,
    );
  notAsync(task, "future.addthread");
  const getters = new WaitList();
  let outcome: Outcome<T> | null = null;
  const settle = (settled: Outcome<T>): void => {
    outcome ??= settled;
    getters.wakeAll();
  };
  const run = function* (): Operation<void> {
    try {
      settle([true, yield* operationOf(task(...args))]);
    } catch (error) {
      settle([false, error]);
    }
  };
  // Halted from outside: those who wait must not wait for ever.
  const ended = (): void => settle([false, "cancelled"]);
  const thread: Thread = threads.add(run, { name, ended });
  const get = (): Yieldable<Outcome<T>> => new Getting(getters, thread, () => outcome ?? PENDING);
  const future = Object.assign(get, {
    get,
    try: (): ReturnType<Future<T>["try"]> => {
      if (outcome === null) return [false];
      return outcome[0] ? outcome : ["error", outcome[1]];
    },
    cancel: (): boolean => {
      if (outcome !== null) return false;
      settle([false, "cancelled"]);
      thread.halt();
      return true;
    },
    toString: (): string => {
      const state = outcome === null ? "pending" : outcome[0] ? "success" : "error";
      return `future of ${thread.name} (${state})`;
    },
  });
  Object.defineProperty(future, "toString", { enumerable: false });
  oneLine(future);
  return future;
}

const STATES = { PENDING: false, SUCCESS: true, ERROR: "error" } as const;

/** `copas.future`: threads of the loop. */
export const futuresOf = (threads: () => Threads) => ({
  ...STATES,
  /**
   * Start a thread, and give what it will have returned. (Copas: future.addthread)
   *
   * @example const answer = copas.future.addthread(() => 42);
   */
  addthread: <A extends unknown[], T>(fn: Task<A, T>, ...args: A): Future<T> =>
    begin(threads(), undefined, fn, args),
  /**
   * The same, with a name. (Copas: future.addnamedthread)
   *
   * @example const answer = copas.future.addnamedthread("answer", () => 42);
   */
  addnamedthread: <A extends unknown[], T>(name: string, fn: Task<A, T>, ...args: A): Future<T> =>
    begin(threads(), name, fn, args),
});

/** Outside of copas: `yield* future.addthread(fn)`; the thread is a child of the caller. */
export const future = {
  ...STATES,
  /**
   * Start a thread, and give what it will have returned.
   *
   * @example
   * const answer = yield* future.addthread(() => sleep(1));
   * const [ok] = yield* answer.get();
   */
  addthread: <A extends unknown[], T>(fn: Task<A, T>, ...args: A): Yieldable<Future<T>> =>
    amongChildren("future.addthread", (threads) => futuresOf(() => threads).addthread(fn, ...args)),
  /**
   * The same, with a name.
   *
   * @example const answer = yield* future.addnamedthread("answer", () => 42);
   */
  addnamedthread: <A extends unknown[], T>(
    name: string,
    fn: Task<A, T>,
    ...args: A
  ): Yieldable<Future<T>> =>
    amongChildren("future.addnamedthread", (threads) =>
      futuresOf(() => threads).addnamedthread(name, fn, ...args),
    ),
};
