/**
 * A stream whose write threw left the count of what is to be flushed as it was, so that every later turn failed. What has had its turn is taken from
 * the list, whether it threw or not, and what others have to send leaves.
 */
import { expect } from "chai";
import { reactor } from "cosocket/reactor";
import { check } from "../support/check.js";

describe("007: what threw in the flush of a turn wedged the reactor", () => {
  it("what throws in the flush of a turn hinders nobody: what others have to send still leaves", async () => {
    await check(function* () {});
    const left: string[] = [];
    reactor.flushLater({
      flush: () => {
        throw new Error("flush");
      },
    });
    reactor.flushLater({ flush: () => left.push("second") });
    expect(() => reactor.run()).to.throw("flush");
    await new Promise((resolve) => setImmediate(resolve));
    expect(left).to.deep.equal(["second"]);
  });
});
