/**
 * A halted fiber that was ready went to the end of the ready queue, so its siblings ran once more for each child that was halted: eight thousand
 * took half a minute. A halted one unwinds in its place, before anybody else runs.
 */
import { expect } from "chai";
import { fork, sleep } from "cosocket";
import { check } from "../support/check.js";

describe("004: halted children ran on, and halting was quadratic", () => {
  it("a halt stops runnable children before they run again, in linear time", () =>
    check(function* () {
      let rounds = 0;
      const parent = yield* fork(function* () {
        for (let i = 0; i < 2000; i++)
          yield* fork(function* () {
            for (;;) {
              rounds++;
              yield* sleep(0);
            }
          });
        yield* sleep(Infinity);
      });
      yield* sleep(0);
      yield* sleep(0);
      const before = rounds;
      yield* parent.halt();
      expect(rounds).to.equal(before);
    }));
});
