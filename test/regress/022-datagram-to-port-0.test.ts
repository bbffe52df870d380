/**
 * Node throws a RangeError for port 0. It came through to the caller, and the datagram stayed counted as under way, so that after enough of them nobody
 * could send. What the system would refuse is its word, before anything is counted.
 */
import { expect } from "chai";
import { socket } from "cosocket";
import type { Operation } from "effection";
import { check } from "../support/check.js";
import { made } from "../support/pairs.js";

const failure = (error: string): unknown => [undefined, error, undefined];

describe("022: a datagram to port 0", () => {
  it("what the system refuses to send is a word, never what Node throws, and is not counted as under way", () =>
    check(function* () {
      const udp = yield* made(socket.udp4());
      const port0 = (): Operation<unknown> => udp.sendto("x", "127.0.0.1", 0);
      expect(yield* port0()).to.deep.equal(failure("invalid argument"));
      // Also to an address that has been sent to before, and more often than datagrams may be under way.
      expect(yield* udp.sendto("x", "127.0.0.1", 9)).to.deep.equal([1]);
      for (let i = 0; i < 100; i++)
        expect(yield* port0()).to.deep.equal(failure("invalid argument"));
      const early = udp.sendto("x", "127.0.0.1", 9);
      socket.try(yield* udp.setpeername("127.0.0.1", 9));
      expect((yield* early)[1]).to.equal("already connected");
      udp.settimeout(1);
      expect(yield* udp.flush()).to.deep.equal([1]);
      expect(yield* socket.select([], [udp], 0)).to.deep.equal([[], [udp]]);
      expect(yield* udp.setpeername("127.0.0.1", 0)).to.deep.equal(failure("invalid argument"));
    }));
});
