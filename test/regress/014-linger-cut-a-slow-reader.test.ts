/**
 * Linger looked whether a write had ended. One write may be of many megabytes: a peer that read all the time, slowly, was cut in the middle. It looks
 * how much has left.
 */
import { expect } from "chai";
import { sleep } from "cosocket";
import { fedStream } from "../support/fed.js";
import { inVirtualTime } from "../support/simulated.js";

describe("014: linger cut a peer that was reading", () => {
  it("linger goes on as long as the peer takes some of a long write, and not much longer", () =>
    inVirtualTime(function* () {
      const [stream, transport] = fedStream();
      let left = 100;
      let destroyed = false;
      transport.write = () => {};
      transport.unsent = () => left;
      transport.destroy = () => (destroyed = true);
      stream.setoption("linger", { on: true, timeout: 1 });
      yield* stream.send("long");
      stream.close();
      for (let i = 0; i < 20; i++) {
        yield* sleep(0.9);
        left--;
        expect(destroyed, `after ${i}`).to.equal(false);
      }
      yield* sleep(2.5);
      expect(destroyed).to.equal(true);
    }));
});
