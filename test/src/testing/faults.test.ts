/** Faults: that they come at their times, last, and are said when they do not happen. */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, serve, sleep, socket } from "cosocket";
import { explore, type Faults, simulate, type World } from "cosocket/testing";
import { failure, rejection } from "../../support/simulated.js";

const PORT = 7000;

/** Servers of everything on the host "server". */
function* serves(world: World, datagrams: (ip: string, data: string) => void): Operation<void> {
  yield* world.host("server", function* () {
    const server = socket.try(yield* socket.bind("*", PORT));
    const udp = socket.udp();
    socket.try(yield* udp.setsockname("*", PORT));
    yield* fork(function* () {
      for (;;) {
        const [data, ip] = yield* udp.receivefrom();
        if (data !== undefined) datagrams(ip, String(data));
      }
    });
    yield* serve(server, function* (client) {
      while ((yield* client.receive())[0] !== undefined);
    });
  });
  yield* sleep(0.01);
}

describe("faults at a time", () => {
  const sends = (count: number, every = 1) =>
    function* (world: World): Operation<string> {
      const heard = new Set<string>();
      yield* serves(world, (_, data) => heard.add(data));
      const udp = socket.udp();
      for (let i = 0; i < count; i++) {
        yield* udp.sendto(String(i), "10.0.0.2", PORT);
        yield* sleep(every);
      }
      yield* sleep(5);
      return Array.from({ length: count }, (_, i) => (heard.has(String(i)) ? "." : "x")).join("");
    };

  it("each takes one opportunity, in the order of time", async () => {
    for (const at of [
      [1.5, 3.5],
      [3.5, 1.5],
    ]) {
      const run = await simulate({ faults: { loss: { at } } }, sends(6));
      expect(run.value).to.equal("..x.x.");
      expect(run.faults).to.deep.equal(["loss@1.5", "loss@3.5"]);
      const some = await simulate({ faults: { loss: { at } }, only: ["loss@3.5"] }, sends(6));
      expect(some.value).to.equal("....x.");
    }
  });

  it("are those of the schedule in force", async () => {
    const program = sends(6);
    const changing = function* (world: World): Operation<string> {
      yield* fork(function* () {
        yield* sleep(2.5);
        world.faults = { loss: { at: [4.5] } };
      });
      return yield* program(world);
    };
    expect((await simulate({ faults: { loss: { at: [0.5] } } }, changing)).value).to.equal(
      ".x...x",
    );
  });

  it("a partition begins then, for everybody, and lasts", async () => {
    const run = await simulate(
      { faults: { partition: { at: [1.5], seconds: 3 } } },
      function* (world) {
        yield* serves(world, () => {});
        const ended: number[] = [];
        const hosts = [];
        for (const name of ["a", "b"])
          hosts.push(
            yield* world.host(name, function* () {
              yield* sleep(2);
              for (let i = 0; i < 2; i++) {
                const tcp = socket.try(yield* socket.connect("server", PORT));
                ended.push(Math.round(world.now() * 10) / 10);
                tcp.close();
              }
            }),
          );
        for (const host of hosts) yield* host;
        return ended;
      },
    );
    expect(run.value).to.deep.equal([4.5, 4.5, 4.5, 4.5]);
    expect(run.faults).to.deep.equal(["partition@1.5"]);
  });
});

describe("partitions and streams", () => {
  /** A line after a while: when it is there, or what became of it. */
  const talk = function* (world: World): Operation<string> {
    const got: string[] = [];
    yield* world.host("server", function* () {
      const server = socket.try(yield* socket.bind("*", PORT));
      const client = socket.try(yield* server.accept());
      for (;;) {
        const [line] = yield* client.receive();
        if (line === undefined) return;
        got.push(`${line} at ${Math.round(world.now())}`);
      }
    });
    yield* sleep(0.1);
    const client = socket.try(yield* socket.connect("server", PORT));
    yield* sleep(1);
    yield* client.send("one\n");
    yield* sleep(2000);
    const [, err] = yield* client.send("two\n");
    yield* sleep(10);
    return `${got.join()} ${err ?? ""}`;
  };

  it("break after a quarter of an hour, however they came", async () => {
    const hour = { at: [0.5], seconds: 3600 };
    for (const faults of [{ partition: hour }, { stall: { at: [0.5], seconds: 3600 } }])
      expect((await simulate({ faults, leaks: true }, talk)).value).to.equal(" closed");
  });

  it("go on after repair, or heal as it was called, however often", async () => {
    const short = { partition: { rate: 0.9, seconds: 2, until: 1500 } };
    for (let seed = 0; seed < 5; seed++)
      expect((await simulate({ seed, faults: short, leaks: true }, talk)).value).to.match(
        /^one at \d+,two at 20\d\d $/,
      );
    const often = function* (world: World): Operation<string> {
      yield* world.host("server", () => sleep(0));
      yield* fork(function* () {
        yield* sleep(0.5);
        for (let i = 0; i < 4; i++) {
          world.partition("home", "server");
          yield* sleep(300);
          if (i % 2 === 0) world.repair("home", "server");
          else world.heal("home", "server");
          yield* sleep(1);
        }
      });
      return yield* talk(world);
    };
    expect((await simulate({ leaks: true }, often)).value).to.match(/^one at 30\d,two at 20\d\d $/);
  });
});

