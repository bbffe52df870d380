/** Structured concurrency where it is hardest: failures and halts while others clean up, end, begin, or call back. */
import { AsyncLocalStorage } from "node:async_hooks";
import { expect } from "chai";
import {
  all,
  createSignal,
  ensure,
  type Operation,
  race,
  run as effectionRun,
  scoped,
  sleep as effectionSleep,
  spawn,
  suspend,
  until,
  withResolvers,
} from "effection";
import {
  type Fiber,
  fibers,
  fork,
  HaltedError,
  run,
  sleep,
  socket,
  type Tcp,
  useFiber,
} from "cosocket";
import { copas } from "cosocket/copas";
import { type Clock, type Resource, reactor } from "cosocket/reactor";
import { settle } from "cosocket/testing";
import { times } from "../support/counts.js";
import { A_MOMENT, check } from "../support/check.js";
import { portOf, thrown } from "../support/pairs.js";
import { inVirtualTime } from "../support/simulated.js";

function fail(text: string): () => Operation<never> {
  return function* () {
    throw new Error(text);
  };
}

/** Sleeps until halted, then cleans up for a while: in virtual time. */
function slowly(log: string[], name: string): () => Operation<void> {
  return function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      yield* sleep(2);
      log.push(name);
    }
  };
}

/** Where children are: each runs `body`, and throws what it throws. */
const parents: [name: string, parent: (body: () => Operation<unknown>) => Operation<unknown>][] = [
  ["a light fiber", (body) => joined(body)],
  ["a promoted fiber", (body) => joined(body, () => effectionSleep(0))],
  ["an Effection task", (body) => scoped(body)],
];

function* joined(
  body: () => Operation<unknown>,
  first?: () => Operation<unknown>,
): Operation<unknown> {
  const fiber = yield* fork(
    function* () {
      if (first !== undefined) yield* first();
      return yield* body();
    },
    { boundary: () => {} },
  );
  return yield* fiber;
}

for (const [name, parent] of parents) {
  describe(`a failing child of ${name}`, () => {
    it("is heard though the body returns while its siblings still clean up, and they are waited for", () =>
      inVirtualTime(function* () {
        const log: string[] = [];
        const error = yield* thrown(
          parent(function* () {
            yield* fork(slowly(log, "sibling is clean"));
            yield* fork(function* () {
              yield* sleep(1);
              throw new Error("child");
            });
            try {
              yield* sleep(Infinity);
            } finally {
              log.push("body ends");
            }
          }),
        );
        expect(String(error)).to.equal("Error: child");
        expect(log).to.deep.equal(["body ends", "sibling is clean"]);
      }));

    it("is heard at once, however long a sibling cleans up", () =>
      inVirtualTime(function* () {
        const log: string[] = [];
        yield* thrown(
          parent(function* () {
            yield* fork(slowly(log, "sibling is clean"));
            yield* fork(fail("child"));
            try {
              yield* sleep(Infinity);
            } finally {
              log.push("body knows");
            }
          }),
        );
        expect(log).to.deep.equal(["body knows", "sibling is clean"]);
      }));

    it("does not make later children orphans: what the body's cleanup forks ends with it, and is heard", () =>
      inVirtualTime(function* () {
        const log: string[] = [];
        const error = yield* thrown(
          parent(function* () {
            yield* fork(fail("first"));
            try {
              yield* sleep(Infinity);
            } finally {
              yield* fork(slowly(log, "late child is clean"));
              yield* fork(function* () {
                try {
                  yield* sleep(Infinity);
                } finally {
                  log.push("last child fails");
                  // eslint-disable-next-line no-unsafe-finally
                  throw new Error("last");
                }
              });
              yield* sleep(1);
            }
          }),
        );
        // Of several errors the last one counts, as in Effection.
        expect(String(error)).to.equal("Error: last");
        expect(log).to.deep.equal(["last child fails", "late child is clean"]);
      }));

    it("gives what its cleanup threw to the one who halts it, who goes on", () =>
      check(function* () {
        const log: string[] = [];
        yield* parent(function* () {
          const fiber = yield* fork(function* () {
            yield* fork(function* () {
              try {
                yield* sleep(Infinity);
              } finally {
                // eslint-disable-next-line no-unsafe-finally
                throw new Error("grandchild's cleanup");
              }
            });
            yield* sleep(Infinity);
          });
          yield* sleep(0);
          log.push(String(yield* thrown(fiber.halt())));
          yield* sleep(0);
          log.push("goes on");
        });
        expect(log).to.deep.equal(["Error: grandchild's cleanup", "goes on"]);
      }));

    it("ends the body before a sibling that joins it can go on", () =>
      check(function* () {
        const log: string[] = [];
        yield* thrown(
          parent(function* () {
            const failing = yield* fork(function* () {
              yield* sleep(0);
              throw new Error("child");
            });
            yield* fork(function* () {
              yield* thrown(failing);
              log.push("went on");
            });
            yield* sleep(Infinity);
          }),
        );
        expect(log).to.deep.equal([]);
      }));
  });
}

