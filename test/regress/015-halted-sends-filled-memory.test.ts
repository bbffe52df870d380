/**
 * What a halted send has handed over leaves whole, whatever the queue holds: a program that timed out again and again by halting filled memory with
 * what a peer did not read. What is left behind is bounded, and beyond that the connection is broken with a word of its own.
 */
import { expect } from "chai";
import { fork } from "cosocket";
import { settle } from "cosocket/testing";
import { check } from "../support/check.js";
import { bytesInUse } from "../support/memory.js";
import { clog, pair } from "../support/pairs.js";

/** Node keeps the one that was on its way to the kernel. */
const PIECE = 1 << 18;

describe("015: halted sends filled memory", () => {
  it("what halted sends leave behind is bounded: beyond, the connection is broken, and everybody is told the word for it", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* clog(client);
      const waiting = yield* fork(() => client.send("waits"));
      const before = bytesInUse();
      let left = 0;
      for (let told = false; !told;) {
        const fiber = yield* fork(() => client.send(Buffer.alloc(PIECE)));
        yield* settle();
        told = fiber.state === "ended";
        if (!told) left += PIECE;
        yield* fiber.halt();
      }
      expect(left / (1 << 20), "megabytes").to.be.within(15, 17);
      expect(yield* waiting).to.deep.equal([undefined, "no buffer space available", 0]);
      expect(yield* client.send("x")).to.deep.equal([undefined, "no buffer space available", 0]);
      expect(yield* client.send(Buffer.from("x"))).to.deep.equal([
        undefined,
        "no buffer space available",
        0,
      ]);
      expect(bytesInUse() - before, "bytes").to.be.below(1 << 20);
      expect((yield* client.receive("*a"))[1]).to.equal("closed");
      expect((client.lastError as NodeJS.ErrnoException).code).to.equal("ENOBUFS");
      // Not an end, which would look as if nothing were missing.
      expect((yield* served.receive(Infinity))[1]).to.equal("closed");
      client.close();
      expect((yield* client.send("x"))[1]).to.equal("closed");
    }));
});
