import { expect } from "chai";
import { eachSeed, runs } from "../support/counts.js";
import { compare } from "../support/differential.js";

/** How many programs; `COSOCKET_RUNS=100000 npx mocha dist/test/reactor/differential.test.js` for more. */
const RUNS = runs(60, 1000);

describe("fork beside Effection's spawn", () => {
  it("random programs do the same at the same times, but for what docs/effection.md lists", async function () {
    this.timeout(RUNS * 100);
    const listed = { "broken off": 0, dropped: 0, combined: 0 };
    await eachSeed(RUNS, async (seed) => {
      const difference = await compare(seed);
      if (typeof difference === "string") listed[difference]++;
      else if (difference !== undefined)
        expect(
          difference.actual,
          `seed ${seed}, ${difference.player}:\n${difference.source}`,
        ).to.equal(difference.expected);
    });
    // Otherwise the list would explain too much.
    expect(listed["broken off"] + listed.dropped).to.be.lessThan(10 + RUNS / 100);
    expect(listed.combined).to.be.lessThan(10 + RUNS / 40);
  });
});