describe("an Effection scope with fibers", () => {
  it("that is halted while a failure is under way waits for all, and says it", async () => {
    await check(function* () {});
    const log: string[] = [];
    const [underWay, mayEnd] = [withResolvers<void>(), withResolvers<void>()];
    const task = effectionRun(function* () {
      yield* fork(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          underWay.resolve();
          yield* mayEnd.operation;
          log.push("sibling is clean");
        }
      });
      yield* fork(function* () {
        yield* sleep(0);
        throw new Error("child");
      });
      yield* suspend();
    });
    const outcome = task.then(String, String);
    await effectionRun(() => underWay.operation);
    const halted = task.halt().then(undefined, (error: unknown) => log.push(String(error)));
    mayEnd.resolve();
    await halted;
    expect(log).to.deep.equal(["sibling is clean", "Error: child"]);
    expect(await outcome).to.equal("Error: child");
    expect(fibers()).to.deep.equal([]);
  });
});

describe("whoever runs acts in its own name", () => {
  it("an Effection task that a fiber wakes runs after it, and is no fiber", () =>
    check(function* () {
      const signal = createSignal<number, void>();
      const gate = withResolvers<void>();
      const seen: unknown[] = [];
      let made: Tcp | undefined;
      yield* spawn(function* () {
        yield* (yield* signal).next();
        made = socket.tcp();
        seen.push(reactor.current, yield* useFiber());
      });
      yield* spawn(function* () {
        yield* gate.operation;
        seen.push(reactor.current);
      });
      const victim = yield* spawn(function* () {
        try {
          yield* suspend();
        } finally {
          seen.push(reactor.current);
        }
      });
      yield* sleep(0);
      const fiber = yield* fork(
        function* () {
          signal.send(1);
          gate.resolve();
          void victim.halt().then(() => {});
          seen.push("the fiber's step is over");
          expect(reactor.current?.name).to.equal("waker");
          yield* sleep(0);
        },
        { name: "waker" },
      );
      yield* fiber;
      expect(seen[0]).to.equal("the fiber's step is over");
      expect(seen.slice(1)).to.have.members([null, undefined, null, null]);
      // It is nobody's: the fiber has ended.
      expect(made!.closed).to.equal(false);
      made!.close();
    }));

  it("a connection that a woken task opens outlives the fiber that has woken it", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const gate = withResolvers<void>();
      const opening = yield* spawn(function* () {
        yield* gate.operation;
        return socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      });
      yield* yield* fork(function* () {
        gate.resolve();
      });
      const client = yield* opening;
      yield* settle();
      expect(client.closed).to.equal(false);
      client.close();
      server.close();
    }));

  for (const promoted of [false, true]) {
    const what = promoted ? "promoted before" : "not promoted before";
    it(`what is made in a race, a spawned task or a resource of a fiber is closed with it, ${what}`, () =>
      check(function* () {
        const server = socket.try(yield* socket.bind("127.0.0.1", 0));
        const connect = (): Operation<unknown> => socket.connect("127.0.0.1", portOf(server));
        const made: { closed: boolean }[] = [];
        const making = function* (): Operation<void> {
          const [client] = (yield* connect()) as [{ closed: boolean }];
          made.push(client);
        };
        const ways: (() => Operation<unknown>)[] = [
          () => race([making(), effectionSleep(1000)]),
          function* () {
            yield* yield* spawn(making);
          },
          function* () {
            yield* ensure(() => {});
            yield* scoped(making);
          },
        ];
        for (const way of ways) {
          yield* yield* fork(function* () {
            if (promoted) yield* effectionSleep(0);
            yield* way();
            expect(made.at(-1)!.closed).to.equal(false);
          });
        }
        expect(made.map(({ closed }) => closed)).to.deep.equal([true, true, true]);
        server.close();
      }));
  }
});

