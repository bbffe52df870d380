import { expect } from "chai";
import { type Operation, sleep as effectionSleep, suspend } from "effection";
import { type Fiber, fork, sleep, socket } from "cosocket";
import {
  type FiberFacts,
  type Frame,
  pathOf,
  recordStacks,
  snapshot,
  watch,
} from "cosocket/inspect";
import { settle } from "cosocket/testing";
import { check } from "../../support/check.js";

const factsOf = (fiber: Fiber, paths = false): FiberFacts =>
  snapshot({ paths }).fibers.find(({ id }) => id === fiber.id)!;

/** Keep the processor for so long. */
function spin(seconds: number): void {
  for (const end = performance.now() + seconds * 1e3; performance.now() < end;);
}

describe("watch", () => {
  it("counts how often and how long a fiber runs, and turns, from then on and until its end", () =>
    check(function* () {
      const fiber = yield* fork(function* () {
        for (;;) {
          yield* sleep(0);
          spin(0.002);
        }
      });
      yield* sleep(0);
      expect(factsOf(fiber)).to.include({ runs: null, busy: null, longest: null });
      expect(snapshot().reactor).to.include({ longestTurn: null, busy: null, lag: null });
      const stops = [watch(), watch()];
      expect(factsOf(fiber)).to.include({ runs: 0, busy: 0, longest: 0 });
      for (let i = 0; i < 5; i++) yield* sleep(0);
      const { runs, busy, longest } = factsOf(fiber);
      expect(runs).to.be.within(4, 6);
      expect(longest).to.be.at.least(0.002);
      expect(busy).to.be.at.least(0.002 * (runs! - 1));
      const { reactor } = snapshot();
      expect(reactor.longestTurn).to.be.at.least(0.002);
      expect(reactor.busy).to.be.at.least(reactor.longestTurn!);
      stops[0]!();
      stops[0]!();
      expect(factsOf(fiber).runs).to.not.equal(null);
      stops[1]!();
      expect(factsOf(fiber)).to.include({ runs: null });
      yield* fiber.halt();
    }));

  it("counts the runs of a fiber that Effection drives", () =>
    check(function* () {
      const stop = watch();
      const fiber = yield* fork(function* () {
        yield* effectionSleep(0);
        spin(0.002);
        yield* suspend();
      });
      while ((factsOf(fiber).longest ?? 0) < 0.002) yield* effectionSleep(0);
      expect(factsOf(fiber).runs).to.equal(2);
      yield* fiber.halt();
      stop();
    }));

  it("measures how late the event loop is, if that is wanted", () =>
    check(function* () {
      const stop = watch({ lag: true });
      yield* effectionSleep(0);
      while (snapshot().reactor.lag === null) {
        spin(0.02);
        yield* sleep(0);
        yield* effectionSleep(0);
      }
      const { mean, p99, max } = snapshot().reactor.lag!;
      expect(mean).to.be.within(0, max);
      expect(p99).to.be.within(0, max * 1.01 + 1e-6);
      stop();
      expect(snapshot().reactor.lag).to.equal(null);
    }));
});

function* inner(): Operation<void> {
  yield* sleep(60); // inner waits
}
function* outer(): Operation<void> {
  yield* inner(); // outer waits
}
function* bound(): Operation<void> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  yield* server.accept(); // bound waits
}
function* drivenByEffection(): Operation<void> {
  yield* effectionSleep(0);
  yield* inner(); // driven waits
}
function* suspended(): Operation<void> {
  yield* suspend(); // suspended waits
}

describe("where a fiber waits", () => {
  const names = (path: Frame[] | undefined): string[] => path!.map((frame) => frame.function);

  it("is the place of its own yield*, asked of V8, when nothing was recorded", () =>
    check(function* () {
      const before = recordStacks(false);
      const fibers = [yield* fork(outer), yield* fork(suspended), yield* fork(bound)];
      yield* settle();
      expect(names(factsOf(fibers[0]!, true).path)).to.deep.equal(["outer"]);
      expect(names(factsOf(fibers[1]!, true).path)).to.deep.equal(["suspended"]);
      const [frame] = pathOf(fibers[2]!.id);
      expect(frame).to.include({ function: "bound" });
      expect(frame!.file).to.match(/watch\.test\.[jt]s$/);
      expect(frame!.line).to.be.above(1);
      expect(pathOf(0)).to.deep.equal([]);
      for (const fiber of fibers) yield* fiber.halt();
      recordStacks(before);
    }));

  it("is the whole path of yield*s inwards, when stacks are recorded", () =>
    check(function* () {
      const before = recordStacks(true);
      const fibers = [yield* fork(outer), yield* fork(drivenByEffection)];
      while (factsOf(fibers[1]!).waitsFor !== "sleep(60)") yield* effectionSleep(0);
      expect(names(factsOf(fibers[0]!, true).path)).to.deep.equal(["outer", "inner"]);
      expect(names(factsOf(fibers[1]!, true).path)).to.deep.equal(["drivenByEffection", "inner"]);
      const [out, inside] = pathOf(fibers[0]!.id);
      expect(out!.line - inside!.line).to.equal(3);
      for (const fiber of fibers) yield* fiber.halt();
      recordStacks(before);
    }));

  it("is not asked for unless somebody wants it", () =>
    check(function* () {
      const fiber = yield* fork(outer);
      yield* settle();
      expect(snapshot().fibers.every((one) => !("path" in one))).to.equal(true);
      yield* fiber.halt();
    }));
});
