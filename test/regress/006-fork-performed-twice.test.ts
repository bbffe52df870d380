/**
 * An operation of `fork` kept the fiber that it had made: of two that performed the same one at once, one got undefined. Each performance makes, and
 * gives, its own.
 */
import { expect } from "chai";
import { type Fiber, fork } from "cosocket";
import { all } from "effection";
import { check } from "../support/check.js";

describe("006: one fork, performed twice", () => {
  it("fork as one operation may be performed twice at once", () =>
    check(function* () {
      const op = fork(function* () {
        return 1;
      });
      const [a, b] = yield* all([op, op]);
      expect([a, b].map((fiber) => (fiber as Fiber | undefined)?.state)).to.deep.equal([
        // Both were children of a scope that has ended.
        "ended",
        "ended",
      ]);
    }));
});