describe("a halt", () => {
  it("of the parent's end reaches children before they begin", () =>
    check(function* () {
      const log: string[] = [];
      yield* yield* fork(function* () {
        for (const name of ["older", "younger"])
          yield* fork(function* () {
            log.push(name);
          });
      });
      expect(log).to.deep.equal([]);
    }));

  it("of a chain of 20,000, each the child of the one before, ends all; they are listed before", () =>
    check(function* () {
      const DEPTH = 20_000;
      let depth = 0;
      function* nest(): Operation<void> {
        if (++depth < DEPTH) yield* fork(nest);
        yield* sleep(Infinity);
      }
      const top = yield* fork(nest);
      while (depth < DEPTH) yield* sleep(0);
      expect(fibers().length).to.equal(DEPTH);
      yield* top.halt();
      expect(reactor.live).to.equal(0);
    }));
});

/** What each fiber of a chain does around the next one. */
const levels: [name: string, level: (below: () => Operation<unknown>) => Operation<unknown>][] = [
  ["a fork", (below) => joined(below, () => ensure(() => {}))],
  ["a fork in scoped", (below) => scoped(() => joined(below))],
  ["a fork in a race", (below) => race([joined(below), suspend()])],
  ["a fork in all", (below) => all([joined(below), sleep(0)])],
  [
    "a fork in a spawned task",
    function* (below) {
      yield* yield* spawn(() => joined(below, () => effectionSleep(0)));
    },
  ],
  [
    "a fork caught and thrown again",
    function* (below) {
      try {
        yield* scoped(() => joined(below));
      } catch (error) {
        yield* effectionSleep(0);
        throw error;
      }
    },
  ],
  [
    "a fork beside a sibling that cleans up",
    function* (below) {
      yield* fork(slowly([], "sibling"));
      yield* scoped(() => joined(below));
    },
  ],
];

