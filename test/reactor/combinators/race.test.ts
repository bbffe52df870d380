import { expect } from "chai";
import {
  type Operation,
  race as effectionRace,
  sleep as effectionSleep,
  spawn,
  suspend,
} from "effection";
import {
  fibers,
  fork,
  race,
  type Resource,
  run,
  sleep,
  socket,
  type Udp,
  useFiber,
} from "cosocket";
import { check } from "../../support/check.js";
import { pair, thrown } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";

describe("race", () => {
  it("gives what the first one returns, of operations of both kinds and functions that give them", () =>
    check(function* () {
      const never = (): Iterable<never> => sleep(Infinity) as never;
      expect(
        yield* race([
          sleep(Infinity),
          suspend(),
          function* () {
            yield* sleep(0);
            return "first";
          },
        ]),
      ).to.equal("first");
      expect(yield* race([effectionSleep(0), never as never])).to.equal(undefined);
      // Each in the other.
      expect(yield* race([effectionRace([sleep(0)]), sleep(Infinity)])).to.equal(undefined);
      expect(yield* effectionRace([race([sleep(0)]), sleep(Infinity)])).to.equal(undefined);
    }));

  it("halts the others at once, and waits for their cleanup, all at a time", () =>
    inVirtualTime(function* () {
      const log: string[] = [];
      const loser = (name: string, seconds: number) =>
        function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            log.push(`${name} is halted`);
            yield* sleep(seconds);
            log.push(`${name} is clean`);
          }
        };
      const winner = function* () {
        yield* sleep(1);
        log.push("one returns");
        return "won";
      };
      expect(yield* race([loser("a", 3), winner, loser("b", 2)])).to.equal("won");
      expect(log).to.deep.equal([
        "one returns",
        "a is halted",
        "b is halted",
        "b is clean",
        "a is clean",
      ]);
    }));

  it("takes nothing from those that lose, though what they wait for has come in the same turn", () =>
    check(function* () {
      const [first, firstServed] = yield* pair();
      const [second, secondServed] = yield* pair();
      const racer = yield* fork(() => race([first.receive("*l"), second.receive("*l")]));
      yield* sleep(0);
      yield* firstServed.send("one\n");
      yield* secondServed.send("two\n");
      const [won] = yield* racer;
      const left = won === "one" ? second : first;
      expect(yield* left.receive("*l")).to.deep.equal([won === "one" ? "two" : "one"]);
    }));

  it("does not begin those that come behind one that need not wait", () =>
    check(function* () {
      const log: string[] = [];
      const at = (name: string) =>
        function* () {
          log.push(name);
          return name;
        };
      expect(yield* race([at("a"), at("b")])).to.equal("a");
      expect(log).to.deep.equal(["a"]);
    }));

  it("throws what the first one throws, when the others have ended", () =>
    inVirtualTime(function* () {
      const boom = new Error("boom");
      const log: string[] = [];
      const error = yield* thrown(
        race([
          function* () {
            try {
              yield* sleep(Infinity);
            } finally {
              yield* sleep(1);
              log.push("clean");
            }
          },
          function* () {
            throw boom;
          },
        ]),
      );
      expect(error).to.equal(boom);
      expect(log).to.deep.equal(["clean"]);
    }));

  it("throws what the cleanup of a loser throws, and all of several errors, in their order", () =>
    inVirtualTime(function* () {
      const failing = (name: string) =>
        function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(name === "a" ? 2 : 1);
            // What is tested.
            // eslint-disable-next-line no-unsafe-finally
            throw new Error(name);
          }
        };
      const one = yield* thrown(race([failing("a"), sleep(1)]));
      expect(String(one)).to.equal("Error: a");
      const boom = new Error("boom");
      const several = (yield* thrown(
        race([
          failing("a"),
          failing("b"),
          function* () {
            throw boom;
          },
        ]),
      )) as AggregateError;
      expect(several).to.be.instanceOf(AggregateError);
      expect(several.errors.map(String)).to.deep.equal(["Error: boom", "Error: b", "Error: a"]);
      expect(several.cause).to.equal(boom);
      expect(several.message).to.equal("race(3): 3 errors, of which the first is: Error: boom");
    }));

  it("gives the caller what the winner returns, and closes what belongs to the others", () =>
    check(function* () {
      const made: Udp[] = [];
      const maker = (seconds: number) =>
        function* () {
          const udp = yield* bound();
          made.push(udp);
          yield* sleep(seconds);
          return [udp] as [Udp];
        };
      const caller = yield* fork(function* () {
        const [udp] = yield* race([maker(1000), maker(0)]);
        expect(made.map(({ closed }) => closed)).to.deep.equal([true, false]);
        expect(udp).to.equal(made[1]);
        yield* sleep(0);
        return made[1]!.closed;
      });
      expect(yield* caller).to.equal(false);
      expect(made[1]!.closed).to.equal(true);
    }));

  it("closes what the winner has returned when a loser's cleanup throws: nobody gets it", () =>
    check(function* () {
      let udp: Udp | undefined;
      const caller = yield* fork(function* () {
        const error = yield* thrown(
          race([
            function* () {
              try {
                yield* sleep(Infinity);
              } finally {
                // What is tested.
                // eslint-disable-next-line no-unsafe-finally
                throw new Error("in cleanup");
              }
            },
            function* () {
              yield* sleep(0);
              return (udp = yield* bound());
            },
          ]),
        );
        expect(String(error)).to.equal("Error: in cleanup");
        return udp!.closed;
      });
      expect(yield* caller).to.equal(true);
    }));

  it("is lost by one that is still winding up when another one has returned before", () =>
    inVirtualTime(function* () {
      // It has returned first, and what it has is not taken by anybody else.
      const winner = function* () {
        const slow: Resource = {
          release() {
            void run(function* () {
              yield* sleep(5);
              owner.disown(slow);
            });
          },
        };
        const owner = (yield* useFiber())!;
        owner.own(slow);
        yield* sleep(1);
        return "first";
      };
      const later = function* () {
        yield* sleep(2);
        return "second";
      };
      expect(yield* race([winner, later])).to.equal("first");
    }));

  it("counts a return at once also in a fiber that was promoted and still winds up", () =>
    inVirtualTime(function* () {
      const winner = function* () {
        yield* spawn(function* () {
          try {
            yield* suspend();
          } finally {
            yield* sleep(5);
          }
        });
        yield* sleep(1);
        return "first";
      };
      const later = function* () {
        yield* sleep(2);
        return "second";
      };
      expect(yield* race([winner, later])).to.equal("first");
    }));

  it("promotes its candidates only, and names them", () =>
    check(function* () {
      const fiber = yield* fork(() => race([suspend(), sleep(Infinity)]), { name: "racer" });
      yield* sleep(0);
      yield* sleep(0);
      expect(
        fibers().map(({ name, state, waitsFor }) => [name.replace(/_\d+/, ""), state, waitsFor]),
      ).to.deep.equal([
        ["racer", "parked", "race(2)"],
        ["race", "promoted", "suspend"],
        ["race", "parked", "sleep(Infinity)"],
      ]);
      yield* fiber.halt();
    }));

  it("throws TypeError at the call for what is no list of operations, and for none", () => {
    const wrong = race as (operations?: unknown) => unknown;
    for (const given of [undefined, sleep(1), "ab", new Set([sleep(1)])])
      expect(() => wrong(given)).to.throw(
        TypeError,
        "race takes an array of operations, race([first, second]), not ",
      );
    expect(() => wrong([])).to.throw(TypeError, "race takes at least one operation");
    expect(() => wrong([sleep(1), ["a line"]])).to.throw(
      TypeError,
      'race takes operations, such as client.receive(), or generator functions, not ["a line"]',
    );
  });
});

/** A socket that is closed with its fiber. */
function* bound(): Operation<Udp> {
  const udp = socket.udp();
  socket.try(yield* udp.setsockname("127.0.0.1", 0));
  return udp;
}
