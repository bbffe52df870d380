import { expect } from "chai";
import fc from "fast-check";
import { Backoff, type Jitter } from "cosocket";
import { simulate } from "cosocket/testing";
import { runs } from "../../support/counts.js";

describe("the pauses of a backoff", () => {
  it("double up to the longest, and begin anew after a reset", () => {
    const backoff = new Backoff({ initial: 0.1, maximum: 1 }, "none");
    const pauses = () => Array.from({ length: 6 }, () => backoff.next());
    expect(pauses()).to.deep.equal([0.1, 0.2, 0.4, 0.8, 1, 1]);
    expect(backoff.failures).to.equal(6);
    backoff.reset();
    expect(backoff.failures).to.equal(0);
    expect(backoff.next()).to.equal(0.1);
  });

  it("are exhausted after so many attempts", () => {
    const backoff = new Backoff({ attempts: 2 });
    const seen = [backoff.exhausted];
    for (let i = 0; i < 2; i++) {
      backoff.next();
      seen.push(backoff.exhausted);
    }
    backoff.reset();
    expect([...seen, backoff.exhausted]).to.deep.equal([false, false, true, false]);
  });

  it("begin with a first one that is longer than the usual maximum, if that is asked for", () => {
    const backoff = new Backoff({ initial: 60 }, "none");
    expect([backoff.next(), backoff.next()]).to.deep.equal([60, 60]);
  });

  it("stay finite, however often it is asked", () => {
    const backoff = new Backoff({ initial: 1e-300, maximum: 5 }, "none");
    for (let i = 0; i < 5000; i++) backoff.next();
    expect(backoff.next()).to.equal(5);
  });

  it("lie between the bounds of their jitter, for any bounds", () => {
    const seconds = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    const factors = fc.double({ min: 1, max: 10, noNaN: true });
    const jitters = fc.constantFrom<Jitter>("full", "equal", "none");
    fc.assert(
      fc.property(
        seconds,
        seconds,
        jitters,
        factors,
        fc.nat(60),
        (one, other, jitter, factor, count) => {
          const [first, longest] = [Math.min(one, other), Math.max(one, other)];
          const backoff = new Backoff({ initial: first, factor, maximum: longest }, jitter);
          for (let i = 0; i <= count; i++) {
            const most = Math.min(longest, first * factor ** i);
            const least = { full: 0, equal: most / 2, none: most }[jitter];
            expect(backoff.next()).to.be.within(least, most);
          }
        },
      ),
      { numRuns: runs(50, 1000) },
    );
  });

  it("are spread over all of their range by chance, and in a simulation by its seed", async () => {
    const drawn = async (seed: number, jitter: Jitter): Promise<number[]> => {
      const { value } = await simulate({ seed }, function* () {
        return Array.from({ length: 100 }, () =>
          new Backoff({ initial: 1, maximum: 1 }, jitter).next(),
        );
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
    for (const [options, text] of [
      [{ initial: 0 }, "backoff: initial must be a positive number of seconds, not 0"],
      [{ maximum: Infinity }, "backoff: maximum must be a positive number of seconds"],
      [{ factor: 0.5 }, "backoff: factor must be a number, 1 or more, not 0.5"],
      [{ attempts: 1.5 }, "backoff: attempts must be a positive whole number, or Infinity"],
      [{ initial: 5, maximum: 1 }, "backoff: initial must be at most maximum, 1 seconds, not 5"],
      [{ max: 5 }, 'backoff has no option "max"'],
      [[0.1, 10], "backoff takes options as an object"],
    ] as const)
      expect(() => new Backoff(options as object), text).to.throw(TypeError, text);
    expect(() => new Backoff({}, "half" as never)).to.throw(
      TypeError,
      'jitter must be "full", "equal" or "none", not "half"',
    );
  });
});
