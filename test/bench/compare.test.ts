import { expect } from "chai";
import { compare, comparisonText, otherwise } from "../../bench/compare.js";
import { measured, results } from "./support.js";

describe("a run of the benchmark beside an earlier one", () => {
  const then = results(
    measured({ node: [10, 10, 10], go: [10, 20, 15], cosocket: [20, 21, 22] }),
    measured({ node: [10, 10, 10], cosocket: [5, 6, 7] }, { id: "idle", better: "less" }),
    measured({ node: [10], cosocket: [10] }, { id: "single" }),
  );
  const now = results(
    measured({ node: [5, 5, 5], go: [5, 9, 7], cosocket: [9, 9.5, 9.9] }),
    measured({ node: [10, 10, 10], cosocket: [2, 3, 4] }, { id: "idle", better: "less" }),
    measured({ node: [10], cosocket: [5] }, { id: "single" }),
  );

  it("gives a verdict on the ratio of each system to the base of its row", () => {
    expect(
      compare(then, now).map(({ row, system, verdict }) => `${row} ${system} ${verdict}`),
    ).to.deep.equal([
      "echo-1 go same",
      "echo-1 cosocket worse",
      "idle cosocket better",
      "single cosocket unknown",
    ]);
    expect(compare(then, now)[1]!.change).to.be.closeTo(1.9 / 2.1, 1e-9);
  });

  it("finds nothing worse or better than itself", () => {
    expect(compare(then, then).map(({ verdict }) => verdict)).to.deep.equal([
      "same",
      "same",
      "same",
      "unknown",
    ]);
  });

  it("leaves out what only one of them has, or what has another base, and says so", () => {
    const other = results(
      measured({ go: [1, 1], cosocket: [2, 2] }),
      measured({ node: [1, 1], cosocket: [2, 2] }, { id: "new" }),
    );
    other.machine.node = "v99.0.0";
    expect(compare(then, other)).to.deep.equal([]);
    expect(otherwise(then, other)).to.deep.equal([
      "node was v20.19.0, and is v99.0.0",
      "echo-1 was relative to node, and is to go",
      "new is not in the earlier run",
    ]);
  });

  it("marks in a table what is worse, better, or unknown", () => {
    const lines = comparisonText(then, now).split("\n");
    expect(lines[0]).to.include("2026-01-02T03:04:05.000Z (cosocket 0123456)");
    expect(lines.slice(1)).to.deep.equal([
      "row     ratio of         then                  now                   change",
      "echo-1  go / node        1.50 [1.00, 2.00]     1.40 [1.00, 1.80]     0.933 x",
      "echo-1  cosocket / node  2.10 [2.00, 2.20]     1.90 [1.80, 1.98]     0.905 x  WORSE",
      "idle    cosocket / node  0.600 [0.500, 0.700]  0.300 [0.200, 0.400]  0.500 x  better",
      "single  cosocket / node  1.00                  0.500                 0.500 x  one round: noise unknown",
      "1 of 4 worse by more than the noise of both",
    ]);
  });
});
