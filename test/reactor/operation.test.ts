import { expect } from "chai";
import {
  all,
  call,
  race,
  run as effectionRun,
  scoped,
  sleep as effectionSleep,
  spawn,
} from "effection";
import type { Operation } from "effection";
import {
  fork,
  operation,
  ReactorError,
  run,
  sleep,
  useFiber,
  type Yieldable,
} from "cosocket/reactor";

/** An operation of two steps that notes what happens to it. */
function twoSteps(
  log: string[],
  wait: () => Operation<unknown> = () => sleep(0),
): Yieldable<string> {
  return operation("two steps", function* () {
    log.push("begun");
    try {
      yield* wait();
      return "done";
    } finally {
      log.push("over");
    }
  });
}

const unperformed: [name: string, make: () => Iterable<unknown>][] = [
  ["sleep", () => sleep(1)],
  ["sleep(0)", () => sleep(0)],
  ["fork", () => fork(() => sleep(1))],
  ["useFiber", () => useFiber()],
  ["two steps", () => twoSteps([])],
];

describe("an operation", () => {
  for (const [name, make] of unperformed) {
    it(`${name} that is destructured, spread or iterated says that yield* is missing`, () => {
      const text = /was not performed: write `yield\*` before it/;
      expect(() => {
        const [value] = make();
        void value;
      }).to.throw(ReactorError, text);
      expect(() => [...make()]).to.throw(ReactorError, text);
      expect(() => {
        for (const value of make()) void value;
      }).to.throw(ReactorError, text);
      expect(() => Array.from(make())).to.throw(ReactorError, text);
    });
  }

  it("is performed by yield*, by fibers and by Effection, in everything that takes an operation", async () => {
    const log: string[] = [];
    const body = function* (): Operation<string[]> {
      const own = yield* twoSteps(log);
      const both = yield* all([twoSteps(log), twoSteps(log)]);
      const first = yield* race([twoSteps(log), sleep(Infinity) as Yieldable<never>]);
      const called = yield* call(() => twoSteps(log));
      const inner = yield* scoped(() => twoSteps(log));
      const task = yield* yield* spawn(() => twoSteps(log));
      const fiber = yield* yield* fork(() => twoSteps(log));
      return [own, ...both, first, called, inner, task, fiber];
    };
    const expected = new Array(8).fill("done");
    expect(await run(body)).to.deep.equal(expected);
    expect(await effectionRun(body)).to.deep.equal(expected);
    expect(await run(() => twoSteps(log))).to.equal("done");
    expect(log).to.have.length(34);
  });

  it("of several steps can be performed again when it is over, and is BUSY before", async () => {
    await run(function* () {
      const log: string[] = [];
      const twice = twoSteps(log);
      expect(log).to.deep.equal([]);
      expect(yield* twice).to.equal("done");
      const fiber = yield* fork(() => twice);
      yield* sleep(0);
      try {
        yield* twice;
        expect.fail("it was to be busy");
      } catch (error) {
        expect(error).to.be.instanceOf(ReactorError).with.property("code", "BUSY");
        expect(String(error)).to.contain("two steps is under way already");
      }
      yield* fiber;
      expect(log).to.deep.equal(["begun", "over", "begun", "over"]);
    });
  });

  it("of several steps cleans up when it is halted, and can be performed again", async () => {
    await run(function* () {
      const log: string[] = [];
      let first = true;
      const halted = twoSteps(log, () => (first ? sleep(Infinity) : sleep(0)));
      const fiber = yield* fork(() => halted);
      yield* sleep(0);
      yield* fiber.halt();
      first = false;
      expect(yield* halted).to.equal("done");
      const task = yield* spawn(() => halted);
      yield* effectionSleep(0);
      yield* task.halt();
      expect(log.filter((entry) => entry === "over")).to.have.length(3);
    });
  });

  it("of several steps may wait in its cleanup, catch, and throw", async () => {
    await run(function* () {
      const log: string[] = [];
      const caught = operation("catching", function* (): Operation<string> {
        try {
          yield* fork(() => sleep(0));
          throw new RangeError("first");
        } catch (error) {
          yield* sleep(0);
          return String(error);
        } finally {
          yield* sleep(0);
          log.push("clean");
        }
      });
      expect(yield* caught).to.equal("RangeError: first");
      const thrown = operation("throwing", function* (): Operation<void> {
        yield* sleep(0);
        throw new RangeError("a bug");
      });
      for (let i = 0; i < 2; i++) {
        try {
          yield* thrown;
          expect.fail("it was to throw");
        } catch (error) {
          expect(String(error)).to.equal("RangeError: a bug");
        }
      }
      expect(log).to.deep.equal(["clean"]);
    });
  });

  it("of several steps whose function throws, or gives no operation, can be performed again", async () => {
    await run(function* () {
      let calls = 0;
      const odd = operation("odd", () => {
        calls++;
        throw new TypeError("not today");
      });
      for (let i = 0; i < 2; i++) {
        try {
          yield* odd;
          expect.fail("it was to throw");
        } catch (error) {
          expect(String(error)).to.equal("TypeError: not today");
        }
      }
      expect(calls).to.equal(2);
    });
  });
});
