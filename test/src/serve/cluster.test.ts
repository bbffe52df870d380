/** Servers in the workers of node:cluster. */
import { expect } from "chai";
import { call } from "effection";
import { check } from "../../support/check.js";
import { script } from "../../support/process.js";

describe("under node:cluster", function () {
  this.timeout(20_000);

  it("every client is answered, though one worker is disconnected and another is halted and exits while they come", () =>
    check(function* () {
      const program = yield* script("test/process", "cluster");
      const [, answered] = yield* call(() => program.prints(/(answered|lost): .*\n/));
      expect(program.out).to.contain("answered: 60 of 60");
      expect(answered).to.equal("answered");
      yield* call(() => program.prints(/exits: 0 0\n/));
      expect(yield* call(() => program.ends())).to.deep.equal({ code: 0, signal: null });
    }));
});
