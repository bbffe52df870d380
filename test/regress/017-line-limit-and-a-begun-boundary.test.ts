/**
 * What may begin a boundary is held back, and does not count towards the line limit. Where the stream ended in such bytes they turned out to be data,
 * and were given together with the piece, beyond the limit. Where nothing comes any more, all that is there counts.
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
