/** A cluster whose workers are none, in virtual time: what its primary process does about them. */
import type { Operation } from "effection";
import { fork, sleep } from "cosocket";
import type { ClusterEvent, ClusterOptions } from "cosocket/cluster";
import { simulate } from "cosocket/testing";
import { reactor } from "cosocket/reactor";
import { checkCluster } from "../../src/cluster/options.js";
import { Supervisor } from "../../src/cluster/primary.js";
import { words } from "../../src/cluster/report.js";
import { unborn } from "../../src/cluster/start.js";
import { FakeWorker } from "./fake-worker.js";

/** A cluster, and all that happened in it. */
export class FakeCluster {
  readonly workers: FakeWorker[] = [];
  readonly events: string[] = [];
  /** What its report says. */
  readonly said: string[] = [];
  readonly supervisor: Supervisor;
  private refusal: Error | null = null;
  private readonly born = reactor.clock.now();

  /** @param like what each worker does when it was started, told how many came before it */
  constructor(options: ClusterOptions, like: (worker: FakeWorker, before: number) => void) {
    const onevent = (event: ClusterEvent): void => {
      this.events.push(this.line(event));
      const text = words(event);
      if (text !== null) this.said.push(text);
    };
    const settings = checkCluster(() => sleep(0), { workers: 1, ...options, onevent });
    this.supervisor = new Supervisor(settings, () => {
      if (this.refusal !== null) return unborn(this.refusal);
      const worker = new FakeWorker(this.workers.length + 1);
      this.workers.push(worker);
      setImmediate(() => like(worker, worker.id - 1));
      return worker.asWorker;
    });
  }

  private line(event: ClusterEvent): string {
    const at = Math.round((reactor.clock.now() - this.born) * 1000) / 1000;
    return `${at} ${event.event}${about(event)}`;
  }

  /** No process can be started from now on. */
  readonly refuses = (error: Error): void => void (this.refusal = error);

  /** What happened of a kind, without the time. */
  of(kind: string): string[] {
    return this.events.map((line) => line.replace(/^\S+ /, "")).filter((l) => l.startsWith(kind));
  }
}

function about(event: ClusterEvent): string {
  switch (event.event) {
    case "restart":
      return ` in ${event.seconds}`;
    case "start":
    case "ready":
    case "exit":
      return ` ${event.worker.slot}:${event.worker.id}`;
    case "kill":
      return ` ${event.worker.slot}:${event.worker.id} ${event.reason}`;
    case "reloaded":
      return ` ${event.error}`;
    default:
      return ` ${event.reason}`;
  }
}

/** Ends when it is told to. */
export function obedient(worker: FakeWorker): void {
  worker.on("told", ({ cosocket }: { cosocket: string }) => {
    if (cosocket === "drain") setImmediate(() => worker.exits(0));
  });
  worker.begins();
}

/** Run a cluster in virtual time; then halt it. */
export async function simulated(
  options: ClusterOptions,
  like: (worker: FakeWorker, before: number) => void,
  test: (cluster: FakeCluster) => Operation<void>,
): Promise<FakeCluster> {
  const { value } = await simulate({}, function* () {
    const cluster = new FakeCluster(options, like);
    const running = yield* fork(() => cluster.supervisor.run());
    yield* test(cluster);
    yield* running.halt();
    return cluster;
  });
  return value;
}
