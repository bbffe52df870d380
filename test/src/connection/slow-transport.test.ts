/** A transport that answers when the test says so: what a connection does with what is under way. */
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, sleep } from "cosocket";
import { simulate } from "cosocket/testing";
import type { Chunk } from "../../../src/network/index.js";
import { opened, type Stream } from "../../../src/stream/stream.js";
import { check } from "../../support/check.js";
import { FedTransport } from "../../support/fed.js";
import { connectionOf } from "../../support/inside.js";

class SlowTransport extends FedTransport {
  written = "";
  finishing = false;
  destroyed = false;
  resets = 0;
  left = 0;

  override write(chunk?: Chunk["chunk"]): void {
    this.written += String(chunk);
  }
  override writev(chunks?: Chunk[]): void {
    for (const { chunk } of chunks!) this.write(chunk);
  }
  /** The kernel has taken the write that was under way. */
  took(): void {
    this.protocol!.wrote(null);
  }
  override unsent(): number {
    return this.left;
  }
  override finish(): void {
    this.finishing = true;
  }
  override destroy(): void {
    this.destroyed = true;
    super.destroy();
  }
  override reset(): void {
    this.resets++;
    super.reset();
  }
}

function* slow({ needsFin = false } = {}): Operation<[stream: Stream, transport: SlowTransport]> {
  const transport = new SlowTransport();
  transport.needsFin = needsFin;
  const stream = opened(transport, "slow");
  yield* ensure(() => {
    stream.close();
    // Nobody answers any more.
    connectionOf(stream).destroy();
  });
  return [stream, transport];
}

/** Its room is used up: 30,000 bytes are under way, and others wait behind them. */
function* full(stream: Stream): Operation<void> {
  yield* stream.send("a".repeat(30_000));
  yield* sleep(0);
  yield* stream.send("a".repeat(35_000));
}

describe("a connection whose transport takes its time", () => {
  it("lets no sender overtake one that waits, though there is room", () =>
    check(function* () {
      const [stream, transport] = yield* slow();
      yield* full(stream);
      const first = yield* fork(() => stream.send("b".repeat(10_000)));
      yield* sleep(0);
      transport.took();
      const second = yield* fork(() => stream.send("c".repeat(1000)));
      yield* sleep(0);
      while (first.state !== "ended" || second.state !== "ended") {
        transport.took();
        yield* sleep(0);
      }
      expect(transport.written).to.match(/^a{65000}b{10000}c*$/);
    }));

  it("lets the next sender go on with the room that the one before it has left", () =>
    check(function* () {
      const [stream, transport] = yield* slow();
      yield* full(stream);
      const first = yield* fork(() => stream.send("b".repeat(1000)));
      const second = yield* fork(() => stream.send("c".repeat(1000)));
      yield* sleep(0);
      transport.took();
      transport.took();
      expect([yield* first, yield* second]).to.deep.equal([[1000], [1000]]);
    }));

  it("is broken when halted senders have left more than 16 MiB behind", () =>
    check(function* () {
      const [stream, transport] = yield* slow();
      yield* full(stream);
      for (let sender = 0; sender < 2; sender++) {
        const halted = yield* fork(() => stream.send(Buffer.alloc(17 << 20)));
        yield* sleep(0);
        expect(transport.resets).to.equal(0);
        yield* halted.halt();
      }
      expect(transport.resets).to.equal(1);
      expect(yield* stream.send("x")).to.deep.equal([undefined, "no buffer space available", 0]);
    }));

  it("gives a reader what has come for it when it is closed", () =>
    check(function* () {
      const [stream, transport] = yield* slow();
      const reader = yield* fork(() => stream.receive(10));
      yield* sleep(0);
      transport.feed(Buffer.from("abc"));
      stream.close();
      expect(yield* reader).to.deep.equal([undefined, "closed", Buffer.from("abc")]);
    }));

  it("is nobody's to reuse once a send has timed out", () =>
    check(function* () {
      const [stream, transport] = yield* slow();
      yield* full(stream);
      stream.settimeout(0);
      expect((yield* stream.send("b".repeat(1000)))[1]).to.equal("timeout");
      for (let writes = 3; writes > 0; writes--) {
        transport.took();
        yield* sleep(0);
      }
      expect(connectionOf(stream).writing.queued).to.equal(0);
      expect(connectionOf(stream).calm).to.equal(false);
    }));

  it("says farewell to a peer that ends meanwhile, where farewells are said", () =>
    check(function* () {
      const [stream, transport] = yield* slow({ needsFin: true });
      stream.close();
      expect(transport.finishing).to.equal(true);
      transport.end();
      expect(transport.destroyed).to.equal(false);
      transport.protocol!.finished();
      expect(transport.destroyed).to.equal(true);
    }));

  it("that is closed with unread input sends its end, and reads on, so that the peer gets what was sent", () =>
    check(function* () {
      const [stream, transport] = yield* slow();
      yield* stream.send("last words");
      yield* sleep(0);
      transport.took();
      while (transport.reading) transport.feed(Buffer.alloc(65_536));
      stream.close();
      expect(transport.destroyed).to.equal(false);
      expect(transport.finishing).to.equal(true);
      expect(transport.reading).to.equal(true);
      transport.end();
      expect(transport.destroyed).to.equal(true);
    }));

  it("that is closed has time as long as the peer takes some of it", () =>
    simulate({}, function* () {
      const [stream, transport] = yield* slow();
      transport.left = 1000;
      yield* stream.send("x".repeat(1000));
      yield* sleep(0);
      stream.close();
      for (let i = 0; i < 5; i++) {
        transport.left--;
        yield* sleep(9);
        expect(transport.destroyed).to.equal(false);
      }
      yield* sleep(20);
      expect(transport.destroyed).to.equal(true);
    }));
});
