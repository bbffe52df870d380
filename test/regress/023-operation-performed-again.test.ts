/**
 * Whether an operation had done its work was kept in it: the second time that it was performed it answered at once what the first had given, and sent
 * nothing.
 */
import { expect } from "chai";
import { socket } from "cosocket";
import { check } from "../support/check.js";
import { made } from "../support/pairs.js";

describe("023: a send that was performed again", () => {
  it("a datagram is sent again when the same operation is performed again", () =>
    check(function* () {
      const peer = yield* made(socket.udp4());
      socket.try(yield* peer.setsockname("127.0.0.1", 0));
      const udp = yield* made(socket.udp4());
      const send = udp.sendto("x", "127.0.0.1", peer.getsockname()[1] as number);
      for (let i = 0; i < 3; i++) expect(yield* send).to.deep.equal([1]);
      for (let i = 0; i < 3; i++) expect(String((yield* peer.receive())[0])).to.equal("x");
      expect(udp.getstats().slice(0, 2)).to.deep.equal([0, 3]);
      udp.setstats(5, 6, 70);
      expect(udp.getstats().slice(0, 2)).to.deep.equal([5, 6]);
      expect(udp.getstats()[2]).to.be.at.least(70);
    }));
});
