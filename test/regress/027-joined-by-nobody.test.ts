/**
 * `fiber.join()`, called from JavaScript as that of a thread: what it was given was called when the fiber ended, and threw in the midst of
 * that. Its parent never learned of the end, and the program hung. A joiner of one's own whose `ended` throws did the same.
 */
import { expect } from "chai";
import { until } from "effection";
import { type Fiber, fork, run, sleep } from "cosocket";
import { type Joinable, useFiberParent, forkIn } from "cosocket/reactor";
import { check } from "../support/check.js";
import { thrown } from "../support/pairs.js";

describe("join, called by hand", () => {
  it("throws for what is no joiner, and the fiber ends as ever", () =>
    check(function* () {
      const fiber = yield* fork(() => sleep(0));
      const { join } = fiber as Fiber & { join(joiner?: unknown): void };
      for (const wrong of [undefined, null, () => {}, { ended: 5 }])
        expect(() => join.call(fiber, wrong))
          .to.throw(TypeError, /an object with a method "ended", not/)
          .with.property("message")
          .that.contains("`yield* fiber`, or `await fiber`");
      yield* fiber;
    }));

  it("ends the fiber, tells the others, and fails its parent, if what is told of its end throws", () =>
    check(function* () {
      const told: string[] = [];
      const failing = run(function* () {
        const parent = yield* useFiberParent();
        const fiber: Joinable = forkIn(parent, () => sleep(0));
        fiber.join({
          ended: () => {
            throw new Error("no joiner");
          },
        });
        fiber.join({ ended: () => told.push(fiber.name) });
        yield* sleep(100);
      });
      const error = yield* thrown(until(failing));
      expect(error).to.have.property("message", "no joiner");
      expect(told).to.have.length(1);
    }));
});
