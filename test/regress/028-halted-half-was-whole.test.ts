/**
 * A fiber that was halted closed the stream of the web that its sink wrote to, as if what it had written by then were the whole: Node's adapter closes what
 * is destroyed without an error.
 */
import { expect } from "chai";
import { sleep } from "effection";
import { fork } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { check } from "../support/check.js";

describe("028: what was halted was taken for whole", () => {
  it("a sink's stream of the web is aborted when its fiber is halted, and closed at the end", () =>
    check(function* () {
      const told: string[] = [];
      const stream = () =>
        new WritableStream({
          close: () => void told.push("closed"),
          abort: () => void told.push("aborted"),
        });
      const halted = yield* fork(function* () {
        yield* ltn12.sink.to(stream())("half");
        yield* sleep(1e6);
      });
      yield* sleep(0);
      yield* halted.halt();
      yield* ltn12.pump.all(ltn12.source.string("whole"), ltn12.sink.to(stream()));
      expect(told).to.deep.equal(["aborted", "closed"]);
    }));
});
