import { expect } from "chai";
import type { Operation } from "effection";
import {
  causeOf,
  event,
  fibers,
  fork,
  reconnecting,
  type Result,
  run,
  serve,
  sleep,
  socket,
  SocketException,
  type Tcp,
  within,
} from "cosocket";
import { reactor } from "cosocket/reactor";
import { simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { pair, portOf, thrown } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";

const PAUSES = { initial: 1, maximum: 8 };
const EXACT = { backoff: PAUSES, jitter: "none" } as const;
const refused: Result<never> = [undefined, "connection refused", undefined];

/** Gives one after the other, the last one for ever. */
function inTurn<T>(...results: T[]): () => Operation<T> {
  return function* () {
    return results.length > 1 ? results.shift()! : results[0]!;
  };
}

/** The seconds that each pause took. */
function noting(pauses: number[]): { onretry: (error: unknown, seconds: number) => void } {
  return { onretry: (_error, seconds) => void pauses.push(seconds) };
}

describe("reconnecting", () => {
  it("connects until that succeeds, gives the connection to the handler, and gives what that returns", () =>
    inVirtualTime(function* () {
      const begun = reactor.clock.now();
      const connect = inTurn<Result<string>>(refused, refused, refused, ["client"]);
      const result = yield* reconnecting(
        connect,
        function* (client) {
          return [`talked with ${client}`] as [string];
        },
        EXACT,
      );
      expect(result).to.deep.equal(["talked with client"]);
      expect(reactor.clock.now() - begun).to.be.closeTo(1 + 2 + 4, 1e-3);
    }));

  it("takes a handler that returns nothing, a failure or throws one for a lost connection, and goes on", () =>
    inVirtualTime(function* () {
      const ends = [
        () => undefined,
        (): Result<string> => [undefined, "closed", undefined],
        () => {
          throw new SocketException("timeout");
        },
        () => {
          throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
        },
      ];
      const errors: unknown[] = [];
      const result = yield* reconnecting(
        inTurn("client"),
        function* () {
          const end = ends.shift();
          return end === undefined ? "done" : end();
        },
        { ...EXACT, onretry: (error) => void errors.push((error as Error).message) },
      );
      expect(result).to.deep.equal(["done"]);
      expect(errors).to.deep.equal(["closed", "closed", "timeout", "read ECONNRESET"]);
    }));

  it("gives a tuple of several values as it is", () =>
    inVirtualTime(function* () {
      const result = yield* reconnecting(inTurn(["client"]), function* () {
        return [1, undefined, { header: "here" }];
      });
      expect(result).to.deep.equal([1, undefined, { header: "here" }]);
    }));

  it("closes the connection, and ends what its handler has forked, before it connects again", () =>
    simulate({}, function* (world) {
      const log: string[] = [];
      yield* world.host("server", function* () {
        const server = socket.try(yield* socket.bind("*", 7));
        yield* serve(server, function* (client) {
          log.push("came");
          yield* client.receive("*a");
          log.push("went");
        });
      });
      yield* sleep(1);
      let count = 0;
      yield* reconnecting(
        () => socket.connect("server", 7),
        function* (client) {
          yield* fork(function* () {
            try {
              yield* client.receive("*l");
            } finally {
              log.push("cleaned up");
            }
          });
          yield* sleep(1);
          return ++count === 3 ? "enough" : undefined;
        },
        EXACT,
      );
      yield* sleep(1);
      const once = ["came", "cleaned up", "went"];
      expect(log).to.deep.equal([...once, ...once, ...once]);
    }).then(() => {}));

  it("returns a connection to its caller, open", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const port = portOf(server);
      const [mine] = yield* reconnecting(
        () => socket.connect("127.0.0.1", port),
        function* (tcp) {
          return [tcp] as [Tcp];
        },
      );
      const theirs = socket.try(yield* server.accept());
      yield* mine!.send("still open\n");
      expect(yield* theirs.receive()).to.deep.equal(["still open"]);
      for (const each of [client, served, server, mine!, theirs]) each.close();
    }));

  describe("begins anew with the first pause", () => {
    /** Of connections that each lasted so many seconds. */
    function* pausesAfter(lasting: number[], reset = false): Operation<number[]> {
      const pauses: number[] = [];
      yield* reconnecting(
        inTurn("client"),
        function* (_client, backoff) {
          if (lasting.length === 0) return "done";
          if (reset) backoff.reset();
          yield* sleep(lasting.shift()!);
          return undefined;
        },
        { ...EXACT, ...noting(pauses) },
      );
      return pauses;
    }

    it("after a connection that has lasted as long as the longest one", () =>
      inVirtualTime(function* () {
        expect(yield* pausesAfter([0, 0, 0, 8, 0])).to.deep.equal([1, 2, 4, 1, 2]);
      }));

    it("not after one that ended by a timeout: a service that takes connections and never answers is given up after so many attempts", () =>
      inVirtualTime(function* () {
        const pauses: number[] = [];
        const silent: Result<string> = [undefined, "timeout", undefined];
        const result = yield* reconnecting(
          inTurn("client"),
          function* () {
            yield* sleep(20);
            return silent;
          },
          { ...EXACT, ...noting(pauses), backoff: { ...PAUSES, attempts: 4 } },
        );
        expect(result).to.deep.equal(silent);
        expect(pauses).to.deep.equal([1, 2, 4]);
      }));

    it("not after one that was lost before", () =>
      inVirtualTime(function* () {
        expect(yield* pausesAfter([0, 7.9, 7.9, 7.9])).to.deep.equal([1, 2, 4, 8]);
      }));

    it("after one of which the handler said that it was useful", () =>
      inVirtualTime(function* () {
        expect(yield* pausesAfter([0, 0, 0], true)).to.deep.equal([1, 1, 1]);
      }));
  });

  it("does not take the time of failed attempts to connect for a connection that lasted", () =>
    inVirtualTime(function* () {
      const pauses: number[] = [];
      yield* reconnecting(
        function* () {
          yield* sleep(20);
          return pauses.length < 3 ? refused : ["client"];
        },
        inTurn("done"),
        { ...EXACT, ...noting(pauses) },
      );
      expect(pauses).to.deep.equal([1, 2, 4]);
    }));

  it("gives the last failure, with its cause, after so many attempts in a row", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const port = portOf(server);
      server.close();
      const counts: number[] = [];
      const result = yield* reconnecting(() => socket.connect("127.0.0.1", port), inTurn("done"), {
        backoff: { initial: 0.001, maximum: 0.001, attempts: 3 },
        onretry: (_error, _seconds, count) => void counts.push(count),
      });
      expect(result).to.deep.equal(refused);
      expect(causeOf(result)).to.have.property("code", "ECONNREFUSED");
      expect(counts).to.deep.equal([1, 2]);
    }));

  it("counts attempts from the last useful connection on", () =>
    inVirtualTime(function* () {
      const results: Result<string>[] = [
        refused,
        ["client"],
        refused,
        ["client"],
        refused,
        refused,
      ];
      let connections = 0;
      const result = yield* reconnecting(
        inTurn(...results),
        function* (_client, backoff): Operation<void> {
          connections++;
          backoff.reset();
        },
        { ...EXACT, backoff: { ...PAUSES, attempts: 3 } },
      );
      expect(result).to.deep.equal(refused);
      expect(connections).to.equal(2);
    }));

  it("has no second attempt where one is allowed", () =>
    inVirtualTime(function* () {
      const begun = reactor.clock.now();
      const result = yield* reconnecting(inTurn(refused), inTurn("done"), {
        backoff: { attempts: 1 },
      });
      expect(result).to.deep.equal(refused);
      expect(reactor.clock.now()).to.equal(begun);
    }));

  describe("tries again", () => {
    const attempts = { ...EXACT, backoff: { ...PAUSES, attempts: 2 } };
    /** How many attempts there were, and what came of them. */
    function* after(
      error: unknown,
      options: object = attempts,
    ): Operation<{ tries: number; result?: unknown; thrown?: unknown }> {
      let tries = 0;
      try {
        const result = yield* reconnecting(
          function* () {
            tries++;
            if (Array.isArray(error)) return error as unknown as Result<string>;
            throw error;
          },
          inTurn("done"),
          options,
        );
        return { tries, result };
      } catch (thrown) {
        return { tries, thrown };
      }
    }
    const coded = (code: string) => Object.assign(new Error(code), { code });

    it("after what may be gone next time, a result or thrown, and gives it as a result", () =>
      inVirtualTime(function* () {
        for (const word of ["timeout", "closed", "host or service not provided, or not known"])
          for (const error of [[undefined, word, undefined], new SocketException(word)])
            expect(yield* after(error)).to.deep.equal({
              tries: 2,
              result: [undefined, word, undefined],
            });
        expect(yield* after(coded("ECONNREFUSED"))).to.deep.equal({ tries: 2, result: refused });
        const both = new AggregateError([coded("ETIMEDOUT"), coded("ECONNREFUSED")]);
        expect(yield* after(both)).to.deep.equal({ tries: 2, result: refused });
      }));

    it("not after what stays as it is: a certificate that is not trusted, what Node cannot do", () =>
      inVirtualTime(function* () {
        for (const word of [
          "certificate verify failed: self signed certificate",
          "tls handshake failed: alert unknown ca",
          "tls handshake failed: alert bad certificate",
          "not supported by Node",
          "invalid argument",
        ])
          for (const error of [[undefined, word, undefined], new SocketException(word)])
            expect(yield* after(error)).to.deep.equal({
              tries: 1,
              result: [undefined, word, undefined],
            });
      }));

    it("not after a bug, which is thrown", () =>
      inVirtualTime(function* () {
        const several = new AggregateError([coded("ETIMEDOUT"), new TypeError("a bug")]);
        const halted = yield* fork(() => sleep(Infinity));
        yield* halted.halt();
        for (const error of [
          new TypeError("x is not a function"),
          new Error("no"),
          "text",
          undefined,
          several,
        ])
          expect(yield* after(error)).to.deep.equal({ tries: 1, thrown: error });
        const joined = reconnecting(
          inTurn("client"),
          function* () {
            yield* halted;
          },
          EXACT,
        );
        expect(yield* thrown(joined)).to.have.property("name", "HaltedError");
      }));

    it("as `retry` decides, which is told what is usual", () =>
      inVirtualTime(function* () {
        const told: unknown[] = [];
        const deciding = (answer: boolean) => ({
          ...attempts,
          retry: (error: unknown, usual: boolean) => (told.push([error, usual]), answer),
        });
        const bug = new TypeError("a bug");
        expect(yield* after(bug, deciding(true))).to.deep.equal({ tries: 2, thrown: bug });
        expect(yield* after(refused, deciding(false))).to.deep.equal({ tries: 1, result: refused });
        expect(told.slice(0, 2)).to.deep.equal([
          [bug, false],
          [bug, false],
        ]);
        expect((told[2] as [SocketException])[0]).to.have.property("error", "connection refused");
        expect((told[2] as [unknown, boolean])[1]).to.equal(true);
      }));

    it("not when `retry` gives no answer, such as a promise: that is misuse", () =>
      inVirtualTime(function* () {
        for (const answer of [Promise.resolve(false), undefined, "no"]) {
          const options = { ...attempts, retry: () => answer as unknown as boolean };
          const { tries, thrown } = yield* after(refused, options);
          expect(tries).to.equal(1);
          expect(thrown)
            .to.be.instanceOf(TypeError)
            .with.property("message")
            .that.contains("reconnecting: what retry returns must be true or false, not ");
        }
      }));

    it("not when a callback of the caller's throws: that is thrown", () =>
      inVirtualTime(function* () {
        const own = new SocketException("the callback's own");
        for (const name of ["retry", "onretry"]) {
          const options = {
            ...attempts,
            [name]: () => {
              throw own;
            },
          };
          expect(yield* after(refused, options)).to.deep.equal({ tries: 1, thrown: own });
        }
      }));
  });

  it("says in fibers() what it waits for, and after which error", () =>
    inVirtualTime(function* () {
      const waits = (name: string) => fibers().find((one) => one.name.startsWith(name))?.waitsFor;
      const connected = event();
      const client = yield* fork(
        () =>
          reconnecting(
            inTurn<Result<string>>(refused, ["client"]),
            function* () {
              yield* connected.wait();
            },
            EXACT,
          ),
        { name: "client" },
      );
      yield* sleep(0.5);
      expect(waits("client")).to.equal("reconnecting in 1.000 s, after: connection refused");
      yield* sleep(1);
      expect(waits("client")).to.equal("reconnecting");
      expect(waits("reconnecting_")).to.equal("event");
      yield* client.halt();
    }));

  it("leaves nothing when it is halted: connecting, in its handler, in cleanup, in a pause", () =>
    simulate({}, function* (world) {
      yield* world.host("server", function* () {
        const server = socket.try(yield* socket.bind("*", 7));
        yield* serve(server, (client) => client.receive("*a"));
      });
      yield* sleep(1);
      const client = reconnecting(
        () => socket.connect("server", 7),
        function* (): Operation<void> {
          try {
            yield* sleep(1);
          } finally {
            yield* sleep(1);
          }
        },
        { backoff: { initial: 1, maximum: 1 }, jitter: "none" },
      );
      // Its steps: 0.4 ms to connect, a second each to work, to clean up, to pause.
      for (const seconds of [0, 0.00005, 0.0003, 0.5, 1.5, 2.5, 3.0002, 3.5]) {
        const late = [undefined, "timeout", undefined];
        expect(yield* within(seconds, client)).to.deep.equal(late);
        const names = fibers().map(({ name }) => name);
        expect(names.filter((name) => name.startsWith("reconnecting"))).to.deep.equal([]);
      }
      // The world sees to it that no socket and no deadline is left.
    }).then(() => {}));

  it("waits for the handler's cleanup before what is around it is cleaned up", () =>
    inVirtualTime(function* () {
      const log: string[] = [];
      const fiber = yield* fork(function* () {
        try {
          yield* reconnecting(inTurn("client"), function* (): Operation<void> {
            try {
              yield* sleep(Infinity);
            } finally {
              yield* sleep(1);
              log.push("handler");
            }
          });
        } finally {
          log.push("around");
        }
      });
      yield* sleep(1);
      yield* fiber.halt();
      expect(log).to.deep.equal(["handler", "around"]);
    }));

  it("can be performed again, each time with pauses of its own", () =>
    inVirtualTime(function* () {
      const pauses: number[] = [];
      const operation = reconnecting(inTurn(refused), inTurn("done"), {
        ...EXACT,
        ...noting(pauses),
        backoff: { ...PAUSES, attempts: 3 },
      });
      for (let i = 0; i < 2; i++) expect(yield* operation).to.deep.equal(refused);
      expect(pauses).to.deep.equal([1, 2, 1, 2]);
    }));

  it("works in a task of Effection's, and by run", async () => {
    const result = await run(() => reconnecting(inTurn(["client"]), inTurn("done")));
    expect(result).to.deep.equal(["done"]);
    await check(function* () {
      expect(yield* reconnecting(inTurn(["client"]), inTurn("done"))).to.deep.equal(["done"]);
    });
  });

  it("refuses what it cannot do at the call", () => {
    const misuse = reconnecting as (...args: unknown[]) => unknown;
    const works = inTurn("client");
    for (const [args, text] of [
      [[], "reconnecting takes a function that connects"],
      [[socket.connect("127.0.0.1", 1), works], "reconnecting takes a function that connects"],
      [[works], "reconnecting takes a handler second"],
      [[works, { attempts: 1 }, works], "reconnecting takes a handler second"],
      [[async () => {}, works], "reconnecting takes a generator function, not an async one"],
      [[works, async () => {}], "reconnecting takes a generator function, not an async one"],
      [[works, works, { jiter: "full" }], 'has no option "jiter": did you mean "jitter"?'],
      [[works, works, { jitter: true }], 'jitter must be "full", "equal" or "none", not true'],
      [[works, works, { backoff: 1 }], "backoff takes options as an object, not 1"],
      [[works, works, { attempts: 1 }], 'reconnecting has no option "attempts"'],
      [
        [works, works, { backoff: { attempts: 0 } }],
        "backoff: attempts must be a positive whole number, or Infinity",
      ],
      [[works, works, { retry: true }], "retry must be a function (error, usual), not true"],
      [[works, works, { retry: works }], "reconnecting: retry takes a plain function"],
      [[works, works, null], "reconnecting takes options as an object, not null"],
    ] as const)
      expect(() => misuse(...(args as readonly unknown[])), text).to.throw(TypeError, text);
  });

  it("says what is wrong with a function that gives a promise", () =>
    inVirtualTime(function* () {
      const promising = (() => Promise.resolve("client")) as never;
      const text = "a callback returned a promise";
      for (const misuse of [
        reconnecting(promising, inTurn("done")),
        reconnecting(inTurn("client"), promising),
      ])
        expect(yield* thrown(misuse as Operation<unknown>))
          .to.be.instanceOf(TypeError)
          .with.property("message")
          .that.contains(text);
    }));
});
