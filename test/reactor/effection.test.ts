import { expect } from "chai";
import {
  action,
  all,
  call,
  createChannel,
  createContext,
  createSignal,
  each,
  ensure,
  type Operation,
  race,
  resource,
  run,
  scoped,
  sleep as effectionSleep,
  spawn,
  suspend,
  until,
  useAbortSignal,
  useScope,
  withResolvers,
} from "effection";
import { fork, sleep } from "cosocket";
import { settle, simulate } from "cosocket/testing";
import { A_MOMENT, check } from "../support/check.js";
import { thrown } from "../support/pairs.js";

const Colour = createContext<string>("colour");

/** Each runs inside a fiber, and gives what is written beside it. */
const inFiber: [name: string, body: () => Operation<unknown>, expected: unknown][] = [
  ["sleep", () => effectionSleep(1), undefined],
  ["call of a function", () => call(() => 5), 5],
  ["call of an async function", () => call(async () => 6), 6],
  ["until of a promise", () => until(Promise.resolve(7)), 7],
  ["action", () => action<number>((resolve) => (resolve(8), () => {})), 8],
  [
    "spawn and join",
    function* () {
      const task = yield* spawn(function* () {
        yield* sleep(A_MOMENT);
        return 9;
      });
      return yield* task;
    },
    9,
  ],
  [
    "spawn and halt",
    function* () {
      const log: string[] = [];
      const task = yield* spawn(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          log.push("halted");
        }
      });
      yield* sleep(0);
      yield* task.halt();
      return log;
    },
    ["halted"],
  ],
  [
    "race between both worlds",
    function* () {
      return yield* race([
        (function* () {
          yield* sleep(A_MOMENT);
          return "ours";
        })(),
        (function* () {
          yield* effectionSleep(1_000_000);
          return "theirs";
        })(),
      ]);
    },
    "ours",
  ],
  [
    "all",
    () =>
      all([
        (function* () {
          yield* sleep(A_MOMENT);
          return 1;
        })(),
        call(async () => 2),
      ]),
    [1, 2],
  ],
  [
    "resource, ended with the fiber's scope",
    function* () {
      const value = yield* resource<string>(function* (provide) {
        yield* provide("opened");
      });
      yield* sleep(0);
      return value;
    },
    "opened",
  ],
  [
    "ensure in scoped",
    function* () {
      const log: string[] = [];
      yield* scoped(function* () {
        yield* ensure(function* () {
          yield* sleep(A_MOMENT);
          log.push("ensured");
        });
        yield* sleep(0);
        log.push("body");
      });
      return log;
    },
    ["body", "ensured"],
  ],
  ["useScope", () => useScope(), Object],
  ["useAbortSignal", () => useAbortSignal(), AbortSignal],
  [
    "withResolvers",
    function* () {
      const { operation, resolve } = withResolvers<number>();
      yield* fork(function* () {
        resolve(4);
      });
      return yield* operation;
    },
    4,
  ],
  [
    "context: set, get, expect, with, delete",
    function* () {
      const seen: unknown[] = [yield* Colour.get()];
      yield* Colour.set("red");
      seen.push(yield* Colour.get(), yield* Colour.expect());
      seen.push(yield* Colour.with("blue", () => Colour.get()));
      // What is forked and what is spawned inherit it.
      const forked = yield* fork(() => Colour.get());
      const spawned = yield* spawn(() => Colour.get());
      seen.push(yield* forked, yield* spawned);
      yield* Colour.delete();
      seen.push(yield* Colour.get());
      return seen;
    },
    [undefined, "red", "red", "blue", "red", "red", undefined],
  ],
  [
    "each over a channel and a signal",
    function* () {
      const seen: number[] = [];
      const channel = createChannel<number, void>();
      const signal = createSignal<number, void>();
      yield* fork(function* () {
        yield* settle();
        yield* channel.send(1);
        yield* channel.send(2);
        yield* channel.close();
        yield* settle();
        signal.send(3);
        signal.close();
      });
      for (const value of yield* each(channel)) {
        seen.push(value);
        yield* each.next();
      }
      for (const value of yield* each(signal)) {
        seen.push(value);
        yield* each.next();
      }
      return seen;
    },
    [1, 2, 3],
  ],
  [
    "call of a function that throws, and catches the error",
    function* () {
      try {
        yield* call(async () => {
          throw new Error("boom");
        });
      } catch (error) {
        return String(error);
      }
    },
    "Error: boom",
  ],
];

