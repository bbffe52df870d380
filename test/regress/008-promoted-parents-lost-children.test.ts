/**
 * A child that was forked after its parent had been promoted is in the scope of an Effection task, and `fibers()` listed it without a parent. The
 * scope knows its fiber now.
 */
import { expect } from "chai";
import { fibers, fork, sleep } from "cosocket";
import { scoped, sleep as effectionSleep, suspend } from "effection";
import { check } from "../support/check.js";

describe("008: a promoted parent lost its children", () => {
  it("the tree of fibers stays whole: a child forked after its parent was promoted has that parent", () =>
    check(function* () {
      const top = yield* fork(
        function* () {
          yield* fork(() => sleep(Infinity), { name: "before" });
          yield* effectionSleep(0);
          yield* fork(
            function* () {
              yield* scoped(function* () {
                yield* fork(() => sleep(Infinity), { name: "grandchild" });
                yield* suspend();
              });
            },
            { name: "after" },
          );
          yield* suspend();
        },
        { name: "top" },
      );
      while (fibers().length < 4) yield* effectionSleep(0);
      expect(fibers().map(({ name, parent }) => `${name} of ${parent}`)).to.deep.equal([
        "top of undefined",
        "before of top",
        "after of top",
        "grandchild of after",
      ]);
      yield* top.halt();
    }));
});
