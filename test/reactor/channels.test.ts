/** What tools are told of fibers. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect } from "chai";
import { ensure, type Operation, sleep as effectionSleep, spawn, suspend, until } from "effection";
import { type Fiber, fibers, fork, sleep } from "cosocket";
import { channels, event, type FiberEvent } from "cosocket/reactor";
import { check } from "../support/check.js";

/** Lines of what the channels tell until the caller ends, of fibers that are called by one letter. */
function* told(...what: (keyof typeof channels)[]): Operation<string[]> {
  const lines: string[] = [];
  for (const one of what) {
    const listener = (message: unknown): void => {
      const { fiber, wait, effect = wait, by } = message as FiberEvent;
      if (fiber.name.length > 1) return;
      const words = effect === undefined ? "" : `: ${effect.description}`;
      lines.push(`${one} ${fiber.name}${words}${by ? ` by ${by.name}` : ""}`);
    };
    subscribe(channels[one].name, listener);
    yield* ensure(() => void unsubscribe(channels[one].name, listener));
  }
  return lines;
}

describe("the channels of fibers", () => {
  it("tell of each time that a fiber runs where it begins and where it stops, also while Effection drives it", () =>
    check(function* () {
      const lines = yield* told("resume", "park", "ending", "end");
      const fiber = yield* fork(
        function* () {
          yield* effectionSleep(1);
          yield* sleep(0);
          yield* spawn(function* () {
            yield* sleep(0);
          });
        },
        { name: "f" },
      );
      yield* fiber;
      expect(lines).to.deep.equal([
        "resume f",
        "park f: sleep 0.001 s",
        "resume f: sleep 0.001 s",
        "park f: sleep(0)",
        "resume f: sleep(0)",
        "park f: useScope()",
        "resume f: useScope()",
        "park f: the end of its tasks",
        "ending f",
        "end f",
      ]);
    }));

  it("tell who wakes whom, and who halts whom, at the moment", () =>
    check(function* () {
      const lines = yield* told("wake", "halt", "spawn");
      const door = event<void>();
      const waits = yield* fork(() => door.wait(), { name: "w" });
      yield* sleep(0);
      const opens = yield* fork(
        function* () {
          const child: Fiber<void> = yield* fork(() => suspend(), { name: "c" });
          yield* sleep(0);
          door.set();
          yield* child.halt();
        },
        { name: "o" },
      );
      yield* waits;
      yield* opens;
      expect(lines.filter((line) => !line.includes("sleep"))).to.deep.equal([
        "spawn w",
        "spawn o",
        "spawn c by o",
        "wake w: event by o",
        "halt c by o",
        "wake o: halt c",
      ]);
    }));

  it("tell of a task of Effection's that it is a part of a fiber who is woken", () =>
    check(function* () {
      const lines = yield* told("wake");
      yield* yield* fork(
        function* () {
          yield* until(Promise.resolve());
          yield* sleep(0);
        },
        { name: "p" },
      );
      expect(lines).to.deep.equal(["wake p: sleep(0)"]);
    }));
});

describe("fibers()", () => {
  it("tells what fibers wait for that Effection drives, in words, since when, and whose children they are", () =>
    check(function* () {
      const never = new Promise<void>(() => {});
      const ends = [
        yield* fork(() => effectionSleep(30_000), { name: "a" }),
        yield* fork(() => until(never), { name: "b" }),
        yield* fork(
          function* () {
            yield* fork(() => suspend(), { name: "d" });
            yield* suspend();
          },
          { name: "c" },
        ),
        yield* fork(
          function* () {
            yield* effectionSleep(0);
            yield* sleep(60);
          },
          { name: "e" },
        ),
      ];
      const last = (): string | undefined => fibers().find(({ name }) => name === "e")?.waitsFor;
      while (last() !== "sleep(60)") yield* effectionSleep(1);
      const list = fibers().filter(({ name }) => name.length === 1);
      expect(list.map(({ name, waitsFor, parentId }) => [name, waitsFor, parentId])).to.deep.equal([
        ["a", "sleep 30 s", undefined],
        ["b", "a promise or a callback", undefined],
        ["c", "suspend", undefined],
        ["d", "suspend", ends[2]!.id],
        ["e", "sleep(60)", undefined],
      ]);
      for (const { seconds, fiber } of list) {
        expect(seconds).to.be.at.least(0);
        expect(fiber.born).to.be.above(0);
      }
      for (const fiber of ends) yield* fiber.halt();
    }));
});