describe("a chain of promoted fibers", () => {
  /** Counts how often Node comes round while `body` runs. */
  function* rounds(body: (count: () => number) => Operation<unknown>): Operation<void> {
    let count = 0;
    let immediate: NodeJS.Immediate;
    const round = (): void => {
      count++;
      immediate = setImmediate(round);
    };
    const { clock } = reactor;
    let now = clock.now();
    // Each look at it takes a while.
    reactor.clock = Object.assign(Object.create(clock) as Clock, { now: () => (now += 0.03) });
    round();
    try {
      yield* body(() => count);
    } finally {
      clearImmediate(immediate!);
      reactor.clock = clock;
    }
  }

  for (const [name, level] of levels)
    it(`joined by ${name}: the error of the innermost reaches the top, and nobody is left`, () =>
      inVirtualTime(function* () {
        const DEPTH = 10;
        const before = reactor.live;
        const cleaned: number[] = [];
        const nest = (depth: number) => (): Operation<unknown> =>
          (function* () {
            yield* ensure(() => void cleaned.push(depth));
            if (depth === DEPTH) throw new Error("innermost");
            return yield* level(nest(depth + 1));
          })();
        expect(String(yield* thrown(scoped(nest(1))))).to.equal("Error: innermost");
        expect(cleaned).to.deep.equal(Array.from({ length: DEPTH }, (_, i) => DEPTH - i));
        expect(reactor.live).to.equal(before);
      }));

  const deepest = times(100, 300);
  it(`of ${deepest} that fails ends with the error at the top, and nobody is left`, function () {
    // What Effection does in a scope takes the longer the deeper that is nested.
    this.timeout(180_000);
    return check(function* () {
      let cleaned = 0;
      function* nest(depth: number): Operation<void> {
        yield* ensure(() => void cleaned++);
        if (depth === deepest) throw new Error("innermost");
        yield* yield* fork(() => nest(depth + 1));
      }
      expect(String(yield* thrown(scoped(() => nest(1))))).to.equal("Error: innermost");
      expect([cleaned, reactor.live]).to.deep.equal([deepest, 0]);
    });
  });

  for (const how of ["fails", "is halted"])
    it(`leaves Node its turn while it ${how}`, () =>
      check(function* () {
        const ready = withResolvers<void>();
        const go = withResolvers<void>();
        let count = (): number => 0;
        // An error goes up, to the outermost; a halt goes down, to the innermost.
        const last = how === "fails" ? 1 : 120;
        let reached = 0;
        function* nest(depth: number): Operation<void> {
          yield* ensure(() => void (depth === last && (reached = count())));
          if (depth < 120) yield* yield* fork(() => nest(depth + 1));
          ready.resolve();
          yield* go.operation;
          throw new Error("innermost");
        }
        const top = yield* fork(() => nest(1), { boundary: () => {} });
        yield* ready.operation;
        yield* rounds(function* (counted) {
          count = counted;
          if (how === "is halted") return yield* top.halt();
          go.resolve();
          yield* thrown(top);
        });
        expect(reached).to.be.greaterThan(1);
      }));
});

describe("a callback of the user's that throws", () => {
  it("is looked at when it is given, too: what is no function is refused at the call", () => {
    expect(() => fork(function* () {}, { boundary: true as never })).to.throw(
      TypeError,
      "fork: boundary must be a function, not true",
    );
  });

  it("when told of the end: its parent fails, and ends", () =>
    check(function* () {
      const error = yield* thrown(
        scoped(function* () {
          yield* fork(function* () {}, {
            ended: () => {
              throw new Error("ended");
            },
          });
          yield* sleep(Infinity);
        }),
      );
      expect(String(error)).to.equal("Error: ended");
    }));

  it("when asked to release: the fiber fails, all else is released, and it ends", () =>
    check(function* () {
      const released: string[] = [];
      const owned = (name: string, release: () => void): Resource => ({
        release: () => {
          released.push(name);
          release();
        },
      });
      const fiber = yield* fork(
        function* () {
          const me = (yield* useFiber())!;
          for (const name of ["a", "b"]) {
            const resource: Resource = owned(name, () => me.disown(resource));
            me.own(resource);
          }
          me.own(
            owned("broken", () => {
              throw new Error("release");
            }),
          );
          const last: Resource = owned("c", () => me.disown(last));
          me.own(last);
        },
        { boundary: () => {} },
      );
      expect(String(yield* thrown(fiber))).to.equal("Error: release");
      expect(released).to.deep.equal(["a", "b", "broken", "c"]);
    }));

  it("something that has no text goes up as it is, from a promoted fiber, too", () =>
    check(function* () {
      const odd: unknown = Object.create(null);
      const taken: unknown[] = [];
      const fiber = yield* fork(
        function* () {
          yield* effectionSleep(0);
          throw odd;
        },
        { boundary: (error) => taken.push(error) },
      );
      expect(yield* thrown(fiber)).to.equal(odd);
      expect(taken).to.deep.equal([odd]);
    }));
});

