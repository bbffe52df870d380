/** Nothing is kept for each time that something is done: npm run heap, with fewer times than by hand. */
import { join } from "node:path";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { onlyInCI } from "./support/counts.js";
import { check } from "./support/check.js";
import { program, root } from "./support/process.js";

function* heap(count: number, ...works: string[]): Operation<{ code: number | null; out: string }> {
  const file = join(root, "dist/bench/heap.js");
  const args = ["--no-warnings", file, `--count=${count}`, "--together", ...works];
  const run = yield* program(process.execPath, args);
  const { code } = yield* call(() => run.ends());
  return { code, out: run.out };
}

const TIMES = 250;
/** A simulation has the reactor for itself. */
const ALONE = ["run", "promoted", "copas", "simulation"];
const BESIDE = [
  ...["removed", "connection", "pool", "tls", "udp"],
  ...["fork", "task", "race", "scope", "failure", "signal"],
  ...["deadline", "select", "waiters", "receiveuntil", "lines", "stream"],
];

describe("the heap", function () {
  // Seconds of work: more on a machine that has other things to do.
  this.timeout(180_000);

  before(function () {
    onlyInCI(this, "it takes ten seconds; `npm run heap` does more of it");
  });

  const keepsNothing = (works: string[]): Promise<void> =>
    check(function* () {
      const { code, out } = yield* heap(TIMES, ...works);
      expect(code, out).to.equal(0);
      expect(out).to.match(/together +250 times: .* without V8's code .* within 5 %/);
    });

  it("keeps nothing of runs, copas loops and simulations that are over", () => keepsNothing(ALONE));

  it("keeps nothing of fibers, waits, connections and datagrams that are over, while the task goes on that they were in", () =>
    keepsNothing(BESIDE));

  it("shows it when an empty object is kept each time", () =>
    check(function* () {
      const { code, out } = yield* heap(500, "leak");
      expect(code, out).to.equal(1);
      expect(out).to.match(/400 more: object Object/);
    }));
});
