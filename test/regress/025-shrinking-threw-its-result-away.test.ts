/**
 * When the runs for making a failure small were spent the schedule found until then was dropped, and the line printed replayed another run than the log
 * above it. What was found last is what is printed.
 */
import { expect } from "chai";
import { naive } from "../support/naive.js";
import { found, failure } from "../support/simulated.js";

describe("025: shrinking threw its result away", () => {
  it("shrinking keeps what was left out when the runs for it are spent", async () => {
    const { program, faults } = naive["reset"]!;
    const error = await found({ faults, shrink: 3 }, program);
    expect(error.smallest).to.equal(false);
    expect(error.replay).to.equal([error.seed, ...error.faults].join(" "));
    const again = await failure({ seed: error.seed, faults, only: error.faults }, program);
    expect(again.log).to.deep.equal(error.log);
    expect(again.replay).to.equal(error.replay);
  });
});
