/** What `cluster` takes, and what it gives to the operations that it runs. */
import type { Operation } from "effection";
import type { BackoffOptions } from "../reconnect/index.js";
import type { FiberState, Received, Sent, Status, Yieldable } from "../../reactor/index.js";

export type { Received, Sent, Status };

/** Options of `cluster`. TypeError for others, at the call. See docs/cluster.md. */
export interface ClusterOptions {
  /** How many worker processes. Default: `os.availableParallelism()`. */
  workers?: number;
  /**
   * Each worker listens at a socket of its own, and the kernel deals connections out among them by their addresses (SO_REUSEPORT). Default: all listen at
   * the same, and who is free takes the next. Error where Node cannot: before 22.12 and 23.1, and elsewhere than on Linux.
   */
  reusePort?: boolean;
  /** Seconds that a worker may take to end, when it is to: then its body is halted, and two seconds later it is killed. Default 20. */
  grace?: number;
  /**
   * The pauses before a worker that has ended by itself is started again; `attempts`: how often in a row that may be before `cluster` gives up, default 10. One
   * that has been ready for as long as the longest pause has come to stay: after it they begin anew.
   */
  backoff?: BackoffOptions;
  /** Seconds after which a worker that is not ready is killed. Default 60. */
  readyTimeout?: number;
  /** Runs in the primary process, beside the workers, until they have ended. Its error ends the cluster. */
  primary?: (primary: Primary) => Operation<unknown>;
  /** Told of what happens to the workers, in the primary process. A plain function. Default: prints on stderr what somebody should know. */
  onevent?: (event: ClusterEvent) => void;
}

/** "starting", until it is ready; "closing", from when it is to end, or wants to. */
export type WorkerState = "starting" | "ready" | "closing" | "ended";

/** A worker process, for its body. */
export interface Worker {
  /** Its number, which no other process of the cluster ever has. (node:cluster: `worker.id`) */
  readonly id: number;
  /** Its place among the workers, from 1: whoever is started in its stead has the same. */
  readonly slot: number;
  /** How many workers there are. */
  readonly workers: number;
  /** Whether it is to end. */
  readonly isClosing: boolean;
  /**
   * Wait until it is to end. Gives `[1]`. Cancelling changes nothing.
   *
   * @example
   * yield* race([worker.closing(), () => sleep(60)]); // every minute, until then
   */
  closing(): Yieldable<[1]>;
  /**
   * Say that it is ready. Not needed where it listens: its first server says so.
   *
   * @example worker.ready();
   */
  ready(): void;
  /**
   * Send a message to the primary process: anything that can be cloned (structuredClone). Waits while a thousand, or 16 MiB, are there that nobody has received.
   *
   * @returns `[true]`, when it has left; "closed": the primary process has ended, or the channel to it, or `cluster` was given no `primary` that could receive it. TypeError for what cannot be cloned.
   * Cancelling takes it back, if it has not left.
   *
   * @example
   * const [, err] = yield* worker.send({ served: 7 });
   * if (err) return; // "closed"
   */
  send(message: unknown): Yieldable<Sent>;
  /**
   * Receive the next message of the primary process. Gives `[message]`, or "closed". Cancelling takes nothing.
   *
   * @example
   * const [message, err] = yield* worker.receive();
   * if (err) return; // "closed"
   */
  receive(): Yieldable<Received<unknown>>;
}

/** A worker process, as the primary process sees it. */
export interface WorkerProcess {
  readonly id: number;
  readonly slot: number;
  readonly pid: number | undefined;
  readonly state: WorkerState;
  /** As {@link Worker.send}, to it. "closed": it has ended. */
  send(message: unknown): Yieldable<Sent>;
}

