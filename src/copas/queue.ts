import type { Operation } from "effection";
import {
  checkOptionNames,
  notAsync,
  operation,
  PENDING,
  type Pending,
  reactor,
  Until,
  WaitList,
  type Yieldable,
  oneLine,
  shown,
} from "../../reactor/index.js";
import { Fifo, toPerform } from "../object/index.js";
import { Claims } from "./claims.js";
import { tell } from "./errors.js";
import { type Popped, popping, type Pushed, pushing } from "./queue-waits.js";
import type { Body, Thread, ThreadErrorHandler } from "./thread.js";
import { amongChildren } from "./threads.js";
import type { Threads } from "./thread.js";
import { DEFAULT_TIMEOUT, duration, type Refused, refused } from "./waiting.js";

/** Options of `queue.new`. TypeError for others. */
export interface QueueOptions {
  /** Name of the queue, and of its workers. */
  name?: string;
  /** How many items may wait; `push` waits beyond. Default: any number, as in Copas. */
  max?: number;
}

/** What {@link Queue.finish} gives. */
export type Finished =
  [true, error?: undefined, rest?: undefined] | Refused<"timeout" | "destroyed">;
/** Items for others, first in, first out; several may push and pop. (Copas: copas.queue) */
export class Queue<T> {
  readonly name: string;
  private readonly max: number;
  private readonly items = new Fifo<T>();
  private readonly poppers = new Claims(() => this.items.length);
  private readonly pushers = new WaitList();
  private readonly changed = new WaitList();
  private readonly workers = new Set<Thread>();
  private lastWorker = 0;
  private stopping = false;
  private destroyed = false;

  /** @internal Use `queue.new`. */
  constructor(
    private readonly threads: Threads,
    options: QueueOptions = {},
  ) {
    checkOptionNames("queue.new", options, ["name", "max"]);
    const { name = `queue_${reactor.number("queue")}`, max = Infinity } = options;
    if (!(typeof max === "number" && max > 0))
      throw new TypeError(`queue.new: max must be a positive number, not ${shown(max)}`);
    this.name = name;
    this.max = max;
  }

  toString(): string {
    const state = this.destroyed ? "destroyed" : `${this.items.length} items`;
    return `queue ${this.name} (${state})`;
  }

  static {
    oneLine(this.prototype);
  }

  /**
   * Put an item at the end; wait for room, if there is a maximum.
   *
   * @param timeout seconds to wait for room (default 10); 0 only tries
   * @returns `[true]`; or "stopping", "destroyed", "timeout". Cancelling puts nothing in.
   *
   * @example
   * const jobs = copas.queue.new<string>();
   * const [, err] = yield* jobs.push("one");
   */
  push(item: T, timeout: number = DEFAULT_TIMEOUT): Yieldable<Pushed> {
    const limit = duration(timeout, "queue:push: the timeout");
    return pushing(this, item, this.pushers, limit, this.items.length < this.max);
  }

  /** @internal */
  put(item: T, first: boolean): Pushed | Pending {
    if (this.destroyed) return refused("destroyed");
    if (this.stopping) return refused("stopping");
    if (!first || this.items.length >= this.max) return PENDING;
    this.items.push(item);
    this.poppers.first?.wake();
    return [true];
  }

  /**
   * Take the first item; wait for one.
   *
   * @param timeout seconds (default 10); 0 only tries
   * @returns `[item]` (which may be undefined: look at the error); "timeout", or "destroyed". Cancelling takes nothing.
   *
   * @example
   * const jobs = copas.queue.new<string>();
   * const [job, err] = yield* jobs.pop(5);
   */
  pop(timeout: number = DEFAULT_TIMEOUT): Yieldable<Popped<T>> {
    const limit = duration(timeout, "queue:pop: the timeout");
    return popping<T>(this, this.poppers, limit, this.items.length > 0);
  }

  /** @internal */
  take(first: boolean): Popped<T> | Pending {
    if (this.destroyed) return refused("destroyed");
    if (!first || this.items.length === 0) return PENDING;
    const item = this.items.shift();
    this.pushers.first?.wake();
    if (this.stopping && this.items.length === 0) this.destroy();
    return [item];
  }

  /**
   * Take no more items; it is destroyed when those that are there have been popped. `[true]`, or "destroyed".
   *
   * @example
   * const jobs = copas.queue.new<string>();
   * jobs.stop();
   */
  stop(): [true] | Refused<"destroyed"> {
    if (this.destroyed) return refused("destroyed");
    this.stopping = true;
    this.pushers.wakeAll();
    if (this.items.length === 0) this.destroy();
    return [true];
  }

