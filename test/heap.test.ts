/** Nothing is kept for each time that something is done: npm run heap, with fewer times than by hand. */
import { join } from "node:path";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { check } from "./support/check.js";
import { program, root } from "./support/process.js";

function* heap(...args: string[]): Operation<{ code: number | null; out: string }> {
  const file = join(root, "dist/bench/heap.js");
  const run = yield* program(process.execPath, ["--no-warnings", file, "--count=500", ...args]);
  const { code } = yield* call(() => run.ends());
  return { code, out: run.out };
}

const keepsNothing = (...works: string[]): Promise<void> =>
  check(function* () {
    const { code, out } = yield* heap("--together", ...works);
    expect(code, out).to.equal(0);
    expect(out).to.match(/together +500 times: /);
  });

describe("the heap", function () {
  // Seconds of work: more on a machine that has other things to do.
  this.timeout(180_000);

  it("keeps nothing of runs, copas loops and simulations that are over", () =>
    keepsNothing("run", "promoted", "copas", "simulation"));

  it("keeps nothing of connections, pooled or not, datagrams and halted waits", () =>
    keepsNothing("connection", "pool", "udp", "halt"));

  it("shows it when an empty object is kept each time", () =>
    check(function* () {
      const { code, out } = yield* heap("leak");
      expect(code, out).to.equal(1);
      expect(out).to.match(/400 more: object Object/);
    }));
});