describe("run", () => {
  it("obeys its options: name, ended, signal", async () => {
    const ended: string[] = [];
    const options = { name: "mine", ended: (fiber: Fiber) => ended.push(fiber.name) };
    expect(
      await run(function* () {
        return (yield* useFiber())!.name;
      }, options),
    ).to.equal("mine");
    expect(ended).to.deep.equal(["mine"]);

    const { signal, ...controller } = listened();
    const halted = run(() => sleep(10), { signal });
    expect(controller.listeners()).to.equal(1);
    controller.abort();
    expect(await halted.catch((error: unknown) => error)).to.equal(signal.reason);
    let began = false;
    const late = run(
      function* () {
        began = true;
      },
      { signal },
    );
    expect(await late.catch((error: unknown) => error)).to.equal(signal.reason);
    expect(began).to.equal(false);
    const asked = run(() => sleep(10), { signal: listened().signal });
    await asked.halt();
    expect(await asked.catch((error: unknown) => error)).to.be.instanceOf(HaltedError);
    const other = listened();
    await run(() => sleep(0), { signal: other.signal });
    expect([controller.listeners(), other.listeners()]).to.deep.equal([0, 0]);
    expect(() => run(() => sleep(0), { signal: 5 as never })).to.throw(TypeError, "AbortSignal");
  });
});

/** An abort signal that counts those who listen. */
function listened(): { signal: AbortSignal; abort: () => void; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return { signal, abort: () => controller.abort(), listeners: () => count };
}

describe("the async context", () => {
  const storage = new AsyncLocalStorage<string>();
  after(() => storage.disable());

  it("of a copas thread is that of whoever has added it, also before the loop", async () => {
    const seen: unknown[] = [];
    const thread = function* (): Operation<void> {
      seen.push(storage.getStore());
    };
    storage.run("before the loop", () => copas.addthread(thread));
    await copas.loop(function* () {
      storage.run("in the loop", () => copas.addthread(thread));
    });
    expect(seen).to.deep.equal(["before the loop", "in the loop"]);
  });

  const waits: [name: string, wait: () => Operation<unknown>][] = [
    ["a sleep of ours", () => sleep(A_MOMENT)],
    ["a turn", () => sleep(0)],
    ["a sleep of Effection's", () => effectionSleep(1)],
    ["a promise", () => until(new Promise((resolve) => setTimeout(resolve, 1)))],
    ["a race", () => race([sleep(A_MOMENT), suspend()])],
    [
      "a join",
      function* () {
        yield* yield* fork(() => sleep(0));
      },
    ],
  ];
  for (const [name, wait] of waits) {
    // What Effection's own tasks see over Effection's own waits is up to Effection.
    const ours = name === "a sleep of ours" || name === "a turn";
    for (const where of ["fibers", "promoted fibers", ...(ours ? ["tasks"] : [])]) {
      it(`is each one's own over ${name}, in ${where}`, () =>
        check(function* () {
          const seen: (string | undefined)[][] = [];
          const begin = where === "tasks" ? spawn : fork;
          const body = (id: string) =>
            function* (): Operation<void> {
              if (where === "promoted fibers") yield* effectionSleep(0);
              const mine = [storage.getStore()];
              seen.push(mine);
              storage.enterWith(id);
              yield* wait();
              mine.push(storage.getStore());
              storage.enterWith(`${id}'s second`);
              yield* wait();
              mine.push(storage.getStore());
            };
          const every = [];
          // What is forked takes the context over. (Effection runs a spawned task in whatever context its loop is.)
          if (where !== "tasks") storage.enterWith("outside");
          for (const id of ["a", "b", "c"]) every.push(yield* begin(body(id)));
          for (const each of every) yield* each;
          const from = where === "tasks" ? 1 : 0;
          expect(seen.map((stores) => stores.slice(from))).to.deep.equal(
            ["a", "b", "c"].map((id) => ["outside", id, `${id}'s second`].slice(from)),
          );
        }));
    }
  }
});
