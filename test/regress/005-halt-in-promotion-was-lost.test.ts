/**
 * The task that drives a promoted fiber was known only after the body had run on: a halt in between found none, and effects that resolve at once let
 * the body run to its end. A halt in that turn stops it.
 */
import { expect } from "chai";
import { type Fiber, HaltedError, fork } from "cosocket";
import { spawn, until } from "effection";
import { check } from "../support/check.js";
import { thrown } from "../support/pairs.js";

describe("005: a halt in the turn of the promotion was lost", () => {
  it("a halt in the turn of the promotion stops the body, also where effects resolve at once", () =>
    check(function* () {
      const log: string[] = [];
      const fiber: Fiber = yield* fork(function* () {
        try {
          yield* spawn(function* () {
            void fiber.halt();
          });
          for (let i = 0; i < 5; i++) yield* until(Promise.resolve());
          log.push("ran on");
        } finally {
          log.push("cleaned up");
        }
      });
      expect(yield* thrown(fiber)).to.be.instanceOf(HaltedError);
      expect(log).to.deep.equal(["cleaned up"]);
    }));
});
