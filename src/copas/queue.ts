import type { Operation } from "effection";
import { type Fiber, fork, PENDING, Turn, Until, useFiber, WaitList } from "../../reactor/index.js";
import { errorText } from "../errors.js";
import { Fifo } from "../fifo.js";
import { DEFAULT_TIMEOUT, limit, type Refused, refused } from "./limit.js";

export interface QueueOptions {
  /** Name of the queue, and of its workers. */
  name?: string;
  /** How many items may wait; `push` waits beyond. Default: no limit, as in Copas. */
  max?: number;
}

/** Takes the error of a worker's function. Default: prints it on stderr. */
export type WorkerErrorHandler = (error: unknown, worker: Fiber) => void;

type Pushed =
  [true, error?: undefined, rest?: undefined] | Refused<"timeout" | "stopping" | "destroyed">;
type Popped<T> = [item: T, error?: undefined, rest?: undefined] | Refused<"timeout" | "destroyed">;

let lastQueue = 0;

/** Items for others, first in, first out; several may push and pop. (Copas: copas.queue) */
export class Queue<T> {
  readonly name: string;
  private readonly max: number;
  private readonly items = new Fifo<T>();
  private readonly poppers = new WaitList();
  private readonly pushers = new WaitList();
  private readonly changed = new WaitList();
  private readonly workers = new Set<Fiber>();
  private stopping = false;
  private destroyed = false;

  /** @internal Use `queue.new`. */
  constructor({ name = `queue_${++lastQueue}`, max = Infinity }: QueueOptions = {}) {
    if (!(max > 0)) throw new TypeError(`queue.new: max must be positive, not ${String(max)}`);
    this.name = name;
    this.max = max;
  }

  /**
   * Put an item at the end; wait for room, if there is a maximum.
   *
   * @param timeout seconds to wait for room (default 10); 0 only tries
   * @returns `[true]`; or "stopping", "destroyed", "timeout". Cancelling puts nothing in.
   */
  push(item: T, timeout: number = DEFAULT_TIMEOUT): Operation<Pushed> {
    return new Turn<Pushed>(
      `${this.name}:push`,
      this.pushers,
      (first) => {
        if (this.destroyed) return refused("destroyed");
        if (this.stopping) return refused("stopping");
        if (!first || this.items.length >= this.max) return PENDING;
        this.items.push(item);
        this.poppers.first?.wake();
        return [true];
      },
      () => refused("timeout"),
      limit(timeout, "queue:push"),
    );
  }

  /**
   * Take the first item; wait for one.
   *
   * @param timeout seconds (default 10); 0 only tries
   * @returns `[item]` (which may be undefined: look at the error); "timeout", or "destroyed". Cancelling takes nothing.
   */
  pop(timeout: number = DEFAULT_TIMEOUT): Operation<Popped<T>> {
    return new Turn<Popped<T>>(
      `${this.name}:pop`,
      this.poppers,
      (first) => {
        if (this.destroyed) return refused("destroyed");
        if (!first || this.items.length === 0) return PENDING;
        const item = this.items.shift();
        this.pushers.first?.wake();
        if (this.stopping && this.items.length === 0) this.destroy();
        return [item];
      },
      () => refused("timeout"),
      limit(timeout, "queue:pop"),
    );
  }

  /** Take no more items; it is destroyed when those that are there have been popped. `[true]`, or "destroyed". */
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
   */
  *finish(
    timeout: number = DEFAULT_TIMEOUT,
    keep = false,
  ): Operation<[true] | Refused<"timeout" | "destroyed">> {
    const seconds = limit(timeout, "queue:finish");
    const [, error] = this.stop();
    if (error) return refused(error);
    const done = (): boolean => this.destroyed && this.workers.size === 0;
    const what = `${this.name}:finish`;
    if (yield* new Until(what, "inactive", this.changed, done, seconds)) return [true];
    if (!keep) this.destroy();
    return refused("timeout");
  }

  /** Of no more use, and so are the items in it: all who wait get "destroyed", later calls too. Always `[true]`. */
  destroy(): [true] {
    this.destroyed = true;
    this.items.clear();
    for (const list of [this.poppers, this.pushers, this.changed]) list.wakeAll();
    return [true];
  }

  /**
   * Start a fiber that runs `work` for one item after the other, until the queue is destroyed. It is a child of the
   * caller.
   *
   * @param errorhandler takes what `work` throws; the worker goes on with the next item
   * @returns the fiber
   */
  *add_worker(
    work: (item: T) => Operation<unknown> | void,
    errorhandler: WorkerErrorHandler = printError,
  ): Operation<Fiber> {
    if (typeof work !== "function")
      throw new TypeError("queue:add_worker takes a function of an item");
    const name = `${this.name}:worker_${this.workers.size + 1}`;
    const ended = (fiber: Fiber): void => {
      this.workers.delete(fiber);
      this.changed.wakeAll();
    };
    const worker = yield* fork(() => this.work(work, errorhandler), { name, ended });
    this.workers.add(worker as Fiber);
    return worker as Fiber;
  }

  private *work(
    work: (item: T) => Operation<unknown> | void,
    errorhandler: WorkerErrorHandler,
  ): Operation<void> {
    const me = (yield* useFiber())!;
    for (;;) {
      const [item, error] = yield* this.pop(Infinity);
      if (error) return;
      try {
        const operation = work(item as T);
        if (operation !== undefined) yield* operation;
      } catch (error) {
        errorhandler(error, me);
      }
    }
  }

  /** The fibers of {@link add_worker}. */
  get_workers(): Fiber[] {
    return [...this.workers];
  }

  /** How many items wait: `[size]`, or "destroyed". */
  get_size(): [size: number] | Refused<"destroyed"> {
    return this.destroyed ? refused("destroyed") : [this.items.length];
  }
}

function printError(error: unknown, worker: Fiber): void {
  console.error(`${worker.name}: ${errorText(error)}`);
}

export const queue = {
  /** A queue. (Copas: queue.new) */
  new: <T>(options?: QueueOptions): Queue<T> => new Queue<T>(options),
} as const;
