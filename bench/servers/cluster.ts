/** A line echo server in several processes: what a request costs, and how they are dealt out. The load is started from here, since only the processes know. */
import { spawn, spawnSync } from "node:child_process";
import nodeCluster from "node:cluster";
import { cpus } from "node:os";
import type { Operation } from "effection";
import { fork, run, serve, sleep, socket } from "cosocket";
import { cluster, type Primary, type Worker } from "cosocket/cluster";
import { nodeCommand, pinned } from "../processes.js";
import { lineEcho } from "./echo.js";

export type Measured = "cost" | "share";

/** What has been served by each process, and its processor's seconds, until now. */
interface Moment {
  served: number[];
  cpu: number;
}

/**
 * @param seconds of the workers' processors, for which it is measured
 * @param warmup the same, before that
 * @returns requests per CPU second of the workers, in thousands; or the part of them that the busiest worker has served, in percent
 */
export function clusterFigure(
  workers: number,
  reusePort: boolean,
  what: Measured,
  seconds: number,
  warmup: number,
): Promise<number> {
  // They are about cores.
  if (pinned) spawnSync("taskset", ["-acp", `0-${cpus().length - 1}`, String(process.pid)]);
  let figure = NaN;
  return run(function* () {
    yield* cluster(body, {
      workers,
      reusePort,
      grace: 0,
      onevent: () => {},
      *primary(primary) {
        const [port] = yield* answers(primary, workers);
        const { words } = nodeCommand("load/main.js", ["churn-fin", String(port), "--seconds=600"]);
        const load = spawn(words[0]!, words.slice(1), { stdio: "ignore" });
        try {
          const start = yield* used(primary, warmup);
          figure = figureOf(what, start, yield* used(primary, seconds, start));
        } finally {
          load.kill("SIGKILL");
        }
        process.kill(process.pid, "SIGTERM");
      },
    });
    // Only the primary process knows it.
    return nodeCluster.isWorker ? process.exit() : figure;
  });
}

/** Says the port, and whenever it is asked how many it has served. */
function* body(worker: Worker): Operation<void> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  yield* worker.send(server.getsockname()[1]);
  const echo = lineEcho();
  let served = 0;
  yield* fork(function* () {
    while (!(yield* worker.receive())[1]) yield* worker.send(served);
  });
  yield* serve(server, function* (client) {
    yield* echo(client) as Operation<void>;
    served++;
  });
}

/** What each worker says. */
function* answers(primary: Primary, workers: number): Operation<number[]> {
  const said: number[] = [];
  for (let i = 0; i < workers; i++) {
    const [letter, err] = yield* primary.receive();
    if (err) throw new Error(err);
    said[letter.worker.slot - 1] = letter.message as number;
  }
  return said;
}

function* moment(primary: Primary): Operation<Moment> {
  const served = yield* answers(primary, yield* primary.broadcast("served?"));
  let cpu = 0;
  for (const status of yield* primary.status()) cpu += status.cpu!;
  return { served, cpu };
}

/** When the workers' processors have been used for so long since `from`: on a machine that has other things to do that takes longer. */
function* used(primary: Primary, seconds: number, from?: Moment): Operation<Moment> {
  for (let start = from; ; yield* sleep(0.1)) {
    const now = yield* moment(primary);
    start ??= now;
    if (now.cpu - start.cpu >= seconds && total(now) > total(start)) return now;
  }
}

const total = ({ served }: Moment): number => served.reduce((sum, count) => sum + count);

function figureOf(what: Measured, before: Moment, after: Moment): number {
  const served = after.served.map((count, i) => count - before.served[i]!);
  const all = total(after) - total(before);
  return what === "cost"
    ? all / (after.cpu - before.cpu) / 1000
    : (Math.max(...served) / all) * 100;
}
