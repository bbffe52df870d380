/** Helpers for tests, on Node and in a simulated world. */
import { expect } from "chai";
import { type Operation, sleep as effectionSleep } from "effection";
import { type Fiber, fork, sleep, socket } from "cosocket";
import {
  assertDoesNotYield,
  assertYields,
  sequencer,
  settle,
  streamPair,
  type StreamPairKind,
} from "cosocket/testing";
import { A_MOMENT } from "../../support/check.js";
import { thrown } from "../../support/pairs.js";
import { worlds } from "../../support/transports.js";

for (const { where, check } of worlds) {
  describe(`${where}settle`, () => {
    it("waits until every other fiber waits, and no longer", () =>
      check(function* () {
        const log: string[] = [];
        const [a, b] = yield* streamPair();
        const worker = yield* fork(function* () {
          for (let i = 0; i < 100; i++) yield* sleep(0);
          log.push("ready");
          log.push(String((yield* a.receive())[0]));
        });
        yield* fork(function* () {
          yield* sleep(1000);
          log.push("late");
        });
        yield* settle();
        expect(log).to.deep.equal(["ready"]);
        yield* b.send("hello\n");
        yield* worker;
        yield* settle();
        yield* settle();
        expect(log).to.deep.equal(["ready", "hello"]);
      }));
  });

  describe(`${where}sequencer`, () => {
    it("lets steps come in their order, whoever takes them", () =>
      check(function* () {
        const at = sequencer();
        const log: string[] = [];
        const fibers: Fiber[] = [];
        for (const step of [3, 1, 0, 2]) {
          fibers.push(
            (yield* fork(function* () {
              const result = yield* at(step, function* () {
                log.push(`begin ${step}`);
                yield* sleep(A_MOMENT);
                log.push(`end ${step}`);
                return step;
              });
              expect(result).to.equal(step);
            })) as Fiber,
          );
        }
        yield* at(4);
        expect(log).to.deep.equal([0, 1, 2, 3].flatMap((step) => [`begin ${step}`, `end ${step}`]));
        for (const fiber of fibers) yield* fiber;
        for (const wrong of [0, -1, 1.5])
          expect(String(yield* thrown(at(wrong)))).to.match(
            /a step is a whole number from 0, and each is taken once: not/,
          );
      }));

    it("is broken by a step that fails or is cancelled", () =>
      check(function* () {
        for (const halted of [true, false]) {
          const at = sequencer();
          const first = yield* fork(
            () =>
              at(0, function* () {
                yield* sleep(A_MOMENT);
                throw new Error("first");
              }),
            { boundary: () => {} },
          );
          const waiting = yield* fork(() => thrown(at(1)));
          yield* sleep(0);
          if (halted) yield* first.halt();
          expect(String(yield* waiting)).to.match(/step 1 cannot come: one before it failed/);
          expect(String(yield* thrown(at(2)))).to.match(/step 2 cannot come/);
        }
      }));
  });

  describe(`${where}assertYields and assertDoesNotYield`, () => {
    it("tell operations that wait from those that do not", () =>
      check(function* () {
        const [a, b] = yield* streamPair();
        yield* assertDoesNotYield(a.send("one\ntwo\n"));
        expect(yield* assertYields(b.receive())).to.deep.equal(["one"]);
        expect(yield* assertDoesNotYield(b.receive())).to.deep.equal(["two"]);
        expect(String(yield* thrown(assertYields(a.send("x\n"))))).to.match(/finished at once/);
        expect(String(yield* thrown(assertDoesNotYield(sleep(0))))).to.match(/waited 1 times/);
        yield* assertYields(effectionSleep(1));
        // What is answered on the spot is no waiting.
        yield* assertDoesNotYield(fork(function* () {}));
        const failing = function* (): Operation<void> {
          yield* sleep(0);
          throw new Error("its own");
        };
        expect(String(yield* thrown(assertYields(failing())))).to.equal("Error: its own");
        const halted = yield* fork(() => assertYields(b.receive("*a")));
        yield* sleep(0);
        yield* halted.halt();
      }));
  });

  describe(`${where}streamPair`, () => {
    it("clean: what is sent arrives, both ways, and the end, too", () =>
      check(function* () {
        const [a, b] = yield* streamPair();
        yield* a.send("there\n");
        yield* b.send("back\n");
        expect(yield* b.receive()).to.deep.equal(["there"]);
        expect(yield* a.receive()).to.deep.equal(["back"]);
        a.shutdown("send");
        expect((yield* b.receive())[1]).to.equal("closed");
        yield* b.send("still\n");
        b.close();
        expect(yield* a.receive("*a")).to.deep.equal(["still\n"]);
        expect(String(a)).to.match(/stream\{client\} a of a pair/);
      }));

    it("clogged: nothing passes, nothing is lost", () =>
      check(function* () {
        const [a, b, line] = yield* streamPair("clogged");
        a.settimeout(0.001);
        b.settimeout(0.001);
        yield* a.send("first\n");
        expect((yield* b.receive())[1]).to.equal("timeout");
        const big = Buffer.alloc(1_000_000, "x");
        const [, err, sent] = yield* a.send(big);
        expect(err).to.equal("timeout");
        line.unclog();
        expect(yield* b.receive()).to.deep.equal(["first"]);
        expect((yield* b.receive(sent!))[0]!.length).to.equal(sent);
        line.clog();
        yield* b.send("held\n");
        expect((yield* a.receive())[1]).to.equal("timeout");
        line.unclog();
        a.settimeout();
        expect(yield* a.receive()).to.deep.equal(["held"]);
      }));

    it("broken: both sides get closed", () =>
      check(function* () {
        const [a, b] = yield* streamPair("broken");
        expect((yield* a.receive())[1]).to.equal("closed");
        expect((yield* b.receive())[1]).to.equal("closed");
        expect((yield* a.send("x"))[1]).to.equal("closed");
        const [c, d, line] = yield* streamPair();
        yield* c.send("before\n");
        expect(yield* d.receive()).to.deep.equal(["before"]);
        line.cut();
        expect((yield* d.receive())[1]).to.equal("closed");
        expect(() => streamPair("leaky" as StreamPairKind)).to.throw(
          TypeError,
          'there are "clean", "clogged", "broken"',
        );
      }));

    it("is closed with the fiber that asked for it", () =>
      check(function* () {
        const { a, b } = yield* yield* fork(function* () {
          const [a, b] = yield* streamPair();
          return { a, b };
        });
        expect([a.closed, b.closed]).to.deep.equal([true, true]);
        expect(socket.gettime()).to.be.a("number");
      }));
  });
}
