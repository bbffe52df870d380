import { expect } from "chai";
import { interval, median, ratios, verdict } from "../../bench/statistics.js";
import { secondsOf } from "../../bench/usage.js";

describe("the statistics of the benchmark", () => {
  it("take the middle figure as the median, and the mean of the two in the middle of an even number", () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(median([7])).to.equal(7);
    expect(median([10, 9])).to.equal(9.5);
  });

  it("leave the order of the figures as it is", () => {
    const values = [3, 1, 2];
    median(values);
    interval(values);
    expect(values).to.deep.equal([3, 1, 2]);
  });

  it("give the interval from the smallest to the largest of few rounds, and without the outermost of more", () => {
    expect(interval([3, 1, 2])).to.deep.equal({ median: 2, low: 1, high: 3 });
    expect(interval([5, 1, 2, 3, 4])).to.deep.equal({ median: 3, low: 1, high: 5 });
    expect(interval([1, 100, 2, 3, 4, 5, 0])).to.deep.equal({ median: 3, low: 1, high: 5 });
  });

  it("know nothing of the noise of a single round", () => {
    expect(interval([3])).to.deep.equal({ median: 3, low: -Infinity, high: Infinity });
  });

  it("take ratios within each round, so that a slow round spoils neither side", () => {
    expect(ratios([2, 20, 4], [1, 10, 2])).to.deep.equal([2, 2, 2]);
  });

  it("call better or worse only what lies outside of the noise of both, by what is better in the row", () => {
    const at = (low: number, high: number) => ({ median: (low + high) / 2, low, high });
    expect(verdict(at(1, 2), at(3, 4), "more")).to.equal("better");
    expect(verdict(at(1, 2), at(3, 4), "less")).to.equal("worse");
    expect(verdict(at(3, 4), at(1, 2), "more")).to.equal("worse");
    expect(verdict(at(3, 4), at(1, 2), "less")).to.equal("better");
    expect(verdict(at(1, 3), at(2, 4), "more")).to.equal("same");
    expect(verdict(at(1, 3), at(3, 4), "more")).to.equal("same");
    expect(verdict(interval([1]), at(3, 4), "more")).to.equal("unknown");
    expect(verdict(at(3, 4), interval([1]), "more")).to.equal("unknown");
  });

  it("read the processor time that ps tells", () => {
    expect(secondsOf("00:01:02")).to.equal(62);
    expect(secondsOf("1-00:00:01")).to.equal(86_401);
    expect(secondsOf("0:01.25")).to.equal(1.25);
  });
});
