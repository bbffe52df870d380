/** What combinators have begun ends before anything around them does: in a fiber, in a promoted one, in a task of Effection's. */
import { expect } from "chai";
import {
  ensure,
  type Operation,
  run as effectionRun,
  scoped,
  sleep as effectionSleep,
  spawn,
  suspend,
} from "effection";
import {
  all,
  allSettled,
  event,
  fibers,
  fork,
  race,
  run,
  sleep,
  socket,
  type Udp,
  within,
} from "cosocket";
import { reactor } from "cosocket/reactor";
import { check, until } from "../../support/check.js";
import { inVirtualTime } from "../../support/simulated.js";

type Body = () => Operation<unknown>;
interface Begun extends PromiseLike<unknown> {
  halt(): PromiseLike<void>;
}

/** Who drives the code in which a combinator is performed. */
const drivers: Record<string, (body: Body) => Begun> = {
  "a fiber": run,
  "a promoted fiber": (body) =>
    run(function* () {
      yield* effectionSleep(0);
      return yield* body();
    }),
  "a task of Effection's": (body) => effectionRun(body),
  "a scope of Effection's in a fiber": (body) => run(() => scoped(body)),
};

const combinators: Record<string, (bodies: Body[]) => Operation<unknown>> = {
  race,
  all,
  allSettled,
  within: (bodies) => within(1000, () => all(bodies)),
};

function nothing(): void {
  expect([fibers(), reactor.live, reactor.timers.armed]).to.deep.equal([[], 0, 0]);
}

for (const [driver, begin] of Object.entries(drivers)) {
  for (const [name, combine] of Object.entries(combinators)) {
    describe(`${name} in ${driver}, halted`, () => {
      it("is left when the cleanup of all that it has begun is done, and the halt goes on outwards", async () => {
        const log: string[] = [];
        let begun = 0;
        const slowly = (me: string, pause: Body): Body =>
          function* () {
            try {
              begun++;
              yield* suspend();
            } finally {
              log.push(`${me} cleans up`);
              yield* pause();
              log.push(`${me} is clean`);
            }
          };
        const halted = begin(function* () {
          const helper = function* (): Operation<void> {
            try {
              yield* combine([
                slowly("first", () => sleep(0)),
                function* () {
                  try {
                    begun++;
                    yield* sleep(Infinity);
                  } finally {
                    log.push("second cleans up");
                  }
                },
                slowly("third", () => effectionSleep(1)),
              ]);
              log.push("goes on behind it");
            } finally {
              log.push("the code around it cleans up");
            }
            log.push("goes on behind finally");
          };
          try {
            yield* helper();
            log.push("goes on behind the helper");
          } finally {
            log.push("the outermost cleans up");
          }
        });
        halted.then(undefined, () => {});
        await until(() => begun === 3);
        await halted.halt();
        expect(log.slice(-2)).to.deep.equal([
          "the code around it cleans up",
          "the outermost cleans up",
        ]);
        expect(log.slice(0, -2).sort()).to.deep.equal([
          "first cleans up",
          "first is clean",
          "second cleans up",
          "third cleans up",
          "third is clean",
        ]);
        nothing();
      });

      it("gives what the cleanup throws to whoever waits for the halt, and no catch around it sees that", async () => {
        const log: string[] = [];
        let begun = false;
        const halted = begin(function* () {
          try {
            yield* combine([
              function* () {
                try {
                  begun = true;
                  yield* sleep(Infinity);
                } finally {
                  yield* sleep(0);
                  log.push("fails");
                  // What is tested.
                  // eslint-disable-next-line no-unsafe-finally
                  throw new Error("in cleanup");
                }
              },
              () => sleep(Infinity),
            ]);
          } catch {
            log.push("caught");
          }
          log.push("goes on");
        });
        const outcome = halted.then(
          () => "returned",
          (error: Error) => error.message,
        );
        await until(() => begun);
        const thrown = await halted.halt().then(
          () => "nothing",
          (error: Error) => error.message,
        );
        expect([thrown, await outcome, log]).to.deep.equal(["in cleanup", "in cleanup", ["fails"]]);
        nothing();
      });

      it("is waited for by a halt that comes while it winds up after an error", async () => {
        const log: string[] = [];
        const mayEnd = event();
        let failed = false;
        const halted = begin(function* () {
          try {
            yield* combine([
              function* () {
                try {
                  yield* sleep(Infinity);
                } finally {
                  yield* mayEnd.wait();
                  log.push("clean");
                }
              },
              function* () {
                failed = true;
                throw new Error("first");
              },
            ]);
            log.push("goes on");
          } finally {
            log.push("around");
          }
        });
        halted.then(undefined, () => {});
        await until(() => failed);
        const halt = halted.halt().then(undefined, () => {});
        mayEnd.set();
        await halt;
        expect(log).to.deep.equal(["clean", "around"]);
        nothing();
      });
    });
  }
}

