/**
 * The budget of a turn was counted within one call of the reactor. Fibers that were made ready by promises or ticks had a turn of their own each
 * time, before Node polled the kernel, for ever. It is counted until Node has polled now.
 */
import { expect } from "chai";
import { fork } from "cosocket";
import { until } from "effection";
import { check } from "../support/check.js";

describe("003: promises and ticks starved the kernel", () => {
  it("turns leave Node its turn though promises and ticks make fibers ready for ever", () =>
    check(function* () {
      let rounds = 0;
      const busy = yield* fork(function* () {
        for (;;) rounds += yield* yield* fork(() => until(Promise.resolve(1)));
      });
      // Needs a timer, so Node's loop must come round.
      yield* until(new Promise((resolve) => setTimeout(resolve, 1)));
      expect(rounds).to.be.above(0);
      expect(busy.state).to.not.equal("ended");
      yield* busy.halt();
    }));
});
