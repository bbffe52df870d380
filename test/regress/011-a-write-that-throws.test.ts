/**
 * Node lets what a stream's `write` throws through to whoever has called it: that was the reactor, and the end of every turn. It is an error of the
 * stream, and closes that.
 */
import { Duplex } from "node:stream";
import { expect } from "chai";
import { fork, socket } from "cosocket";
import { streamPair } from "cosocket/testing";
import { check } from "../support/check.js";

describe("011: a write that throws", () => {
  it("a write that throws is an error of that stream, and of nothing else", () =>
    check(function* () {
      const broken = new Duplex({
        read() {},
        write() {
          throw new Error("disk on fire");
        },
      });
      const client = socket.stream(broken);
      const [other, peer] = yield* streamPair();
      yield* yield* fork(function* () {
        yield* client.send("lost");
        yield* other.send("through\n");
      });
      expect(yield* peer.receive()).to.deep.equal(["through"]);
      expect((yield* client.flush())[1]).to.equal("closed");
      expect(client.lastError?.message).to.equal("disk on fire");
      expect((yield* client.send("x"))[1]).to.equal("closed");
      client.close();
      other.close();
      peer.close();
    }));
});
