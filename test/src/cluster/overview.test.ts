/** What a cluster's primary process asks its workers, who are none here. */
import { expect } from "chai";
import { all, fork, sleep } from "cosocket";
import type { Primary } from "cosocket/cluster";
import { reactor } from "cosocket/reactor";
import { obedient, simulated } from "../../support/fake-cluster.js";
import type { FakeWorker } from "../../support/fake-worker.js";

const questions = ({ told }: FakeWorker): unknown[] =>
  told.filter(({ cosocket }) => cosocket === "question").map(({ question }) => question);

const memory = function* (primary: Primary) {
  return (yield* primary.status()).map(({ memory }) => memory);
};

describe("a reload", () => {
  it("is answered when all are to end, also if it was asked for after that", async () => {
    const answers: unknown[] = [];
    await simulated(
      {
        *primary(primary) {
          yield* sleep(1);
          const reload = function* () {
            answers.push(yield* primary.reload());
          };
          yield* all([reload()]);
          yield* reload();
        },
      },
      (worker, before) => {
        if (before > 0) return worker.begins();
        worker.begins();
        worker.on("told", ({ cosocket }: { cosocket: string }) => {
          if (cosocket === "drain") setTimeout(() => worker.exits(0), 5000);
        });
      },
      () => sleep(2),
    );
    const ends = [undefined, "all are to end"];
    expect(answers).to.deep.equal([ends, ends]);
  });
});

describe("the status of all workers", () => {
  it("is asked of a worker that does not answer once, however often somebody wants to know it", async () => {
    let known: (number | null)[] = [];
    const { workers } = await simulated(
      {
        *primary(primary) {
          yield* sleep(1);
          for (let i = 0; i < 20; i++) known = yield* memory(primary);
        },
      },
      obedient,
      () => sleep(60),
    );
    expect(known).to.deep.equal([null]);
    expect(questions(workers[0]!)).to.deep.equal(["status"]);
  });

  it("is for each who asks what it was after he had asked, also when another one asks meanwhile", async () => {
    const known: unknown[] = [];
    let asked = 0;
    await simulated(
      {
        *primary(primary) {
          yield* sleep(1);
          const note = function* () {
            known.push(yield* memory(primary));
          };
          yield* fork(note);
          yield* sleep(0.1);
          yield* all([note, note].map((ask) => ask()));
        },
      },
      (worker) => {
        worker.on("told", ({ cosocket, question }: { cosocket: string; question: string }) => {
          if (cosocket !== "question") return;
          const value = { memory: ++asked };
          setTimeout(() => worker.says("answer", { question, value }), 200);
        });
        obedient(worker);
      },
      () => sleep(5),
    );
    expect(known).to.deep.equal([[1], [2], [2]]);
  });

  it("is known at once of a worker that does not run the cluster yet, or has left it", async () => {
    let took = -1;
    await simulated(
      {
        workers: 2,
        *primary(primary) {
          const before = reactor.clock.now();
          expect(yield* memory(primary)).to.deep.equal([null, null]);
          took = reactor.clock.now() - before;
        },
      },
      (worker) => {
        if (worker.id === 2) worker.exits(1);
      },
      () => sleep(5),
    );
    expect(took).to.equal(0);
  });
});
