/**
 * The promise that `run` returns rejects when the run is halted. When nobody looked at it, since whoever had halted it knew, Node took that for an
 * unhandled rejection and ended the process. A halt rejects only for those who look.
 */
import { expect } from "chai";
import { HaltedError, run, sleep } from "cosocket";
import { sleep as effectionSleep } from "effection";

describe("002: halting a run ended the process", () => {
  it("a run is halted quietly: nobody need handle that, but whoever awaits is told", async () => {
    const unhandled: unknown[] = [];
    const heard = (error: unknown): void => void unhandled.push(error);
    process.prependListener("unhandledRejection", heard);
    try {
      await run(() => sleep(10)).halt();
      const promoted = run(() => effectionSleep(10_000));
      await run(() => sleep(0));
      await promoted.halt();
      // Node looks for rejections that nobody has handled when a tick ends.
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).to.deep.equal([]);
      const halted = run(() => sleep(10));
      void halted.halt();
      expect(await halted.catch((error: unknown) => error)).to.be.instanceOf(HaltedError);
    } finally {
      process.off("unhandledRejection", heard);
    }
  });
});
