import { expect } from "chai";
import { fork, sleep } from "cosocket";
import { snapshot } from "cosocket/inspect";
import { check } from "../../support/check.js";

describe("snapshot", () => {
  it("lists fibers with the ids of their parents, and what they wait for, as data that JSON takes", () =>
    check(function* () {
      const parent = yield* fork(
        function* () {
          yield* fork(() => sleep(30), { name: "child" });
          yield* sleep(60);
        },
        { name: "parent" },
      );
      yield* sleep(0);
      const shot = snapshot();
      expect(JSON.parse(JSON.stringify(shot))).to.deep.equal(shot);
      const [first, second] = shot.fibers.filter(({ name }) => ["parent", "child"].includes(name));
      expect(first).to.include({ id: parent.id, name: "parent", state: "parked", kind: "timer" });
      expect(second).to.include({ parent: parent.id, name: "child", waitsFor: "sleep(30)" });
      expect(second!.since).to.be.within(0, shot.now);
      yield* parent.halt();
    }));
});
