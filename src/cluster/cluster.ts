/** `cluster`: one program, several processes of it. */
import nodeCluster from "node:cluster";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import type { Operation } from "effection";
import { fork, operation, type Yieldable } from "../../reactor/index.js";
import { current } from "../network/index.js";
import { SLOT } from "../object/index.js";
import { ClusterError } from "./errors.js";
import { noLink, processLink } from "./link.js";
import { checkCluster, type Settings } from "./options.js";
import { Supervisor } from "./primary.js";
import { startWorker } from "./start.js";
import type { ClusterOptions, Worker } from "./types.js";
import { ClusterWorker, type Identity } from "./worker.js";

/**
 * Run `body` in several processes of this program, each with a reactor of its own, on a core of its own.
 *
 * The program is started as one process, the primary: there `cluster` starts the workers, which run the same program, and looks after them. In a worker, `cluster`
 * runs the body. What comes before it runs in each of them. So does what comes behind it, at the end of each.
 *
 * - A worker that ends by itself, however, is followed by another, after a pause that grows; when that is in vain, `cluster` throws a {@link ClusterError}.
 * - SIGHUP, in the primary process, replaces all workers, one after the other: the new one, of the program as it is then, is ready before the old one is to end.
 * - SIGTERM and SIGINT, and halting it, let all workers end, and then `cluster` returns.
 * - A worker that is to end has its servers closed: `serve` drains, and returns, and so should the body. It is halted after `grace` seconds.
 * - What the kernel has taken as a connection is served: no reload, and no death of a worker, refuses one, or loses one that nobody has accepted.
 *
 * TypeError for options that are misspelt or wrong. See docs/cluster.md.
 *
 * @param body what each worker runs, until it is to end
 *
 * @example
 * await main(function* () {
 *   yield* cluster(function* () {
 *     const server = socket.try(yield* socket.bind("*", 7777));
 *     yield* serve(server, handler, { idle: "close" });
 *   });
 * });
 */
export function cluster(
  body: (worker: Worker) => Operation<unknown>,
  options: ClusterOptions = {},
): Yieldable<void> {
  const settings = checkCluster(body, options);
  return operation("cluster", function* (): Operation<void> {
    if (current.network.transport === "simulated")
      return yield* yield* fork(() => alone(body, settings), { name: "worker" });
    begin();
    try {
      const running = nodeCluster.isWorker ? asWorker(body, settings) : asPrimary(settings);
      here.begun = true;
      yield* yield* fork(() => running, { name: nodeCluster.isWorker ? "worker" : "cluster" });
    } finally {
      here.running = false;
    }
  });
}

/** In a simulation there are no processes. */
function alone(body: (worker: Worker) => Operation<unknown>, { grace }: Settings): Operation<void> {
  const identity = { alone: true, heard: false, id: 1, slot: 1, workers: 1 };
  return new ClusterWorker(identity, noLink(), grace).run(body);
}

/** Of `cluster`, in this process. */
const here = { running: false, begun: false };

function begin(): void {
  if (!isMainThread)
    throw new ClusterError(
      "PROGRAM",
      "cluster runs in the main thread of a process: signals come only there, and each worker would run the whole program, and start that thread again",
    );
  if (here.running)
    throw new ClusterError(
      "BUSY",
      "cluster runs already in this process: put all servers into one body",
    );
  if (here.begun) {
    // The primary process has let a worker go, and gives it no sockets any more.
    const why = nodeCluster.isWorker
      ? "worker process, which is to end, too"
      : "process, and workers of another one would run the body of the first";
    throw new ClusterError(
      "BUSY",
      `cluster has ended in this ${why}: call it at one place of the program, once`,
    );
  }
  here.running = true;
}

function asWorker(
  body: (worker: Worker) => Operation<unknown>,
  { grace, primary }: Settings,
): Operation<void> {
  return new ClusterWorker(identity(primary !== undefined), processLink(), grace).run(body);
}

function identity(heard: boolean): Identity {
  const told = process.env[SLOT];
  if (told === undefined)
    throw new ClusterError(
      "PRIMARY",
      "cluster: this is a worker of node:cluster whose primary process does not run cluster; under PM2 start it in fork mode, without -i",
    );
  const [slot = 1, workers = 1] = told.split("/").map(Number);
  return { alone: false, heard, id: nodeCluster.worker!.id, slot, workers };
}

/** Of a program on standard input the second process that reads it gets nothing. */
function mustHaveFile(file: string | undefined): void {
  if (file !== undefined && file !== "-") return;
  throw new ClusterError(
    "PROGRAM",
    "cluster: the workers run the program's file, and this program has none (node -e, or standard input)",
  );
}

function asPrimary(settings: Settings): Operation<void> {
  // Servers of Node's own: what is dealt out by messages is lost with a worker that is killed.
  if (process.env["NODE_CLUSTER_SCHED_POLICY"] === undefined)
    nodeCluster.schedulingPolicy = nodeCluster.SCHED_NONE;
  nodeCluster.setupPrimary({ serialization: "advanced" });
  mustHaveFile(nodeCluster.settings.exec);
  const { workers } = settings;
  return new Supervisor(settings, (slot) => startWorker(slot, workers)).run();
}