  /**
   * Stop, and wait until every item has been popped and every worker is done with its last one.
   *
   * @param timeout seconds (default 10). When they are over the queue is destroyed, with the items that are left,
   * unless `keep` is true.
   * @returns `[true]`; "timeout", or "destroyed" if it was already
   *
   * @example
   * const jobs = copas.queue.new<string>();
   * yield* jobs.push("one");
   * const [, err] = yield* jobs.finish(60);
   */
  finish(timeout: number = DEFAULT_TIMEOUT, keep = false): Yieldable<Finished> {
    const seconds = duration(timeout, "queue:finish: the timeout");
    return operation(`${this.name}:finish`, () => this.finishing(seconds, keep));
  }

  private *finishing(seconds: number, keep: boolean): Operation<Finished> {
    const [, error] = this.stop();
    if (error) return refused(error);
    const done = (): boolean => this.destroyed && this.workers.size === 0;
    const what = `${this.name}:finish`;
    if (yield* new Until(what, "inactive", this.changed, done, seconds)) return [true];
    if (!keep) this.destroy();
    return refused("timeout");
  }

  /**
   * Of no more use, and so are the items in it: all who wait get "destroyed", later calls too: also the second of this.
   *
   * @example
   * const jobs = copas.queue.new<string>();
   * jobs.destroy();
   */
  destroy(): [true] | Refused<"destroyed"> {
    if (this.destroyed) return refused("destroyed");
    this.destroyed = true;
    this.items.clear();
    for (const list of [this.poppers, this.pushers, this.changed]) list.wakeAll();
    return [true];
  }

  /**
   * Start a thread that runs `work` for one item after the other, until the queue is destroyed.
   *
   * @param errorhandler takes what `work` throws (default: that of copas, which prints it); the worker goes on with the
   * next item
   * @returns the thread. (Copas: queue:add_worker)
   *
   * @example
   * const jobs = copas.queue.new<string>();
   * jobs.add_worker(function* (job) {
   *   console.log(job);
   * });
   */
  add_worker(work: Body<[item: T]>, errorhandler?: ThreadErrorHandler): Thread {
    if (typeof work !== "function")
      throw new TypeError(
        `queue:add_worker takes a function of an item, function* (item) { ... }, not ${shown(work)}`,
      );
    notAsync(work, "queue:add_worker");
    if (errorhandler !== undefined) notAsync(errorhandler, "queue:add_worker: the error handler");
    const name = `${this.name}:worker_${++this.lastWorker}`;
    const ended = (): void => {
      this.workers.delete(worker);
      this.changed.wakeAll();
    };
    const failed = (error: unknown): Operation<void> =>
      tell(errorhandler ?? worker.errorhandler ?? this.threads.errorhandler, error, worker);
    const worker: Thread = this.threads.add(() => this.work(work, failed), { name, ended });
    this.workers.add(worker);
    return worker;
  }

  private *work(
    work: Body<[item: T]>,
    failed: (error: unknown) => Operation<void>,
  ): Operation<void> {
    for (;;) {
      const [item, error] = yield* this.pop(Infinity);
      if (error) return;
      try {
        const operation = toPerform<unknown>(work(item as T));
        if (operation !== null) yield* operation;
      } catch (error) {
        yield* failed(error);
      }
    }
  }

  /**
   * The threads of {@link add_worker}: `[threads]`, or "destroyed".
   *
   * @example const [workers] = copas.queue.new<string>().get_workers();
   */
  get_workers(): [workers: Thread[], error?: undefined, rest?: undefined] | Refused<"destroyed"> {
    return this.destroyed ? refused("destroyed") : [[...this.workers]];
  }

  /**
   * How many items wait: `[size]`, or "destroyed".
   *
   * @example const [size] = copas.queue.new<string>().get_size();
   */
  get_size(): [size: number] | Refused<"destroyed"> {
    return this.destroyed ? refused("destroyed") : [this.items.length];
  }
}

/** Queues outside of the loop; `copas.queue` is for its threads. (Copas: copas.queue) */
export const queue = {
  /**
   * A queue, outside of copas: `yield* queue.new()`. Its workers are children of the caller.
   *
   * @example const jobs = yield* queue.new<string>();
   */
  new: <T>(options?: QueueOptions): Yieldable<Queue<T>> =>
    amongChildren("queue.new", (threads) => new Queue<T>(threads, options)),
} as const;
