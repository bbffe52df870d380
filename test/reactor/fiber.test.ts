import { expect } from "chai";
import {
  call,
  createContext,
  ensure,
  type Operation,
  scoped,
  sleep as effectionSleep,
  spawn,
  suspend,
  withResolvers,
} from "effection";
import {
  type Fiber,
  fibers,
  fork,
  HaltedError,
  race,
  ReactorError,
  run,
  sleep,
  status,
  useFiber,
  within,
} from "cosocket";
import {
  operation,
  PENDING,
  type Pending,
  type Resource,
  toPromise,
  Wait,
  WaitList,
} from "cosocket/reactor";
import { settle } from "cosocket/testing";
import { check } from "../support/check.js";
import { thrown } from "../support/pairs.js";

const Colour = createContext<string>("colour");

/** Parks until woken; says when it left. */
class Parking extends Wait<void> {
  readonly kind = "inactive";
  readonly description = "parking";
  done = false;
  constructor(readonly list_: WaitList) {
    super();
  }
  protected attempt(): void | Pending {
    if (!this.done) return PENDING;
  }
  protected enlist(): void {
    this.list_.add(this);
  }
  protected leave(): void {
    this.list_.delete(this);
  }
}

function* outcome<T>(operation: Operation<T>): Operation<string> {
  try {
    return `value ${String(yield* operation)}`;
  } catch (error) {
    return String(error);
  }
}