describe("Effection inside a fiber", () => {
  for (const [name, body, expected] of inFiber) {
    it(`a fiber performs Effection's ${name}`, () =>
      check(function* () {
        const fiber = yield* fork(function* () {
          // A wait of ours first, so that the fiber begins light.
          yield* sleep(0);
          return yield* body();
        });
        const value = yield* fiber;
        if (typeof expected === "function") expect(value).to.be.instanceOf(expected);
        else expect(value).to.deep.equal(expected);
      }));
  }

  it("suspend, until halted", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        try {
          yield* suspend();
        } finally {
          log.push("halted");
        }
      });
      yield* sleep(0);
      yield* fiber.halt();
      expect(log).to.deep.equal(["halted"]);
    }));

  it("an error of a spawned task fails the fiber, and its boundary takes it", () =>
    check(function* () {
      const taken: string[] = [];
      const fiber = yield* fork(
        function* () {
          yield* spawn(function* () {
            yield* sleep(A_MOMENT);
            throw new Error("boom");
          });
          yield* suspend();
        },
        { boundary: (error) => taken.push(String(error)) },
      );
      const error = yield* thrown(fiber);
      expect(String(error)).to.equal("Error: boom");
      expect(taken).to.deep.equal(["Error: boom"]);
    }));

  it("a promoted fiber's forks are its children", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        yield* effectionSleep(0);
        yield* fork(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            log.push("child");
          }
        });
        yield* sleep(0);
        return "done";
      });
      expect(yield* fiber).to.equal("done");
      expect(log).to.deep.equal(["child"]);
    }));
});

describe("cosocket inside Effection", () => {
  it("sleep takes its time in run, spawn, race and scoped", async () => {
    const { value } = await simulate({}, function* (world) {
      const times: number[] = [];
      const told = (): unknown => times.push(Math.round(world.now()));
      yield* sleep(1);
      told();
      yield* yield* spawn(() => sleep(2));
      told();
      yield* race([sleep(3), effectionSleep(1_000_000)]);
      told();
      yield* scoped(() => sleep(4));
      told();
      return times;
    });
    expect(value).to.deep.equal([1, 3, 6, 10]);
  });

  it("a fiber ends with the scoped block that forked it", () =>
    check(function* () {
      const log: string[] = [];
      yield* scoped(function* () {
        yield* fork(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(A_MOMENT);
            log.push("fiber");
          }
        });
        yield* sleep(0);
      });
      log.push("after");
      expect(log).to.deep.equal(["fiber", "after"]);
    }));

  it("a fiber ends with the race that its candidate lost", () =>
    check(function* () {
      const log: string[] = [];
      yield* race([
        (function* () {
          yield* fork(function* () {
            try {
              yield* sleep(Infinity);
            } finally {
              log.push("loser");
            }
          });
          yield* suspend();
        })(),
        settle(),
      ]);
      expect(log).to.deep.equal(["loser"]);
    }));

  it("a task that is halted from outside halts its fibers and waits for them", async () => {
    const log: string[] = [];
    await check(function* () {});
    const task = run(function* () {
      yield* fork(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(A_MOMENT);
          log.push("fiber");
        }
      });
      yield* suspend();
    });
    await new Promise((resolve) => setImmediate(resolve));
    await task.halt();
    log.push("halted");
    expect(log).to.deep.equal(["fiber", "halted"]);
    await check(function* () {});
  });

  it("fork and end at once: the fiber that never started is ended, too", () =>
    check(function* () {
      const log: string[] = [];
      yield* scoped(function* () {
        yield* fork(function* () {
          log.push("ran");
        });
      });
      expect(log).to.deep.equal([]);
    }));
});
