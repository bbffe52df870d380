/** A worker without a process. */
import { expect } from "chai";
import { noLink } from "../../../src/cluster/link.js";
import { ClusterWorker } from "../../../src/cluster/worker.js";
import { inVirtualTime } from "../../support/simulated.js";

describe("a worker of a cluster", () => {
  it('gets "closed" for what it sends, however much, where nothing runs in the primary process that could receive it', () =>
    inVirtualTime(function* () {
      const identity = { alone: false, heard: false, id: 1, slot: 1, workers: 1 };
      const answers = new Set<unknown>();
      yield* new ClusterWorker(identity, noLink(), 1).run(function* (worker) {
        for (let i = 0; i < 1001; i++) answers.add((yield* worker.send(i))[1]);
      });
      expect([...answers]).to.deep.equal(["closed"]);
    }));
});