describe("a fiber", () => {
  it("is joined with its value, before and after its end", () =>
    check(function* () {
      const fiber = yield* fork(function* () {
        yield* sleep(0);
        return 5;
      });
      expect(yield* fiber).to.equal(5);
      expect(yield* fiber).to.equal(5);
      expect(fiber.state).to.equal("ended");
    }));

  it("does not start before its parent waits", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        log.push("child");
      });
      log.push("parent");
      yield* fiber;
      expect(log).to.deep.equal(["parent", "child"]);
    }));

  it("halts its parent when it throws, and the error goes up", () =>
    check(function* () {
      const log: string[] = [];
      const parent = yield* fork(
        function* () {
          try {
            yield* fork(function* () {
              yield* sleep(0);
              throw new Error("boom");
            });
            yield* sleep(Infinity);
          } finally {
            log.push("parent unwound");
          }
        },
        { boundary: (error) => log.push(String(error)) },
      );
      expect(yield* outcome(parent)).to.equal("Error: boom");
      expect(log).to.deep.equal(["parent unwound", "Error: boom"]);
    }));

  it("fails the Effection task that forked it, through its scope", () =>
    check(function* () {
      const log: string[] = [];
      const failing = scoped(function* () {
        try {
          yield* fork(function* () {
            throw new Error("boom");
          });
          yield* suspend();
        } finally {
          log.push("unwound");
        }
      });
      expect(yield* outcome(failing)).to.equal("Error: boom");
      expect(log).to.deep.equal(["unwound"]);
    }));

  it("ends after its children, which are halted last-born first, each to its end", () =>
    check(function* () {
      const log: string[] = [];
      const child = (name: string) =>
        function* (): Operation<void> {
          try {
            yield* sleep(Infinity);
          } finally {
            log.push(`${name} begins`);
            yield* sleep(0);
            log.push(`${name} ends`);
          }
        };
      const parent = yield* fork(function* () {
        yield* fork(child("a"));
        yield* fork(child("b"));
        yield* sleep(0);
        return "done";
      });
      expect(yield* parent).to.equal("done");
      expect(log).to.deep.equal(["b begins", "b ends", "a begins", "a ends"]);
    }));

  it("is halted before it has started: its body never runs", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        log.push("ran");
      });
      yield* fiber.halt();
      expect(log).to.deep.equal([]);
      expect(yield* outcome(fiber)).to.equal(`HaltedError: halted: ${fiber.name}`);
    }));

  it("is halted while it is parked: the wait leaves its queue, finally runs", () =>
    check(function* () {
      const list = new WaitList();
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        try {
          yield* new Parking(list);
        } finally {
          log.push("finally");
        }
      });
      yield* sleep(0);
      expect(fiber.state).to.equal("parked");
      expect(list.empty).to.equal(false);
      yield* fiber.halt();
      expect(list.empty).to.equal(true);
      expect(log).to.deep.equal(["finally"]);
    }));

  it("is halted while it is ready: woken and halted in the same turn", () =>
    check(function* () {
      const list = new WaitList();
      const log: string[] = [];
      const wait = new Parking(list);
      const fiber = yield* fork(function* () {
        yield* wait;
        log.push("after");
      });
      yield* sleep(0);
      wait.done = true;
      wait.wake();
      expect(fiber.state).to.equal("ready");
      yield* fiber.halt();
      expect(log).to.deep.equal([]);
      expect(list.empty).to.equal(true);
    }));

  it("halts itself while it runs, at its next wait", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        const self = (yield* useFiber())!;
        void self.halt();
        log.push(self.state);
        try {
          yield* sleep(0);
          log.push("after");
        } finally {
          log.push("finally");
        }
      });
      yield* outcome(fiber);
      expect(log).to.deep.equal(["running", "finally"]);
    }));

  it("is halted while it is promoted, with what Effection runs for it", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        yield* spawn(function* () {
          try {
            yield* suspend();
          } finally {
            log.push("spawned");
          }
        });
        yield* ensure(function* () {
          yield* effectionSleep(1);
          log.push("ensured");
        });
        try {
          yield* sleep(Infinity);
        } finally {
          log.push("finally");
        }
      });
      yield* sleep(0);
      expect(fiber.state).to.equal("promoted");
      yield* fiber.halt();
      expect(log).to.deep.equal(["finally", "ensured", "spawned"]);
    }));

  it("is halted while it is ending: the second halt waits for the first", () =>
    check(function* () {
      const log: string[] = [];
      const mayEnd = withResolvers<void>();
      const fiber = yield* fork(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* mayEnd.operation;
          log.push("cleaned");
        }
      });
      yield* sleep(0);
      void fiber.halt();
      yield* sleep(0);
      expect(fiber.state).to.equal("ending");
      const second = yield* fork(function* () {
        yield* fiber.halt();
        log.push("second halt");
      });
      yield* settle();
      expect(log).to.deep.equal([]);
      mayEnd.resolve();
      yield* second;
      expect(log).to.deep.equal(["cleaned", "second halt"]);
    }));

  it("may use Effection in its cleanup although it was never promoted before", () =>
    check(function* () {
      const log: string[] = [];
      yield* scoped(function* () {
        yield* fork(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* effectionSleep(2);
            log.push("cleaned");
          }
        });
        yield* sleep(0);
      });
      expect(log).to.deep.equal(["cleaned"]);
    }));

  it("gives what its cleanup threw to the one who halts it", () =>
    check(function* () {
      const fiber = yield* fork(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          // eslint-disable-next-line no-unsafe-finally
          throw new Error("cleanup");
        }
      });
      yield* sleep(0);
      expect(yield* outcome(fiber.halt())).to.equal("Error: cleanup");
    }));

  it("gives what its cleanup threw to its scope, when that ends it", () =>
    check(function* () {
      const failing = function* (): Operation<void> {
        try {
          yield* sleep(Infinity);
        } finally {
          // eslint-disable-next-line no-unsafe-finally
          throw new Error("cleanup");
        }
      };
      const scope = scoped(function* () {
        yield* fork(failing);
        yield* sleep(0);
      });
      expect(yield* outcome(scope)).to.equal("Error: cleanup");
      const parent = yield* fork(
        function* () {
          yield* fork(failing);
          yield* sleep(0);
        },
        { boundary: () => {} },
      );
      expect(yield* outcome(parent)).to.equal("Error: cleanup");
    }));

  it("may halt itself in the very turn of its promotion", () =>
    check(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        const self = (yield* useFiber())!;
        try {
          yield* Colour.get();
          void self.halt();
          yield* sleep(Infinity);
        } finally {
          log.push("finally");
        }
      });
      yield* outcome(fiber);
      expect(log).to.deep.equal(["finally"]);
    }));

  it("keeps the whole yield* path on the stack of its error", () =>
    check(function* () {
      function* innermost(): Operation<void> {
        yield* sleep(0);
        throw new Error("deep");
      }
      function* middle(): Operation<void> {
        yield* innermost();
      }
      const fiber = yield* fork(
        function* outermost() {
          yield* middle();
        },
        { boundary: () => {} },
      );
      let stack = "";
      try {
        yield* fiber;
      } catch (error) {
        stack = (error as Error).stack!;
      }
      expect(stack).to.match(/innermost[^]*middle[^]*outermost/);
    }));

  it("ends what answers each refusal with the next thing that is no operation", () =>
    check(function* () {
      // The types would forbid it: that is what is tested.
      const step = () => ({ done: false, value: undefined }) as never;
      const endless = { [Symbol.iterator]: () => ({ next: step, throw: step }) };
      for (const body of [() => endless, () => within(1, endless), () => race([endless])]) {
        const fiber = yield* fork(body as () => Operation<unknown>, { boundary: () => {} });
        expect(String(yield* thrown(fiber))).to.match(/yielded undefined, which is no effect/);
      }
    }));

  it("tells misuse in words", () =>
    check(function* () {
      const boundary = (): void => {};
      const cases: [body: () => unknown, text: RegExp][] = [
        [() => Promise.resolve(), /returned a promise: make it a generator function/],
        [() => 5, /returned 5/],
        [
          function* () {
            yield 5;
          },
          /yielded 5, which is no effect: write `yield\*`/,
        ],
        [
          function* () {
            // eslint-disable-next-line cosocket/yield-star
            yield sleep(1);
          },
          /write `yield\*`, not `yield`, before sleep\(1\)/,
        ],
      ];
      for (const [body, text] of cases) {
        // The types would forbid it: that is what is tested.
        const fiber = yield* fork(body as () => Operation<void>, { boundary });
        const error = yield* thrown(fiber);
        expect(error).to.be.instanceOf(ReactorError);
        expect(String(error)).to.match(text);
      }
      expect(() => fork(5 as unknown as () => Operation<void>)).to.throw(
        TypeError,
        /fork takes a function/,
      );
    }));

  it("may catch a misuse, as the error is thrown where it was made", () =>
    check(function* () {
      const fiber = yield* fork(function* () {
        try {
          yield sleep(1) as never;
        } catch (error) {
          return (error as ReactorError).code;
        }
        return "none";
      });
      expect(yield* fiber).to.equal("YIELD");
    }));

  it("is listed with name, state, parent and what it waits for", () =>
    check(function* () {
      const parent = yield* fork(
        function* () {
          yield* fork(() => sleep(100));
          yield* sleep(50);
        },
        { name: "parent" },
      );
      yield* sleep(0);
      const list = fibers().map(({ name, state, parent, waitsFor }) => ({
        name,
        state,
        parent,
        waitsFor,
      }));
      expect(list[0]).to.deep.equal({
        name: "parent",
        state: "parked",
        parent: undefined,
        waitsFor: "sleep(50)",
      });
      expect(list[1]).to.deep.include({ parent: "parent", waitsFor: "sleep(100)" });
      expect(list[1]!.name).to.match(/^fiber_\d+$/);
      expect(fibers()[0]!.seconds).to.be.at.least(0);
      expect(status()).to.deep.include({ fibers: 2, timer: 2, timeout: 2 });
      yield* parent.halt();
      expect(fibers()).to.deep.equal([]);
    }));

  it("is called by its function, unless it is given a name", () =>
    check(function* () {
      function* ticker(): Operation<void> {}
      const names: string[] = [];
      for (const fiber of [
        yield* fork(ticker),
        yield* fork(() => ticker()),
        yield* fork(ticker, { name: "given" }),
      ])
        names.push(fiber.name.replace(/\d+$/, "N"));
      expect(names).to.deep.equal(["ticker_N", "fiber_N", "given"]);
      yield* call(() =>
        run(function* runner() {
          expect((yield* useFiber())!.name).to.match(/^runner_\d+$/);
        }),
      );
    }));

  it("is awaitable", async () => {
    await check(function* () {});
    expect(
      await run(function* () {
        yield* sleep(0);
        return 7;
      }),
    ).to.equal(7);
    let error: unknown;
    await run(function* () {
      throw new Error("boom");
    }).catch((caught: unknown) => (error = caught));
    expect(String(error)).to.equal("Error: boom");
    const endless = run(() => sleep(Infinity));
    const ended = endless.catch((caught: unknown) => caught);
    await endless.halt();
    expect(await ended).to.be.instanceOf(HaltedError);
    await check(function* () {});
  });

  it("wakes ten thousand who join it, and forgets those that gave up", () =>
    check(function* () {
      const mayEnd = withResolvers<void>();
      const target: Fiber<number> = yield* fork(function* () {
        yield* mayEnd.operation;
        return 9;
      });
      const joiners: Fiber<number>[] = [];
      for (let i = 0; i < 10_000; i++) joiners.push(yield* fork(() => target));
      yield* sleep(0);
      for (let i = 0; i < joiners.length; i += 2) void joiners[i]!.halt();
      yield* settle();
      mayEnd.resolve();
      let sum = 0;
      for (let i = 1; i < joiners.length; i += 2) sum += yield* joiners[i]!;
      expect(sum).to.equal(9 * 5000);
    }));

  it("tells who gives it an async generator that this is no operation, also in a combinator", async () => {
    // What the compiler would refuse.
    const wrong = async function* (): AsyncGenerator<number> {
      yield 1;
    } as unknown as () => Operation<void>;
    const body = (): Operation<void> => wrong();
    const told =
      /^ReactorError: \w+ runs an operation, but its function returned an async generator: /;
    const oops = (error: unknown): string => String(error);
    expect(await run(body).then(() => "", oops)).to.match(told);
    expect(await run(() => race([body])).then(() => "", oops)).to.match(told);
    expect(await run(() => race([wrong()])).then(() => "", oops)).to.match(
      /not an async generator|returned an async generator/,
    );
  });

  it("steps a generator by what has been put on it: another next, another iterator", async () => {
    const log: string[] = [];
    const traced = <T>(generator: Generator<never, T>): Generator<never, T> => {
      const { next } = generator;
      return Object.assign(generator, {
        next: (...sent: [] | [unknown]) => {
          log.push("next");
          return next.apply(generator, sent as []);
        },
      });
    };
    const one = function* (): Generator<never, number> {
      return 1;
    };
    const two = Object.assign(one(), {
      *[Symbol.iterator]() {
        return 2;
      },
    });
    expect(await run(() => traced(one()))).to.equal(1);
    expect(log).to.deep.equal(["next"]);
    expect(await run(() => two)).to.equal(2);
  });

  it("is given to nobody as `this`", async () => {
    const self = function* (this: unknown): Operation<unknown> {
      return this;
    };
    expect(await run(self as () => Operation<unknown>)).to.equal(undefined);
  });

  it("that is halted when it has given away what it returns, and only closes the rest, has returned it", async () => {
    for (const signal of [false, true]) {
      const controller = new AbortController();
      let owner: Fiber | undefined;
      const slow = { release: () => setImmediate(() => owner!.disown(slow)) };
      const log: string[] = [];
      const value: Resource = {
        release: () => void log.push("closed"),
        transfer: () => {
          owner!.disown(value);
          log.push("given");
          process.nextTick(() => controller.abort());
        },
      };
      const body = function* (): Operation<Resource> {
        owner = (yield* useFiber())!;
        owner.own(slow);
        owner.own(value);
        return value;
      };
      const promise = signal
        ? toPromise(operation("giving", body), controller.signal)
        : run(body, { signal: controller.signal });
      expect(await promise).to.equal(value);
      expect(controller.signal.aborted).to.equal(true);
      expect(log).to.deep.equal(["given"]);
    }
  });
});