describe("a combinator whose fiber ends because a child has failed", () => {
  it("has ended before the code around it is cleaned up", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(
        function* () {
          yield* fork(function* () {
            yield* sleep(0);
            throw new Error("a child's");
          });
          try {
            yield* race([
              function* () {
                try {
                  yield* sleep(Infinity);
                } finally {
                  yield* sleep(0);
                  log.push("clean");
                }
              },
            ]);
          } finally {
            log.push("around");
          }
        },
        { boundary: (error) => log.push(String(error)) },
      );
      yield* settled(fiber);
      expect(log).to.deep.equal(["clean", "around", "Error: a child's"]);
    }));

  it("has ended, too, where the fiber is a task of Effection's", () =>
    check(function* () {
      const log: string[] = [];
      try {
        yield* scoped(function* () {
          yield* ensure(() => void log.push("ensured"));
          yield* spawn(function* () {
            yield* sleep(0);
            throw new Error("a task's");
          });
          yield* all([
            function* () {
              try {
                yield* sleep(Infinity);
              } finally {
                yield* sleep(0);
                log.push("clean");
              }
            },
          ]);
        });
      } catch (error) {
        log.push(String(error));
      }
      expect(log).to.deep.equal(["clean", "ensured", "Error: a task's"]);
    }));
});

describe("combinators in cleanup", () => {
  const cleanup = function* (log: string[]): Operation<void> {
    const [value] = yield* within(60, () => race([sleep(1), sleep(2)]));
    const [, late] = yield* within(1, sleep(60));
    log.push(`${String(value)} ${late}`, ...(yield* all([text("a"), text("b")])));
  };
  const text = (letter: string) =>
    function* () {
      yield* sleep(1);
      return letter;
    };

  it("work in the finally of a fiber that is halted, and in what ensure runs of a task", () =>
    inVirtualTime(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        try {
          yield* race([sleep(Infinity)]);
        } finally {
          yield* cleanup(log);
        }
      });
      const task = yield* spawn(function* () {
        yield* ensure(() => cleanup(log));
        yield* suspend();
      });
      const promoted = yield* fork(function* () {
        yield* ensure(() => cleanup(log));
        yield* all([suspend()]);
      });
      yield* sleep(1);
      for (const one of [fiber, task, promoted]) yield* one.halt();
      const once = ["undefined timeout", "a", "b"];
      expect(log).to.deep.equal([...once, ...once, ...once]);
    }));
});

describe("a combinator of a task of Effection's, halted", () => {
  it("closes what was returned by those that had ended before", () =>
    check(function* () {
      let udp: Udp | undefined;
      const task = yield* spawn(function* () {
        yield* all([
          function* () {
            udp = socket.udp();
            yield* udp.setsockname("127.0.0.1", 0);
            return [udp];
          },
          suspend(),
        ]);
      });
      while (udp === undefined || udp.getsockname()[1] === 0) yield* sleep(0);
      yield* sleep(0);
      expect(udp.closed).to.equal(false);
      yield* task.halt();
      expect(udp.closed).to.equal(true);
    }));
});

describe("a race of thousands", () => {
  it("ends in time when all who lose fail in their cleanup", () =>
    check(function* () {
      const failing = function* (): Operation<void> {
        try {
          yield* sleep(Infinity);
        } finally {
          // What is tested.
          // eslint-disable-next-line no-unsafe-finally
          throw new Error("in cleanup");
        }
      };
      const several = Array.from({ length: 5_000 }, () => failing);
      try {
        yield* race([...several, () => sleep(0)]);
      } catch (error) {
        expect((error as AggregateError).errors.length).to.equal(5_000);
        return;
      }
      expect.fail("it did not fail");
    }));
});

describe("combinators in one another, halted", () => {
  it("end from the inside out, each before the code around it", () =>
    inVirtualTime(function* () {
      const log: string[] = [];
      const around = (me: string, inner: Body): Body =>
        function* () {
          try {
            return yield* inner();
          } finally {
            yield* sleep(1);
            log.push(me);
          }
        };
      const innermost = around("innermost", () => sleep(Infinity));
      const fiber = yield* fork(
        around("outermost", () =>
          race([
            around("race", () =>
              within(
                60,
                around("within", () => all([innermost])),
              ),
            ),
          ]),
        ),
      );
      yield* sleep(1);
      yield* fiber.halt();
      expect(log).to.deep.equal(["innermost", "within", "race", "outermost"]);
    }));

  it("may be nested 5,000 deep", () =>
    check(function* () {
      let ended = 0;
      let body: Body = () => sleep(Infinity);
      for (let i = 0; i < 5_000; i++) {
        const inner = body;
        body = function* () {
          try {
            yield* within(1000, inner);
          } finally {
            ended++;
          }
        };
      }
      const fiber = yield* fork(body);
      yield* sleep(0);
      while (fibers().length < 5_000) yield* sleep(0);
      yield* fiber.halt();
      expect(ended).to.equal(5_000);
    }));
});

function* settled(fiber: Operation<unknown>): Operation<void> {
  try {
    yield* fiber;
  } catch {
    // That is not what is looked at.
  }
}
