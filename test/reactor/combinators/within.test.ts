import { AsyncLocalStorage } from "node:async_hooks";
import { expect } from "chai";
import { createContext, type Operation, sleep as effectionSleep } from "effection";
import {
  event,
  fibers,
  fork,
  type Performable,
  run,
  sleep,
  socket,
  type Udp,
  useFiber,
  within,
} from "cosocket";
import { reactor } from "cosocket/reactor";
import { check } from "../../support/check.js";
import { pair, thrown } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";
import { timeStands } from "../../support/virtual-clock.js";

const LATE = [undefined, "timeout", undefined];

describe("within", () => {
  it("gives a tuple as it is, anything else as its one value", () =>
    check(function* () {
      const give = <T>(value: T) =>
        within(1, function* () {
          return value;
        });
      expect(yield* give("line")).to.deep.equal(["line"]);
      expect(yield* give(undefined)).to.deep.equal([undefined]);
      expect(yield* give(["line"])).to.deep.equal(["line"]);
      expect(yield* give([undefined, "closed", "li"])).to.deep.equal([undefined, "closed", "li"]);
      expect(yield* give({ name: "it" })).to.deep.equal([{ name: "it" }]);
      const tuple = ["the same"];
      expect(yield* give(tuple)).to.equal(tuple);
    }));

  it("takes an operation of this package's, one of Effection's, and a function that gives one", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("first\nsecond\n");
      expect(yield* within(5, client.receive("*l"))).to.deep.equal(["first"]);
      expect(yield* within(5, () => client.receive("*l"))).to.deep.equal(["second"]);
      expect(yield* within(5, effectionSleep(0))).to.deep.equal([undefined]);
      expect(yield* within(5, sleep(0))).to.deep.equal([undefined]);
    }));

  it("halts what takes longer, waits for its cleanup, and gives a timeout", () =>
    inVirtualTime(function* () {
      const log: string[] = [];
      const begun = reactor.clock.now();
      const result = yield* within(3, function* () {
        try {
          yield* sleep(1);
          log.push("after 1");
          yield* sleep(1);
          log.push("after 2");
          yield* sleep(2);
          log.push("after 4");
        } finally {
          yield* sleep(5);
          log.push(`clean at ${Math.round(reactor.clock.now() - begun)}`);
        }
      });
      expect(result).to.deep.equal(LATE);
      expect(log).to.deep.equal(["after 1", "after 2", "clean at 8"]);
    }));

  it("waits no longer than the deadline for what ends by itself", () =>
    inVirtualTime(function* () {
      const begun = reactor.clock.now();
      expect(yield* within(10, sleep(2))).to.deep.equal([undefined]);
      expect(yield* within(2, sleep(10))).to.deep.equal(LATE);
      expect(reactor.clock.now() - begun).to.be.closeTo(4, 0.01);
    }));

  it("throws what the operation throws, before its deadline and in its cleanup", () =>
    inVirtualTime(function* () {
      const boom = new Error("boom");
      const fails = function* (): Operation<void> {
        yield* sleep(1);
        throw boom;
      };
      const failsLate = function* (): Operation<void> {
        try {
          yield* sleep(Infinity);
        } finally {
          // What is tested.
          // eslint-disable-next-line no-unsafe-finally
          throw boom;
        }
      };
      expect(yield* thrown(within(2, fails))).to.equal(boom);
      expect(yield* thrown(within(2, failsLate))).to.equal(boom);
    }));

  it("of 0 seconds, or less, lets it do what it can without waiting", () =>
    check(function* () {
      const [client, served] = yield* pair();
      for (const seconds of [0, -5]) {
        expect(yield* within(seconds, client.receive("*l"))).to.deep.equal(LATE);
        yield* served.send("there\n");
        yield* arrived(client);
        expect(yield* within(seconds, client.receive("*l"))).to.deep.equal(["there"]);
      }
    }));

  it("of Infinity has no deadline, and none is left of one that was not needed", () =>
    check(function* () {
      const ready = event<string>();
      const fiber = yield* fork(() => within(Infinity, ready.wait()));
      const timed = yield* fork(() => within(1000, ready.wait()));
      yield* sleep(0);
      expect(reactor.timers.armed).to.equal(1);
      ready.set("now");
      expect([yield* fiber, yield* timed]).to.deep.equal([["now"], ["now"]]);
      expect(reactor.timers.armed).to.equal(0);
    }));

  it("gives a value that was ready in the turn in which the deadline passes", () =>
    check(() =>
      timeStands(function* (clock) {
        const ready = event<string>();
        const fiber = yield* fork(() => within(5, ready.wait()));
        yield* sleep(0);
        // It is woken, and before it runs the time is over.
        ready.set("in time");
        clock.advance();
        expect(yield* fiber).to.deep.equal(["in time"]);
      }),
    ));

  it("lets an operation that was woken look once more, also where the deadline has its turn before", () =>
    check(() =>
      timeStands(function* (clock) {
        const ready = event<string>();
        const again = event();
        const once = yield* fork(() => within(5, ready.wait()));
        const twice = yield* fork(() =>
          within(5, function* () {
            yield* ready.wait();
            // It would wait again: that is too late.
            yield* again.wait();
          }),
        );
        yield* sleep(0);
        ready.set("in time");
        const { order } = reactor;
        reactor.order = (count) => count - 1;
        try {
          clock.advance();
          expect([yield* once, yield* twice]).to.deep.equal([["in time"], LATE]);
        } finally {
          reactor.order = order;
        }
      }),
    ));

  it("leaves in the buffer what comes when its time is over", () =>
    check(() =>
      timeStands(function* (clock) {
        const [client, served] = yield* pair();
        const fiber = yield* fork(() => within(5, client.receive("*l")));
        yield* sleep(0);
        clock.advance();
        expect(yield* fiber).to.deep.equal(LATE);
        yield* served.send("late\n");
        expect(yield* client.receive("*l")).to.deep.equal(["late"]);
      }),
    ));

  it("does not lose what the operation has returned while that still winds up", () =>
    inVirtualTime(function* () {
      const result = yield* within(2, function* () {
        yield* fork(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(10);
          }
        });
        yield* sleep(1);
        return "taken";
      });
      expect(result).to.deep.equal(["taken"]);
    }));

  it("gives a socket that was returned, open, though the operation winds up beyond the deadline", () =>
    inVirtualTime(function* () {
      const caller = yield* fork(function* () {
        const [udp] = yield* within(2, function* () {
          yield* fork(function* () {
            try {
              yield* sleep(Infinity);
            } finally {
              yield* sleep(10);
            }
          });
          yield* sleep(1);
          return [yield* bound()];
        });
        return udp!.closed;
      });
      expect(yield* caller).to.equal(false);
    }));

  it("ends what the operation has begun with it, but for what it returns", () =>
    check(function* () {
      let kept: Udp | undefined;
      const [given] = yield* within(5, function* () {
        yield* fork(() => sleep(1000));
        kept = yield* bound();
        return [yield* bound()];
      });
      const other = given!;
      expect([kept!.closed, other.closed]).to.deep.equal([true, false]);
      other.close();
    }));

  it("does not promote the fiber in which it is performed, whatever the operation is", () =>
    check(function* () {
      const fiber = yield* fork(function* () {
        const states: string[] = [];
        const watch = yield* fork(function* () {
          yield* sleep(0);
          states.push(...fibers().map(({ name, state }) => `${name.split("_")[0]} ${state}`));
        });
        yield* within(5, effectionSleep(5));
        yield* watch;
        return states;
      });
      const states = yield* fiber;
      expect(states).to.include("within promoted");
      expect(states).to.include("fiber parked");
    }));

  it("is shown in the list of fibers, with what it waits for", () =>
    check(function* () {
      const fiber = yield* fork(() => within(30, sleep(20)), { name: "asker" });
      yield* sleep(0);
      const list = fibers().map(({ name, waitsFor, parent }) => [
        name.replace(/\d+/, "1"),
        waitsFor,
        parent,
      ]);
      expect(list).to.deep.include(["asker", "within(30)", undefined]);
      expect(list).to.deep.include(["within_1", "sleep(20)", "asker"]);
      yield* fiber.halt();
    }));

  it("performs the operation in the caller's async context, with the caller's contexts", () =>
    check(function* () {
      const storage = new AsyncLocalStorage<string>();
      const Colour = createContext<string>("colour");
      yield* Colour.set("red");
      const seen = yield* fork(function* () {
        storage.enterWith("mine");
        return yield* within(5, function* () {
          yield* sleep(0);
          const colour = yield* Colour.get();
          return [storage.getStore(), colour];
        });
      });
      expect(yield* seen).to.deep.equal(["mine", "red"]);
    }));

  it("may be performed again when it is over, and by one at a time", () =>
    check(function* () {
      const ready = event<string>();
      const operation = within(1000, ready.wait());
      const first = yield* fork(() => operation);
      yield* sleep(0);
      expect(String(yield* thrown(operation))).to.match(/under way already/);
      ready.set("go");
      expect([yield* first, yield* operation]).to.deep.equal([["go"], ["go"]]);
    }));

  it("throws HaltedError if somebody else halts what it performs", () =>
    check(function* () {
      const result = yield* thrown(
        within(5, function* () {
          const me = (yield* useFiber())!;
          void me.halt();
          yield* sleep(1);
        }),
      );
      expect(String(result)).to.match(/^HaltedError: halted: within_\d+$/);
    }));

  it("throws TypeError at the call for what is no time and no operation", () => {
    const wrong = within as (seconds: unknown, operation: unknown) => unknown;
    for (const seconds of [undefined, "5", NaN, socket])
      expect(() => wrong(seconds, sleep(1)), String(seconds)).to.throw(
        TypeError,
        "within takes a number of seconds first, within(5, operation), not ",
      );
    for (const operation of [undefined, null, 5, "text", ["line"], {}, Promise.resolve()])
      expect(() => wrong(1, operation)).to.throw(
        TypeError,
        /^within takes operations, such as client\.receive\(\), or generator functions, not /,
      );
    expect(() => wrong(1, async () => {})).to.throw(TypeError, "not an async one");
  });

  it("fails for a function that gives no operation", () =>
    check(function* () {
      const promise = (() => Promise.resolve(1)) as unknown as Performable;
      expect(String(yield* thrown(within(1, promise)))).to.match(
        /^ReactorError: within_\d+ runs an operation, but its function returned a promise/,
      );
    }));

  it("keeps the process alive until its deadline", async () => {
    expect(await run(() => within(0.001, sleep(Infinity)))).to.deep.equal(LATE);
  });
});

/** Until something has come that nobody has received. */
function* arrived(client: { dirty(): boolean }): Operation<void> {
  while (!client.dirty()) yield* sleep(0);
}

/** A socket that is closed with its fiber. */
function* bound(): Operation<Udp> {
  const udp = socket.udp();
  socket.try(yield* udp.setsockname("127.0.0.1", 0));
  return udp;
}
