import { expect } from "chai";
import {
  createChannel,
  each as effectionEach,
  type Operation,
  sleep as effectionSleep,
  spawn,
  type Stream,
} from "effection";
import { channel, each, fibers, fork, ReactorError, sleep, useFiber } from "cosocket";
import { check } from "../../support/check.js";
import { pair, thrown } from "../../support/pairs.js";

/** A stream of this package with these values in it, and its end. */
function streamOf<T>(...values: T[]): Stream<T, void> {
  const stream = channel<T>(Infinity);
  for (const value of values) stream.trySend(value);
  stream.close();
  return stream;
}

describe("each", () => {
  it("gives every item of a stream, and ends with it", () =>
    check(function* () {
      yield* yield* fork(function* () {
        const seen: string[] = [];
        for (const letter of yield* each(streamOf("a", "b", "c"))) {
          seen.push(letter);
          yield* each.next();
        }
        for (const letter of yield* each(streamOf<string>())) seen.push(letter);
        expect(seen).to.deep.equal(["a", "b", "c"]);
      });
    }));

  it("does not promote the fiber: over lines, blocks and channels of this package", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("one\ntwo\nthree\nfour and no more");
      served.close();
      yield* yield* fork(function* () {
        const me = (yield* useFiber())!;
        const seen: unknown[] = [];
        for (const line of yield* each(client.lines())) {
          seen.push(line, me.state);
          if (line === "two") break;
          yield* each.next();
        }
        for (const block of yield* each(client.blocks(10))) {
          seen.push(String(block), me.state);
          yield* each.next();
        }
        for (const number of yield* each(streamOf(7))) {
          seen.push(number, me.state);
          yield* each.next();
        }
        expect(seen.filter((_, i) => i % 2 === 0)).to.deep.equal([
          "one",
          "two",
          "three\nfour",
          " and no mo",
          "re",
          7,
        ]);
        expect(new Set(seen.filter((_, i) => i % 2 === 1))).to.deep.equal(new Set(["running"]));
        // Nothing of Effection's has come by.
        expect(me.promoted).to.equal(null);
      });
    }));

  it("may be nested, and left in any way: break, return, an error", () =>
    check(function* () {
      const seen: string[] = [];
      const inner = function* (outer: string): Operation<string> {
        for (const number of yield* each(streamOf(1, 2, 3))) {
          seen.push(outer + number);
          if (outer === "b") return "returned";
          if (outer === "c") throw new Error("thrown");
          if (number === 2) break;
          yield* each.next();
        }
        return "broken off";
      };
      yield* yield* fork(function* () {
        for (const letter of yield* each(streamOf("a", "b", "c", "d"))) {
          try {
            seen.push(yield* inner(letter));
          } catch (error) {
            seen.push((error as Error).message);
          }
          yield* each.next();
        }
      });
      expect(seen.join(" ")).to.equal("a1 a2 broken off b1 returned c1 thrown d1 d2 broken off");
    }));

  it("is each fiber's own", () =>
    check(function* () {
      const seen: string[] = [];
      const looping = (name: string) =>
        function* () {
          for (const number of yield* each(streamOf(1, 2, 3))) {
            seen.push(name + number);
            yield* sleep(0);
            yield* each.next();
          }
        };
      const [a, b] = [yield* fork(looping("a")), yield* fork(looping("b"))];
      yield* a;
      yield* b;
      expect(seen).to.have.members(["a1", "a2", "a3", "b1", "b2", "b3"]);
    }));

  it("goes on when the fiber is promoted in the middle of it", () =>
    check(function* () {
      const seen: number[] = [];
      yield* yield* fork(function* () {
        for (const number of yield* each(streamOf(1, 2, 3))) {
          seen.push(number);
          yield* effectionSleep(0);
          yield* each.next();
        }
      });
      expect(seen).to.deep.equal([1, 2, 3]);
    }));

  it("takes streams of Effection's, in a fiber", () =>
    check(function* () {
      const letters = createChannel<string, void>();
      const fiber = yield* fork(function* () {
        const seen: string[] = [];
        for (const letter of yield* each(letters)) {
          seen.push(letter);
          yield* each.next();
        }
        return seen;
      });
      // Until it listens.
      while (fiber.state !== "promoted") yield* sleep(0);
      yield* sleep(0);
      for (const letter of ["a", "b"]) yield* letters.send(letter);
      yield* letters.close();
      expect(yield* fiber).to.deep.equal(["a", "b"]);
    }));

  it("is Effection's in a task of Effection's, and Effection's takes our streams in a fiber", () =>
    check(function* () {
      const seen: number[] = [];
      for (const number of yield* each(streamOf(1, 2))) {
        seen.push(number);
        yield* each.next();
      }
      yield* yield* spawn(function* () {
        for (const number of yield* each(streamOf(3, 4))) {
          seen.push(number);
          yield* each.next();
        }
      });
      yield* yield* fork(function* () {
        for (const number of yield* effectionEach(streamOf(5, 6))) {
          seen.push(number);
          yield* effectionEach.next();
        }
      });
      expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6]);
    }));

  it("says so when a round did not end with each.next(), and when there is no loop", () =>
    check(function* () {
      const errors = yield* fork(function* () {
        const first = yield* thrown(
          (function* () {
            // What is tested.
            for (const number of yield* each(streamOf(1, 2))) if (number === 1) continue;
          })(),
        );
        const second = yield* thrown(
          (function* () {
            yield* each.next();
          })(),
        );
        return [first, second] as ReactorError[];
      });
      const [first, second] = yield* errors;
      expect(first).to.be.instanceOf(ReactorError);
      expect([first!.code, first!.message, second!.code, second!.message]).to.deep.equal([
        "ITERATION",
        "a loop over each(...) must end each round with `yield* each.next()`, also where it says `continue`",
        "ITERATION",
        "each.next() outside of a loop over each(...): `each` of the loop and `each.next` must come from one library, both from cosocket or both from Effection",
      ]);
    }));

  it("takes nothing when its fiber is halted while it waits for the next item", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("one\ntw");
      const seen: string[] = [];
      const fiber = yield* fork(function* () {
        for (const line of yield* each(client.lines())) {
          seen.push(line);
          yield* each.next();
        }
      });
      while (seen.length === 0) yield* sleep(0);
      yield* sleep(0);
      yield* fiber.halt();
      yield* served.send("o\n");
      expect(yield* client.receive("*l")).to.deep.equal(["two"]);
      expect(fibers()).to.deep.equal([]);
    }));

  it("throws TypeError for what is no stream", () => {
    for (const given of [undefined, null, 5, {}])
      expect(() => each(given as unknown as Stream<unknown, unknown>)).to.throw(
        TypeError,
        "each takes a stream, such as client.lines(), not ",
      );
  });
});
