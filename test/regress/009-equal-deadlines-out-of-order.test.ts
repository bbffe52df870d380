/**
 * A deadline that was moved got a new place in the order of those of one time, but stayed where it was in the heap. It sifts after each change.
 */
import { expect } from "chai";
import { Deadline } from "cosocket/reactor";
import fc from "fast-check";
import { Timers } from "../../reactor/timers.js";
import { runs } from "../support/counts.js";
import { HandClock } from "../support/hand-clock.js";

describe("009: deadlines of one time passed in the wrong order", () => {
  it("deadlines of one time pass in the order in which they were armed, whatever was armed and moved before", () => {
    const step = fc.record({ which: fc.nat(8), at: fc.integer({ min: 4, max: 7 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = new HandClock();
        const timers = new Timers(
          () => clock,
          () => {},
          () => {},
        );
        const deadlines = Array.from({ length: 9 }, () => new Deadline(true));
        const passed: [at: number, order: number][] = [];
        steps.forEach(({ which, at }, order) => {
          // 7: not at all.
          if (at === 7) timers.disarm(deadlines[which]!);
          else timers.arm(deadlines[which]!, at, { expire: () => passed.push([at, order]) });
        });
        clock.seconds = 10;
        clock.alarm?.callback();
        expect(passed).to.deep.equal([...passed].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
      { numRuns: runs(1000) },
    );
  });
});
