/**
 * What may begin a boundary is held back, and does not count towards a step's size. Where the stream ended in such bytes they turned out to be data,
 * and were given at once, also when that was more than the step had asked for.
 */
import { expect } from "chai";
import { run } from "cosocket";
import { fedStream } from "../support/fed.js";

describe("016: a boundary that has begun when the stream ends", () => {
  it("receiveuntil gives no more than a step asks for, also where the stream ends in the beginning of a boundary", () =>
    run(function* () {
      const [stream, transport] = fedStream();
      const reader = stream.receiveuntil("-----");
      transport.feed(Buffer.from("abc----"));
      transport.end();
      for (const step of ["abc-", "---"]) {
        const [bytes, error, partial] = yield* reader(4);
        expect([String(bytes ?? partial), error]).to.deep.equal([
          step,
          step.length < 4 ? "closed" : undefined,
        ]);
      }
      stream.close();
    }));
});