describe("what is asked for is looked at", () => {
  const nothing = function* (): Operation<void> {};

  it("misspelt options and impossible schedules are refused", async () => {
    for (const [options, text] of [
      [{ fault: 1 }, 'simulate has no option "fault": did you mean "faults"?'],
      [
        { faults: { loss: { rat: 1 } } },
        'simulate: loss has no option "rat": did you mean "rate"?',
      ],
      [{ faults: { lsos: 1 } }, 'there is no fault "lsos": did you mean "loss"?'],
      [{ only: ["hafclose:a@0"] }, 'there is no "hafclose": did you mean "halfclose"?'],
      [{ faults: { loss: {} } }, "it needs a rate, or `at`"],
      [{ faults: { loss: { rate: 1, from: 5, until: 3 } } }, "`from` comes before `until`"],
      [{ faults: { loss: { at: [5], until: 3 } } }, "`at` is not within"],
      [{ faults: { loss: { at: 5 } } }, "`at` is a list of seconds"],
      [{ faults: { loss: { rate: 1, seconds: 5 } } }, "only a stall and a partition last"],
      [{ faults: { order: { rate: 1, between: ["a", "b"] } } }, "it is not `between` hosts"],
      [{ faults: { loss: { rate: 1, between: ["a"] } } }, "`between` is a pair of names"],
      [{ faults: { loss: NaN } }, "loss is a rate from 0 to 1"],
      [{ only: ["loss"] }, '"loss" is no name of a fault'],
      [{ only: ["explode:a"] }, '"explode:a" is no name of a fault'],
      [{ limit: "1" }, "limit is a number of seconds"],
      [{ events: 0 }, "events is a number from 1"],
      [{ entries: -1 }, "entries is a whole number from 0"],
      [{ names: { a: 5 } }, "names.a is the name of a host"],
    ] as [object, string][]) {
      const error = await rejection(simulate(options as never, nothing));
      expect(error, text).to.be.instanceOf(TypeError);
      expect(String(error)).to.include(text);
    }
  });

  it("names that no host can have, and hosts that there are not", async () => {
    for (const [use, text] of [
      [(world) => world.host("localhost", nothing), "that is each host itself"],
      [(world) => world.host("Home", nothing), "that is where everything runs"],
      [(world) => world.host("10.0.0.9", nothing), "that is an address"],
      [(world) => world.host("other", nothing), "that is another name of somewhere"],
      [(world) => world.host("a", 5 as never), "world.host takes a function"],
      [
        (world) => world.partition("home", "nowhere") as never,
        'has not made a host "nowhere": there are "home"',
      ],
      [
        (world) => world.partition("hoem", "home") as never,
        'has not made a host "hoem": did you mean "home"?',
      ],
      [(world) => world.repair("home", "Home.") as never, "takes two hosts, and home is one"],
    ] as [(world: World) => Operation<unknown> | undefined, string][]) {
      const error = await failure({ names: { other: "somewhere" } }, function* (world) {
        const asked = use(world);
        if (asked !== undefined) yield* asked;
      });
      expect(String(error.cause)).to.include(text);
    }
  });

  it("what never struck is said", async () => {
    const run = await simulate({ faults: { reset: 1, loss: { at: [5] } } }, nothing);
    expect(run.missed).to.deep.equal(["reset", "loss"]);
    const faults: Faults = { loss: { rate: 1, between: ["home", "sever"] } };
    const served = function* (world: World): Operation<void> {
      yield* yield* world.host("server", nothing);
    };
    for (const start of [
      () => simulate({ faults }, served),
      () => explore({ faults, runs: 2 }, served),
    ]) {
      const error = await rejection(start());
      expect(error).to.be.instanceOf(TypeError);
      expect(String(error)).to.match(
        /faults, between: there was no host "sever": did you mean "server"\? There are "home", "server"$/,
      );
    }
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listener);
    const asked = await simulate({ only: ["loss:a/udp1>b@1"] }, nothing);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listener);
    expect(asked.missed).to.deep.equal(["loss:a/udp1>b@1"]);
    expect(String(warnings[0])).to.match(/SimulationWarning: of the faults .* 1 did not happen/);
  });
});
