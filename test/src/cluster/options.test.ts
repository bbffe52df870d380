import { availableParallelism } from "node:os";
import { expect } from "chai";
import { sleep } from "cosocket";
import { cluster } from "cosocket/cluster";
import { checkCluster } from "../../../src/cluster/options.js";

/** @returns the text of the TypeError that it throws */
function refused(body: unknown, options?: unknown): string {
  try {
    (cluster as (...args: unknown[]) => unknown)(body, options);
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

const body = (): ReturnType<typeof sleep> => sleep(0);

describe("the options of cluster", () => {
  it("are checked at the call, by a TypeError that says what would be right", () => {
    const wrong: [options: unknown, text: string][] = [
      [{ worker: 2 }, 'cluster has no option "worker": did you mean "workers"?'],
      [{ workers: 0 }, "cluster: workers must be a positive whole number, not 0"],
      [{ workers: "max" }, 'cluster: workers must be a positive whole number, not "max"'],
      [{ workers: 1.5 }, "cluster: workers must be a positive whole number, not 1.5"],
      [{ reusePort: 1 }, "cluster: reusePort must be true or false, not 1"],
      [{ grace: -1 }, "cluster: grace must be a number of seconds, 0 or more, not -1"],
      [{ grace: NaN }, "cluster: grace must be a number of seconds, 0 or more, not NaN"],
      [{ readyTimeout: 0 }, "cluster: readyTimeout must be a positive number of seconds, not 0"],
      [{ onevent: "log" }, 'cluster: onevent must be a function (event), not "log"'],
      [{ primary: 5 }, "cluster: primary must be a generator function (primary), not 5"],
      [{ backoff: 5 }, "cluster: backoff must be an object"],
      [{ backoff: { initial: 0 } }, "backoff: initial must be a positive number of seconds, not 0"],
      [{ backoff: { max: 1 } }, 'backoff has no option "max": there are "initial"'],
      [{ backoff: { initial: 5, maximum: 1 } }, "backoff: initial must be at most maximum"],
      [5, "cluster takes options as an object, not 5"],
    ];
    for (const [options, text] of wrong) expect(refused(body, options)).to.contain(text);
  });

  it("come behind what each worker runs, which is a generator function", () => {
    const text = "cluster takes what each worker runs, cluster(function* (worker) { ... }), not";
    expect(refused({ workers: 2 })).to.contain(text);
    expect(refused(undefined)).to.contain(text);
    expect(refused(async () => {})).to.contain("async");
    expect(refused(body, { onevent: function* () {} })).to.contain("cluster: onevent");
    expect(refused(body, { primary: async () => {} })).to.contain("cluster: primary");
  });

  it("are a worker for each core that Node may use, and ten deaths in a row, by default", () => {
    const { workers, grace, readyTimeout, backoff } = checkCluster(body, {});
    expect(workers).to.equal(availableParallelism());
    expect({ grace, readyTimeout, backoff }).to.deep.equal({
      grace: 20,
      readyTimeout: 60,
      backoff: { attempts: 10 },
    });
  });
});
