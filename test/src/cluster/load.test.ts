/** Reloads, and deaths of workers, while clients come. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { check } from "../../support/check.js";
import { Clients, type RunningCluster, workers } from "../../support/cluster.js";
import { onlyInCI, times } from "../../support/counts.js";
import { reusePortHere } from "../../support/reuse-port.js";

const ROUNDS = times(1, 10);
const RATE = 200;
const WORKERS = times(1, 2);
const SAME = "it is the same with another socket";

function* reloaded(cluster: RunningCluster): Operation<void> {
  cluster.mark();
  cluster.signal("SIGHUP");
  const outcome = yield* call(() => cluster.next("reloaded"));
  expect(outcome).to.contain('"error":null');
}

/** The youngest worker that is ready, killed, and its successor ready. */
function* killed(cluster: RunningCluster, clients: Clients): Operation<void> {
  const ready = [...cluster.out.matchAll(/\[ready\] (\d+):(\d+)/g)].at(-1)!;
  cluster.mark();
  clients.ordered++;
  process.kill(Number(ready[2]), "SIGKILL");
  yield* call(() => cluster.next("exit", ready[1]));
  clients.happened++;
  yield* call(() => cluster.next("ready", ready[1]));
}

function* placeOf(cluster: RunningCluster): Operation<{ port: number; host: string }> {
  const [, port] = (yield* call(() => cluster.next("at"))).split(":");
  return { port: Number(port), host: "127.0.0.1" };
}

function* underLoad(
  body: string,
  options: object,
  at: string,
): Operation<{ cluster: RunningCluster; clients: Clients }> {
  const cluster = yield* workers(body, options, at);
  yield* call(() => cluster.next("ready", undefined, WORKERS));
  const clients = new Clients(at === "" ? yield* placeOf(cluster) : { path: at }, RATE);
  for (let round = 0; round < ROUNDS; round++) {
    yield* reloaded(cluster);
    yield* killed(cluster, clients);
  }
  yield* call(() => clients.end());
  return { cluster, clients };
}

function* allAnswered(body: string, options: object, at = ""): Operation<void> {
  const { cluster, clients } = yield* underLoad(body, options, at);
  expect(clients.visits.length).to.be.above(0);
  expect(clients.lost).to.deep.equal([]);
  cluster.signal("SIGTERM");
  expect(yield* call(() => cluster.ends())).to.deep.equal({ code: 143, signal: null });
}

describe("a cluster, while clients come", function () {
  this.timeout(120_000);
  const options = { workers: WORKERS, backoff: { attempts: 100 } };

  it("answers every request through reloads, and loses none but those that a killed worker had", () =>
    check(() => allAnswered("echo", options)));

  it("does so with a socket for each worker", function () {
    if (!reusePortHere(this)) return;
    onlyInCI(this, SAME);
    return check(() => allAnswered("echo", { ...options, reusePort: true }));
  });

  it("does so at a Unix socket", function () {
    onlyInCI(this, SAME);
    const path = join(tmpdir(), `cosocket-cluster-${process.pid}.sock`);
    return check(() => allAnswered("unix", options, path));
  });
});