/** What a cluster's primary process can do. */
export interface Primary {
  /** Its live processes, by their slots: while one is replaced, its slot has two. */
  readonly workers: readonly WorkerProcess[];
  /**
   * Wait until each slot has a worker that is ready: the cluster serves. Cancelling changes nothing.
   *
   * @returns `[1]`, at once if it is so now; "closed": all are to end
   *
   * @example
   * const [, err] = yield* primary.ready();
   * if (!err) console.log("serves");
   */
  ready(): Yieldable<Received<1>>;
  /** Whether all are to end: SIGTERM, SIGINT, a halt, an error. */
  readonly isClosing: boolean;
  /**
   * Wait until all are to end: their drain begins then, and this operation is halted when it is over. Gives `[1]`. Cancelling changes nothing.
   *
   * @example
   * yield* primary.closing();
   * console.log("drains");
   */
  closing(): Yieldable<[1]>;
  /**
   * Receive the next message of any worker. "closed": the cluster has ended. Cancelling takes nothing.
   *
   * @example
   * const [letter, err] = yield* primary.receive();
   * if (err) return; // "closed"
   * yield* letter.worker.send(letter.message);
   */
  receive(): Yieldable<Received<{ message: unknown; worker: WorkerProcess }>>;
  /**
   * Send a message to all workers that live. Gives how many got it. Cancelling takes it back from those to whom it has not left.
   *
   * @example const workers = yield* primary.broadcast({ motd: "hello" });
   */
  broadcast(message: unknown): Yieldable<number>;
  /**
   * Replace all workers, one after the other, as SIGHUP does. Gives `[true]`, or why it went no further: those that were not replaced go on. Cancelling stops
   * the waiting, not the reload.
   *
   * @example
   * const [, err] = yield* primary.reload();
   * if (err) console.error(err);
   */
  reload(): Yieldable<[value: true, error?: undefined] | [value: undefined, error: string]>;
  /**
   * What the workers are doing: each is asked, and has a second to answer.
   *
   * @example for (const { slot, state, cpu } of yield* primary.status()) console.log(slot, state, cpu);
   */
  status(): Yieldable<WorkerStatus[]>;
  /**
   * All their fibers: each worker is asked, and has a second to answer.
   *
   * @example for (const { slot, fibers } of yield* primary.fibers()) console.log(slot, fibers?.length);
   */
  fibers(): Yieldable<WorkerFibers[]>;
}

/** Plain data, also as JSON. */
export interface WorkerStatus {
  id: number;
  slot: number;
  pid: number | null;
  state: WorkerState;
  /** Seconds since it was started. */
  seconds: number;
  /** How often in a row the workers of its slot have died, and how often in all they were followed by another. */
  failures: number;
  restarts: number;
  /** Bytes of memory; null, as what follows: it has not answered. */
  memory: number | null;
  /** Seconds of the processor that it has used. */
  cpu: number | null;
  /** Its fibers, counted. */
  reactor: Status | null;
}

/** Plain data, also as JSON. */
export interface WorkerFibers {
  id: number;
  slot: number;
  pid: number | null;
  /** As `fibers()` lists them there; null: it has not answered. */
  fibers:
    | {
        name: string;
        state: FiberState;
        parent: string | undefined;
        waitsFor: string | undefined;
        seconds: number | undefined;
      }[]
    | null;
}

/** What happens to the workers. */
export type ClusterEvent =
  | { event: "start" | "ready"; worker: WorkerProcess }
  /** Its process has ended; `asked`: it was to. `reason`: why the cluster has killed it, or could not start it; null: it has done so itself. */
  | {
      event: "exit";
      worker: WorkerProcess;
      code: number | null;
      signal: string | null;
      asked: boolean;
      reason: string | null;
    }
  /** It ends, or has ended, by itself: in so many seconds another one is started in its slot, where so many in a row have died. */
  | {
      event: "restart";
      worker: WorkerProcess;
      slot: number;
      seconds: number;
      failures: number;
    }
  /** It was killed, because it was not ready, or had not ended, in time. */
  | { event: "kill"; worker: WorkerProcess; reason: string }
  | { event: "reload"; reason: string }
  | { event: "reloaded"; error: string | null }
  /** All are to end. */
  | { event: "drain"; reason: string };
