/** What the primary process does about its workers, which are none here. */
import { inspect } from "node:util";
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, sleep } from "cosocket";
import type { ClusterEvent } from "cosocket/cluster";
import { simulate } from "cosocket/testing";
import { checkCluster } from "../../../src/cluster/options.js";
import { Supervisor } from "../../../src/cluster/primary.js";
import { FakeCluster, obedient, simulated } from "../../support/fake-cluster.js";
import { FakeWorker } from "../../support/fake-worker.js";

/** It is reloaded after some seconds, and seen for some more. */
const reloadedAt = (seconds: number, more: number) =>
  function* ({ supervisor }: FakeCluster): Operation<void> {
    yield* sleep(seconds);
    supervisor.reloads.ask("a test");
    yield* sleep(more);
  };

describe("the supervisor of a cluster", () => {
  it("starts a worker that has died again, after pauses that grow up to a maximum", async () => {
    const { events } = await simulated(
      { backoff: { initial: 1, factor: 2, maximum: 3 } },
      (worker, before) => (before < 4 ? worker.exits(1) : obedient(worker)),
      () => sleep(20),
    );
    expect(events.filter((line) => /restart|ready/.test(line))).to.deep.equal([
      "0 restart in 1",
      "1 restart in 2",
      "3 restart in 3",
      "6 restart in 3",
      "9 ready 1:5",
    ]);
  });

  it("begins with the shortest pause again for one that has been ready for as long as the longest", async () => {
    const { events } = await simulated(
      { backoff: { initial: 1, factor: 2, maximum: 4 } },
      (worker, before) => {
        if (before < 2) return worker.exits(1);
        obedient(worker);
      },
      function* ({ workers }) {
        yield* sleep(8); // it was ready at 3
        workers[2]!.exits(1);
        yield* sleep(6); // and at 9
        workers[3]!.exits(1);
        yield* sleep(4); // and at 15
        workers[4]!.exits(1);
        yield* sleep(1);
      },
    );
    expect(events.filter((line) => line.includes("restart"))).to.deep.equal([
      "0 restart in 1",
      "1 restart in 2",
      "8 restart in 1",
      "14 restart in 1",
      "18 restart in 2",
    ]);
  });

  it("gives up, and names the worker and what it died of, when one dies again and again", async () => {
    const { value } = await simulate({}, function* () {
      const cluster = new FakeCluster({ workers: 2, backoff: { attempts: 3 } }, (worker, before) =>
        before === 0 ? obedient(worker) : worker.exits(7),
      );
      let error: unknown;
      yield* fork(() => cluster.supervisor.run(), { boundary: (thrown) => (error = thrown) });
      yield* sleep(60);
      return { error, cluster };
    });
    expect(value.error).to.include({ name: "ClusterError", code: "CRASH_LOOP" });
    expect((value.error as Error).message).to.equal(
      "cluster: worker 2 has died 3 times in a row, each time soon after it was started; the last time: exit code 7",
    );
    expect(value.cluster.workers.at(0)!.told.at(-1)).to.include({ cosocket: "drain", last: true });
  });

  it("says of one that was never ready that it was killed for that, and not by which signal", async () => {
    const { value } = await simulate({}, function* () {
      const options = { readyTimeout: 5, backoff: { attempts: 2 } };
      const cluster = new FakeCluster(options, (worker) => worker.says("hello"));
      let error: unknown;
      yield* fork(() => cluster.supervisor.run(), { boundary: (thrown) => (error = thrown) });
      yield* sleep(60);
      return { error, cluster };
    });
    expect((value.error as Error).message).to.match(/the last time: it was not ready within 5 s$/);
    expect(value.cluster.said).to.include(
      "worker 1 (pid 1001) has ended: it was not ready within 5 s",
    );
  });

  it("reports that a worker ends before that another one is started, also when its end takes long", async () => {
    const cluster = await simulated(
      {},
      (worker, before) => (before === 0 ? worker.begins() : obedient(worker)),
      function* ({ workers }) {
        yield* sleep(1);
        workers[0]!.says("closing");
        yield* sleep(1);
        workers[0]!.exits(143);
        workers[1]!.exits(null, "SIGKILL");
        yield* sleep(1);
      },
    );
    expect(cluster.said).to.deep.equal([
      "worker 1 (pid 1001) ends by itself: worker 1 is started again in 0.1 s, for the 1st time in a row",
      "worker 1 (pid 1001) has ended by itself: exit code 143",
      "worker 1 (pid 1002) has ended by itself: signal SIGKILL",
      "worker 1 is started again in 0.2 s, for the 2nd time in a row",
    ]);
  });

  it("says of a worker that ends without an error that its body returned", async () => {
    const { value } = await simulate({}, function* () {
      const cluster = new FakeCluster({ backoff: { attempts: 1 } }, (worker) => worker.exits(0));
      let error: unknown;
      yield* fork(() => cluster.supervisor.run(), { boundary: (thrown) => (error = thrown) });
      yield* sleep(1);
      return error as Error;
    });
    expect(value.message).to.match(/the last time: its body returned$/);
  });

  it("kills a worker that is not ready in time, and starts another", async () => {
    const { events } = await simulated(
      { readyTimeout: 5 },
      (worker, before) => (before === 0 ? worker.says("hello") : obedient(worker)),
      () => sleep(10),
    );
    expect(events.slice(0, 6)).to.deep.equal([
      "0 start 1:1",
      "5 kill 1:1 it was not ready within 5 s",
      "5 exit 1:1",
      "5 restart in 0.1",
      "5.1 start 1:2",
      "5.1 ready 1:2",
    ]);
  });

  it("takes one that ends by itself, and says so, for gone, and does not wait for its end", async () => {
    const cluster = await simulated(
      { grace: 5 },
      (worker) => worker.begins(),
      function* ({ workers }) {
        yield* sleep(1);
        workers[0]!.says("closing");
        yield* sleep(1);
        workers[1]!.on("told", () => workers[1]!.exits(0));
        yield* sleep(10);
      },
    );
    expect(cluster.events.slice(2, 7)).to.deep.equal([
      "1.2 restart in 0.1",
      "1.3 start 1:2",
      "1.3 ready 1:2",
      "8.2 kill 1:1 it has not ended within 7 s",
      "8.2 exit 1:1",
    ]);
  });

  it("reloads one worker after the other, the new one first", async () => {
    const cluster = await simulated({ workers: 2 }, obedient, reloadedAt(1, 1));
    expect(cluster.of("").slice(4, -3)).to.deep.equal([
      "reload a test",
      ...["start 1:3", "ready 1:3", "exit 1:1"],
      ...["start 2:4", "ready 2:4", "exit 2:2"],
      "reloaded null",
    ]);
  });

  it("gives up a reload whose new worker dies, and goes on with the old ones", async () => {
    const cluster = await simulated(
      { workers: 2 },
      (worker, before) => (before < 2 ? obedient(worker) : worker.exits(1)),
      function* ({ supervisor }) {
        yield* sleep(1);
        supervisor.reloads.ask("a test");
        yield* sleep(30);
        expect([...supervisor.children].map(({ id }) => id)).to.deep.equal([1, 2]);
      },
    );
    expect(cluster.of("reloaded")).to.deep.equal([
      "reloaded the new worker 1 was not ready: exit code 1",
    ]);
  });

  it("reloads once more when that was asked for meanwhile, however often", async () => {
    const cluster = await simulated({}, obedient, function* ({ supervisor }) {
      yield* sleep(1);
      for (let i = 0; i < 3; i++) supervisor.reloads.ask("the first");
      yield* sleep(0);
      for (let i = 0; i < 3; i++) supervisor.reloads.ask("meanwhile");
      yield* sleep(1);
    });
    expect(cluster.of("reload").map((line) => line.split(" ")[0])).to.deep.equal([
      ...["reload", "reloaded"],
      ...["reload", "reloaded"],
    ]);
    expect(cluster.workers).to.have.lengthOf(3);
  });

  it("has a reload take the place of a worker that waits to be started again", async () => {
    const cluster = await simulated(
      { backoff: { initial: 10 } },
      (worker, before) => (before === 0 ? worker.exits(1) : obedient(worker)),
      reloadedAt(1, 20),
    );
    expect(cluster.events.slice(2, 6)).to.deep.equal([
      "0 restart in 10",
      "1 reload a test",
      "1 start 1:2",
      "1 ready 1:2",
    ]);
    expect(cluster.workers).to.have.lengthOf(2);
  });

  it("starts no other worker while a reload's is not ready, and gives up none that it replaces", async () => {
    const cluster = await simulated(
      { backoff: { initial: 1, attempts: 2 } },
      (worker, before) => {
        worker.says("hello");
        if (before === 0) worker.exits(1);
        else if (before === 1) setTimeout(() => worker.exits(1), 2000);
        else setTimeout(() => obedient(worker), 5000);
      },
      reloadedAt(2, 20),
    );
    expect(cluster.events.slice(2, -2)).to.deep.equal([
      "0 restart in 1",
      "1 start 1:2",
      "2 reload a test",
      "2 start 1:3",
      "3 exit 1:2",
      "7 ready 1:3",
      "7 reloaded null",
    ]);
  });

  it("goes on with its pause when a reload that began in it comes to nothing", async () => {
    const { events } = await simulated(
      { backoff: { initial: 5 } },
      (worker) => worker.exits(1),
      reloadedAt(1, 5),
    );
    expect(events.filter((line) => line.includes("start"))).to.deep.equal([
      ...["0 start 1:1", "0 restart in 5", "1 start 1:2", "5 start 1:3", "5 restart in 10"],
    ]);
  });

  it("says of one that could not be started why, and tries again", async () => {
    const { said, workers } = await simulated(
      {},
      (worker, before) => {
        if (before > 0) return obedient(worker);
        worker.process.pid = undefined;
        worker.emit("error", new Error("spawn node EMFILE"));
      },
      () => sleep(1),
    );
    expect(said).to.deep.equal([
      "worker 1 has ended: it could not be started: spawn node EMFILE",
      "worker 1 is started again in 0.1 s, for the 1st time in a row",
    ]);
    expect(workers).to.have.lengthOf(2);
  });

  it("goes on when no process can be started for a reload", async () => {
    const cluster = await simulated({}, obedient, function* ({ supervisor, refuses }) {
      yield* sleep(1);
      refuses(new Error("spawn E2BIG"));
      supervisor.reloads.ask("a test");
      yield* sleep(1);
      expect(supervisor.children.size).to.equal(1);
    });
    expect(cluster.said).to.deep.equal([
      "reload: a test",
      "worker 1 has ended: it could not be started: spawn E2BIG",
      "reload: given up, and those before go on: the new worker 1 was not ready: it could not be started: spawn E2BIG",
    ]);
  });

  it("says how the new worker of a reload has ended, though it leaves first", async () => {
    const cluster = await simulated(
      {},
      (worker, before) => {
        if (before === 0) return obedient(worker);
        worker.leaves();
        setImmediate(() => worker.exits(null, "SIGSEGV"));
      },
      reloadedAt(1, 1),
    );
    expect(cluster.of("reloaded")).to.deep.equal([
      "reloaded the new worker 1 was not ready: signal SIGSEGV",
    ]);
  });

  it("has nobody end by himself whom the signal reached that ends all", async () => {
    const cluster = await simulated({ workers: 2 }, obedient, function* ({ workers }) {
      yield* sleep(1);
      workers[0]!.says("closing");
      yield* sleep(0.1);
    });
    expect(cluster.of("exit")).to.have.lengthOf(2);
    expect(cluster.said).to.deep.equal([]);
  });

  it("kills old workers that do not end in a reload, and goes on with it", async () => {
    const cluster = await simulated(
      { grace: 3 },
      (worker, before) => (before === 0 ? worker.begins() : obedient(worker)),
      reloadedAt(1, 20),
    );
    expect(cluster.events.slice(5, 8)).to.deep.equal([
      "6 kill 1:1 it has not ended within 5 s",
      "6 exit 1:1",
      "6 reloaded null",
    ]);
  });

  it("ends all when it is halted in the middle of a reload, also what is not ready", async () => {
    const cluster = await simulated(
      {},
      (worker, before) => {
        if (before === 0) obedient(worker);
      },
      reloadedAt(1, 1),
    );
    expect(cluster.of("exit")).to.have.members(["exit 1:1", "exit 1:2"]);
    expect(cluster.workers.map(({ killed }) => killed)).to.deep.equal([[], ["SIGKILL"]]);
  });

  it("ends with the error of an onevent that throws, once all workers have ended", async () => {
    const { value } = await simulate({}, function* () {
      let error: unknown;
      const worker = new FakeWorker(1);
      const settings = checkCluster(() => sleep(0), {
        workers: 1,
        onevent({ event }: ClusterEvent) {
          if (event === "ready") throw new Error("no");
        },
      });
      const supervisor = new Supervisor(settings, () => {
        setImmediate(() => obedient(worker));
        return worker.asWorker;
      });
      yield* fork(() => supervisor.run(), { boundary: (thrown) => (error = thrown) });
      yield* sleep(1);
      return { error, worker };
    });
    expect(value.error).to.have.property("message", "no");
    expect(value.worker.told.map(({ cosocket }) => cosocket)).to.deep.equal(["drain"]);
  });

  it("tells its primary operation when all workers are ready, and when all are to end", async () => {
    const seen: string[] = [];
    await simulated(
      {
        workers: 2,
        *primary(primary) {
          seen.push(`${(yield* primary.ready()).join()} ${primary.workers.join()}`);
          yield* primary.closing();
          seen.push(`closing ${primary.workers.join()}`, `${primary.isClosing}`);
          seen.push(`${(yield* primary.ready())[1]}`);
        },
      },
      (worker, before) => {
        worker.says("hello");
        if (before === 0) return obedient(worker);
        setTimeout(() => {
          seen.push("the last one");
          obedient(worker);
        }, 1000);
      },
      () => sleep(5),
    );
    const both = "worker 1 (pid 1001),worker 2 (pid 1002)";
    expect(seen).to.deep.equal(["the last one", `1 ${both}`, `closing ${both}`, "true", "closed"]);
  });

  it("shows workers in logs by what they are called, and in JSON by plain data", async () => {
    const shown: string[] = [];
    await simulated(
      {
        *primary(primary) {
          yield* primary.ready();
          const [worker] = primary.workers;
          shown.push(JSON.stringify({ event: "ready", worker }), inspect({ worker, primary }));
        },
      },
      obedient,
      () => sleep(1),
    );
    expect(shown).to.deep.equal([
      '{"event":"ready","worker":{"id":1,"slot":1,"pid":1001,"state":"ready"}}',
      "{ worker: worker 1 (pid 1001), primary: primary process (workers: 1) }",
    ]);
  });
});
