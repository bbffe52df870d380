/**
 * A piece that was as long as the line limit, and whose boundary came in two segments, was "line too long", and its partial held a part of the
 * boundary. What may be a boundary does not count.
 */
import { expect } from "chai";
import { run } from "cosocket";
import { fedStream } from "../support/fed.js";

describe("017: the line limit and a boundary that has begun", () => {
  it("receiveuntil keeps to the line limit, also where the stream ends in the beginning of a boundary", () =>
    run(function* () {
      const [stream, transport] = fedStream();
      const reader = stream.receiveuntil("-----");
      stream.setoption("line-limit", 4);
      transport.feed(Buffer.from("abc----"));
      transport.end();
      const [, error, partial] = yield* reader();
      expect([error, String(partial)]).to.deep.equal(["line too long", "abc-"]);
      stream.close();
    }));
});
