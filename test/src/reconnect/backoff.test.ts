import { expect } from "chai";
import fc from "fast-check";
import { Backoff, type Jitter } from "cosocket";
import { simulate } from "cosocket/testing";
import { runs } from "../../support/counts.js";

describe("the pauses of a backoff", () => {
  it("double up to the longest, and begin anew after a reset", () => {
    const backoff = new Backoff([0.1, 1], "none");
    const pauses = () => Array.from({ length: 6 }, () => backoff.next());
    expect(pauses()).to.deep.equal([0.1, 0.2, 0.4, 0.8, 1, 1]);
    expect(backoff.attempts).to.equal(6);
    backoff.reset();
    expect(backoff.attempts).to.equal(0);
    expect(backoff.next()).to.equal(0.1);
  });

  it("stay finite, however often it is asked", () => {
    const backoff = new Backoff([1e-300, 5], "none");
    for (let i = 0; i < 5000; i++) backoff.next();
    expect(backoff.next()).to.equal(5);
  });

  it("lie between the bounds of their jitter, for any bounds", () => {
    const seconds = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    const jitters = fc.constantFrom<Jitter>("full", "equal", "none");
    fc.assert(
      fc.property(seconds, seconds, jitters, fc.nat(60), (one, other, jitter, count) => {
        const [first, longest] = [Math.min(one, other), Math.max(one, other)];
        const backoff = new Backoff([first, longest], jitter);
        for (let i = 0; i <= count; i++) {
          const most = Math.min(longest, first * 2 ** i);
          const least = { full: 0, equal: most / 2, none: most }[jitter];
          expect(backoff.next()).to.be.within(least, most);
        }
      }),
      { numRuns: runs(50, 1000) },
    );
  });

  it("are spread over all of their range by chance, and in a simulation by its seed", async () => {
    const drawn = async (seed: number, jitter: Jitter): Promise<number[]> => {
      const { value } = await simulate({ seed }, function* () {
        return Array.from({ length: 100 }, () => new Backoff([1, 1], jitter).next());
      });
      return value;
    };
    const tenths = (pauses: number[]) =>
      new Set(pauses.map((pause) => Math.floor(pause * 10))).size;
    expect(await drawn(1, "full")).to.deep.equal(await drawn(1, "full"));
    expect(await drawn(1, "full")).to.not.deep.equal(await drawn(2, "full"));
    expect(tenths(await drawn(1, "full"))).to.equal(10);
    expect(tenths(await drawn(1, "equal"))).to.equal(5);
  });

  it("are refused where they mean nothing", () => {
    for (const bounds of [[], [1], [2, 1], [0, 1], [1, Infinity], [NaN, 1], ["1", 2], 1, null])
      expect(() => new Backoff(bounds as never), String(bounds)).to.throw(
        TypeError,
        "Backoff: the bounds must be the first pause and the longest in seconds, [0.1, 10], not ",
      );
    expect(() => new Backoff([1, 2], "half" as never)).to.throw(
      TypeError,
      'Backoff: jitter must be "full", "equal" or "none", not "half"',
    );
  });
});
