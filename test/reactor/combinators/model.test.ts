import { expect } from "chai";
import { areTheUsual, eachSeed, runs } from "../../support/counts.js";
import { expected, played, shown, treeOf } from "../../support/trees.js";

/** How many trees; `COSOCKET_RUNS=100000` for more. */
const RUNS = runs(150);

describe("combinators, in random trees", () => {
  it("end when and as a model of them says, halted or not, whoever runs first, and leave nothing", async function () {
    this.timeout(RUNS * 100);
    const ways = new Map<string, number>();
    await eachSeed(RUNS, async (seed) => {
      const { tree, haltAt } = treeOf(seed);
      const end = shown(expected(tree, 0, haltAt));
      const text = `seed ${seed}, halted at ${haltAt}: ${JSON.stringify(tree, undefined, 1)}`;
      expect(await played(seed, tree, haltAt), text).to.equal(end);
      const way = `${tree.kind} ${end.split(" ")[0]}`;
      ways.set(way, (ways.get(way) ?? 0) + 1);
    });
    if (!areTheUsual) return;
    // All of them, in each way.
    const seen = [...ways.keys()];
    for (const kind of ["race", "all", "within"])
      for (const how of ["gives", "throws", "halted"]) expect(seen).to.include(`${kind} ${how}`);
    expect(seen).to.include.members(["allSettled gives", "allSettled halted"]);
  });
});
