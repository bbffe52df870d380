import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { type Fiber, HaltedError } from "cosocket";
import { reactor } from "cosocket/reactor";
import { thrown } from "./pairs.js";

/** Halt a fiber that waits when it has been woken, before it runs: at the beginning of the turn that would resume it. */
export function* haltWhenWoken(fiber: Fiber<unknown>): Operation<() => Operation<void>> {
  let woken = false;
  reactor.meter = {
    begin() {
      if (woken || fiber.state !== "ready") return;
      woken = true;
      void fiber.halt();
    },
    end() {},
  };
  yield* ensure(() => void (reactor.meter = null));
  // Perform it when what the fiber waits for is on its way.
  return function* () {
    expect(yield* thrown(fiber)).to.be.instanceOf(HaltedError);
    expect(woken).to.equal(true);
  };
}
