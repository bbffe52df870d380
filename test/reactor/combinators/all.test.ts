import { expect } from "chai";
import { all as effectionAll, type Operation, sleep as effectionSleep } from "effection";
import { all, allSettled, fork, HaltedError, sleep, socket, type Udp, useFiber } from "cosocket";
import { reactor } from "cosocket/reactor";
import { check } from "../../support/check.js";
import { pair, thrown } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";

const failing = (seconds: number, name: string) =>
  function* () {
    yield* sleep(seconds);
    throw new Error(name);
  };

const giving = <T>(seconds: number, value: T) =>
  function* () {
    yield* sleep(seconds);
    return value;
  };

describe("all", () => {
  it("gives what each returns, in their order, and takes as long as the longest", () =>
    inVirtualTime(function* () {
      const begun = reactor.clock.now();
      const [one, two, three] = yield* all([giving(3, "one"), sleep(1), giving(2, 3)]);
      expect([one, two, three]).to.deep.equal(["one", undefined, 3]);
      expect(reactor.clock.now() - begun).to.be.closeTo(3, 0.01);
      expect(yield* all([])).to.deep.equal([]);
    }));

  it("takes operations of both libraries, and is taken by Effection's", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("a line\n");
      const [[line], nothing] = yield* all([client.receive("*l"), effectionSleep(0)]);
      expect([line, nothing]).to.deep.equal(["a line", undefined]);
      expect(yield* effectionAll([all([sleep(0)]), sleep(0)])).to.deep.equal([
        [undefined],
        undefined,
      ]);
    }));

  it("throws the first error when the others are halted and have cleaned up", () =>
    inVirtualTime(function* () {
      const log: string[] = [];
      const error = yield* thrown(
        all([
          function* () {
            try {
              yield* sleep(60);
            } finally {
              yield* sleep(1);
              log.push("clean");
            }
          },
          failing(1, "first"),
          failing(2, "never"),
        ]),
      );
      expect(String(error)).to.equal("Error: first");
      expect(log).to.deep.equal(["clean"]);
    }));

  it("leaves nothing of what was returned when it throws: it is closed", () =>
    check(function* () {
      const made: Udp[] = [];
      const caller = yield* fork(function* () {
        const error = yield* thrown(
          all([
            function* () {
              made.push(yield* bound());
              return [made[0]];
            },
            function* () {
              yield* sleep(0);
              throw new Error("boom");
            },
          ]),
        );
        expect(String(error)).to.equal("Error: boom");
        return made[0]!.closed;
      });
      expect(yield* caller).to.equal(true);
    }));

  it("gives its caller the sockets that are returned", () =>
    check(function* () {
      let both: Udp[] = [];
      const caller = yield* fork(function* () {
        both = (yield* all([
          function* () {
            return [yield* bound()] as [Udp];
          },
          function* () {
            yield* sleep(0);
            return yield* bound();
          },
        ])).flat();
        expect(both.map(({ closed }) => closed)).to.deep.equal([false, false]);
        yield* sleep(0);
      });
      yield* caller;
      expect(both.map(({ closed }) => closed)).to.deep.equal([true, true]);
    }));

  it("takes the list as it is at the call", () =>
    check(function* () {
      const list = [giving(0, "a"), giving(0, "b")];
      const operation = all(list);
      list.pop();
      expect(yield* operation).to.deep.equal(["a", "b"]);
    }));

  it("runs 10,000 of them", () =>
    check(function* () {
      const values = yield* all(Array.from({ length: 10_000 }, (_, i) => giving(0, i)));
      expect(values.at(-1)).to.equal(9_999);
      expect(new Set(values).size).to.equal(10_000);
    }));
});

describe("allSettled", () => {
  it("gives how each has ended, and lets none end the others", () =>
    inVirtualTime(function* () {
      const boom = new Error("boom");
      const settled = yield* allSettled([
        giving(2, "one"),
        function* () {
          throw boom;
        },
        function* () {
          const me = (yield* useFiber())!;
          void me.halt();
          yield* sleep(1);
        },
      ]);
      const [one, two, three] = settled;
      expect(one).to.deep.equal({ ok: true, value: "one" });
      expect(two).to.deep.equal({ ok: false, error: boom });
      expect(three.ok ? three : three.error).to.be.instanceOf(HaltedError);
      expect(yield* allSettled([])).to.deep.equal([]);
    }));

  it("keeps what was returned beside an error", () =>
    check(function* () {
      const caller = yield* fork(function* () {
        const [given] = yield* allSettled([
          function* () {
            return yield* bound();
          },
          failing(0, "boom"),
        ]);
        if (!given.ok) throw given.error;
        return given.value.closed;
      });
      expect(yield* caller).to.equal(false);
    }));
});

/** A socket that is closed with its fiber. */
function* bound(): Operation<Udp> {
  const udp = socket.udp();
  socket.try(yield* udp.setsockname("127.0.0.1", 0));
  return udp;
}
