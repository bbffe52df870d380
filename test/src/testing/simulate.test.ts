/** The simulated world: what is virtual, how it behaves, what goes wrong in it, and what is told of it. */
import { join } from "node:path";
import { inspect } from "node:util";
import { expect } from "chai";
import { call, type Operation, run as runTask, suspend } from "effection";
import { fork, run as runFiber, serve, sleep, socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";
import { reactor } from "cosocket/reactor";
import {
  ALL_FAULTS,
  explore,
  type Faults,
  type Run,
  simulate,
  SimulationError,
  type World,
} from "cosocket/testing";
import { firstSeed, runs, runsAreAsked } from "../../support/counts.js";
import { keyValueProgram } from "../../support/kv.js";
import { thrown } from "../../support/pairs.js";
import { failure, rejection } from "../../support/simulated.js";
import { program, root } from "../../support/process.js";
import { authority, identity } from "../../support/transports.js";
import * as cosocket from "cosocket";
import { A_MOMENT, check } from "../../support/check.js";

const PORT = 7000;

/** A server on the host "server" that answers each line, and what a client does with it. */
function withServer<T>(
  client: (world: World) => Operation<T>,
  answer = (line: string): string => `${line}!`,
): (world: World) => Operation<T> {
  return function* (world) {
    yield* world.host("server", function* () {
      const server = socket.try(yield* socket.bind("*", PORT));
      yield* serve(server, function* (skt) {
        for (;;) {
          const [line, err] = yield* skt.receive();
          if (err) return;
          yield* skt.send(`${answer(line)}\n`);
        }
      });
    });
    yield* sleep(A_MOMENT);
    return yield* yield* world.host("client", () => client(world));
  };
}

/** The place where the caller runs. */
const Here: Operation<object> = {
  *[Symbol.iterator]() {
    return reactor.here();
  },
};

function* connected(): Operation<Tcp> {
  return socket.try(yield* socket.connect("server", PORT));
}

describe("the simulated network", () => {
  it("has hosts with names and addresses, and loopback in each", async () => {
    const run = await simulate(
      { names: { "www.example.com": "server", gone: "10.9.9.9" } },
      withServer(function* () {
        const answers: unknown[] = [];
        for (const host of ["server", "www.example.com", "10.0.0.2", "fd00::2"]) {
          const [client, err] = yield* socket.connect(host, PORT);
          if (err) {
            answers.push(err);
            continue;
          }
          const [ip, port, family] = client.getpeername();
          yield* client.send(`${host}\n`);
          answers.push([(yield* client.receive())[0], ip, port, family]);
          expect(client.getsockname()[0]).to.equal(host.includes("::") ? "fd00::3" : "10.0.0.3");
          client.close();
        }
        expect(socket.dns.gethostname()).to.deep.equal(["client"]);
        expect((yield* socket.dns.toip("server"))[0]).to.equal("10.0.0.2");
        expect((yield* socket.dns.tohostname("10.0.0.2"))[0]).to.equal("server");
        for (const host of ["127.0.0.1", "nobody", "gone"])
          answers.push((yield* socket.connect(host, PORT))[1]);
        const other = socket.tcp();
        other.settimeout(1);
        answers.push((yield* other.connect("10.8.8.8", PORT))[1]);
        other.close();
        return answers;
      }),
    );
    expect(run.value).to.deep.equal([
      ["server!", "10.0.0.2", PORT, "inet"],
      ["www.example.com!", "10.0.0.2", PORT, "inet"],
      ["10.0.0.2!", "10.0.0.2", PORT, "inet"],
      "connection refused",
      "connection refused",
      "host or service not provided, or not known",
      "no route to host",
      "timeout",
    ]);
  });

  it("keeps ports apart as the kernel does", async () => {
    await simulate({}, function* () {
      const first = socket.try(yield* socket.bind("127.0.0.1", 0));
      const port = first.getsockname()[1] as number;
      expect((yield* socket.bind("127.0.0.1", port))[1]).to.equal("address already in use");
      expect((yield* socket.bind("*", port))[1]).to.equal("address already in use");
      expect((yield* socket.bind("10.9.9.9", 0))[1]).to.equal("cannot assign requested address");
      const v6 = socket.tcp6();
      expect(yield* v6.bind("::1", port)).to.deep.equal([1]);
      v6.close();
      first.close();
      const again = socket.try(yield* socket.bind("*", port));
      const bound = socket.tcp();
      yield* bound.bind("127.0.0.1", 5555);
      expect(yield* bound.connect("127.0.0.1", port)).to.deep.equal([1]);
      const served = socket.try(yield* again.accept());
      expect(served.getpeername()).to.deep.equal(["127.0.0.1", 5555, "inet"]);
      for (const object of [bound, served, again]) object.close();
      const unix = [socket.unix(), socket.unix()] as const;
      expect(yield* unix[0].bind("/run/a.sock")).to.deep.equal([1]);
      expect((yield* unix[1].bind("/run/a.sock"))[1]).to.equal("address already in use");
      expect((yield* socket.unix().connect("/run/b.sock"))[1]).to.equal(
        "no such file or directory",
      );
      for (const object of unix) object.close();
    });
  });

  it("resets a connection that is closed with something unread, and one that nobody reads any more", async () => {
    await simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", PORT));
      const client = socket.try(yield* socket.connect("127.0.0.1", PORT));
      const served = socket.try(yield* server.accept());
      yield* client.send("unread\n");
      yield* sleep(1);
      served.close();
      expect((yield* client.receive())[1]).to.equal("closed");
      let err: string | undefined;
      for (let i = 0; i < 5 && !err; i++) {
        [, err] = yield* client.send("more\n");
        yield* sleep(1);
      }
      expect(err).to.equal("closed");
      client.close();
      server.close();
    });
  });

  it("carries TLS", async () => {
    const run = await simulate(
      { faults: { split: 0.5, latency: [0.001, 0.01] } },
      function* (world) {
        yield* world.host("localhost.example", function* () {
          const server = socket.try(yield* socket.bind("*", PORT));
          const { key, certificate } = identity;
          yield* serve(server, (skt) => skt.send("in secret\n"), { tls: { key, certificate } });
        });
        yield* sleep(1);
        const client = socket.try(yield* socket.connect("localhost.example", PORT));
        const params = { cafile: authority.certificate, servername: "localhost" };
        socket.try(yield* client.dohandshake(params));
        const line = yield* client.receive("*a");
        client.close();
        return [line, client.closed];
      },
    );
    expect(run.value).to.deep.equal([["in secret\n"], true]);
  });

  it("carries datagrams: refusals, broadcast, groups, sizes", async () => {
    await simulate({}, function* (world) {
      const heard: string[] = [];
      for (const name of ["a", "b"]) {
        yield* world.host(name, function* () {
          const udp = socket.udp();
          yield* udp.setsockname("*", PORT);
          udp.setoption("ip-add-membership", { multiaddr: "239.1.1.1", interface: "0.0.0.0" });
          for (;;) {
            const [data, ip] = yield* udp.receivefrom();
            heard.push(`${name}: ${String(data)} from ${ip}`);
          }
        });
      }
      yield* sleep(0.1);
      const udp = socket.udp();
      yield* udp.sendto("one", "10.0.0.2", PORT);
      expect((yield* udp.sendto("all", "255.255.255.255", PORT))[1]).to.equal("permission denied");
      udp.setoption("broadcast", true);
      yield* udp.sendto("all", "255.255.255.255", PORT);
      yield* udp.sendto("group", "239.1.1.1", PORT);
      expect((yield* udp.sendto(Buffer.alloc(65_508), "10.0.0.2", PORT))[1]).to.equal(
        "message too long",
      );
      yield* sleep(1);
      expect(heard.sort()).to.deep.equal([
        "a: all from 10.0.0.1",
        "a: group from 10.0.0.1",
        "a: one from 10.0.0.1",
        "b: all from 10.0.0.1",
        "b: group from 10.0.0.1",
      ]);
      const refused = socket.udp();
      yield* refused.setpeername("10.0.0.2", 9);
      yield* refused.send("nobody is there");
      expect((yield* refused.receive())[1]).to.equal("connection refused");
    });
  });
});

describe("simulated faults", () => {
  /** A client that sends a line and hears the answer. */
  const asks = withServer(function* () {
    const client = socket.tcp();
    client.settimeout(20);
    const [, err] = yield* client.connect("server", PORT);
    if (err) return [err];
    yield* client.send(`${"x".repeat(1000)}\n`);
    const [line, failed] = yield* client.receive();
    client.close();
    return [failed ?? line.length];
  });

  it("each shows what it does, and is named in the run", async () => {
    const cases: [Faults, unknown, RegExp][] = [
      [{ split: 1 }, 1001, /split:client>server:7000#1@0/],
      [{ join: 1 }, 1001, /join:client>server:7000#1@0/],
      [{ reset: 1 }, "closed", /reset:client>server:7000#1@0/],
      [
        { halfclose: { rate: 1, between: ["server", "client"] }, split: 1 },
        "closed",
        /halfclose:client>server:7000#1@0/,
      ],
      [{ stall: { rate: 1, seconds: 30 } }, "timeout", /stall:client>server:7000#1@0/],
      [{ refuse: 1 }, "connection refused", /refuse:client>server:7000#1/],
      [{ lookupfail: 1 }, "temporary failure in name resolution", /lookupfail:client\?server#1/],
      [{ lookuphang: 1 }, "timeout", /lookuphang:client\?server#1/],
      [{ latency: 9 }, 1001, /^$/],
      [{ latency: [6, 8] }, 1001, /latency:client>server:7000#1@0/],
      [{ bandwidth: 200 }, 1001, /^$/],
      [{ partition: { rate: 1, until: 15 } }, 1001, /partition:client<>server#0/],
    ];
    for (const [faults, outcome, named] of cases) {
      const run = await simulate({ faults }, asks);
      expect([faults, ...run.value]).to.deep.equal([faults, outcome]);
      expect(run.faults.join(" ")).to.match(named);
    }
  });

  it("order lets those that are ready run in any order", async () => {
    const race = function* (): Operation<string> {
      let order = "";
      for (const name of "abcd") yield* fork(() => void (order += name) as never);
      yield* sleep(1);
      return order;
    };
    expect((await simulate({}, race)).value).to.equal("abcd");
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const { value, faults } = await simulate({ seed, faults: { order: 0.5 } }, race);
      expect([...value].sort().join("")).to.equal("abcd");
      expect(value === "abcd" || /order:fiber_\d+#1/.test(faults.join())).to.equal(true);
      seen.add(value);
    }
    expect(seen.size).to.be.greaterThan(8);
  });

  it("of datagrams: lost, doubled, reordered", async () => {
    const sends = (count: number) =>
      function* (world: World): Operation<number[]> {
        const heard: number[] = [];
        yield* world.host("server", function* () {
          const udp = socket.udp();
          yield* udp.setsockname("*", PORT);
          for (;;) heard.push(Number((yield* udp.receive())[0]));
        });
        yield* sleep(0.1);
        const udp = socket.udp();
        for (let i = 0; i < count; i++) yield* udp.sendto(String(i), "10.0.0.2", PORT);
        yield* sleep(10);
        return heard;
      };
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect((await simulate({}, sends(10))).value).to.deep.equal(all);
    expect((await simulate({ faults: { loss: 1 } }, sends(10))).value).to.deep.equal([]);
    const some = (await simulate({ faults: { loss: 0.5 } }, sends(10))).value;
    expect(some.length).to.be.within(1, 9);
    const doubled = (await simulate({ faults: { duplicate: 1 } }, sends(10))).value;
    expect(doubled.length).to.equal(20);
    const mixed = (await simulate({ faults: { reorder: 0.5 } }, sends(10))).value;
    expect(mixed).to.not.deep.equal(all);
    expect(mixed.sort()).to.deep.equal(all);
  });

  it("come by a schedule: at a time, in a time, between two hosts, and from now on", async () => {
    const talk = withServer(function* (world) {
      const outcomes: string[] = [];
      for (let second = 0; second < 6; second++) {
        const client = socket.tcp();
        client.settimeout(0.5);
        const [, err] = yield* client.connect("server", PORT);
        outcomes.push(err ?? "ok");
        client.close();
        if (second === 4) world.faults = { refuse: 1 };
        yield* sleep(1 - (world.now() % 1));
      }
      return outcomes.map((outcome) => (outcome === "ok" ? "." : "x")).join("");
    });
    const outcome = async (faults: Faults): Promise<string> =>
      (await simulate({ faults }, talk)).value;
    expect(await outcome({})).to.equal(".....x");
    expect(await outcome({ refuse: { at: [0.5, 2.5] } })).to.equal(".x.x.x");
    expect(await outcome({ refuse: { rate: 1, from: 1, until: 3 } })).to.equal(".xx..x");
    expect(await outcome({ refuse: { rate: 1, between: ["server", "client"] } })).to.equal(
      "xxxxxx",
    );
    expect(await outcome({ refuse: { rate: 1, between: ["server", "home"] } })).to.equal(".....x");
  });

  it("partition and repair: streams go on, or break after a quarter of an hour; datagrams are gone", async () => {
    const run = await simulate(
      {},
      withServer(function* (world) {
        const client = yield* connected();
        world.partition("client", "server");
        const blocked = socket.tcp();
        blocked.settimeout(5);
        expect((yield* blocked.connect("10.0.0.2", PORT))[1]).to.equal("timeout");
        blocked.close();
        yield* client.send("one\ntwo\n");
        client.settimeout(60);
        expect((yield* client.receive())[1]).to.equal("timeout");
        world.repair("client", "server");
        expect(yield* client.receive()).to.deep.equal(["one!"]);
        world.partition("server", "client");
        expect(yield* client.receive()).to.deep.equal(["two!"]);
        yield* client.send("three\n");
        client.settimeout();
        const start = world.now();
        expect((yield* client.receive())[1]).to.equal("closed");
        return world.now() - start;
      }),
    );
    expect(run.value).to.be.within(900, 950);
  });

  it("refuse what there is not", async () => {
    for (const [faults, text] of [
      [{ explode: 1 }, 'there is no fault "explode"'],
      [{ split: 2 }, "split is a rate from 0 to 1"],
      [{ stall: { rate: 0.1, seconds: -1 } }, "stall is a rate"],
      [{ latency: [2, 1] }, "or the [least, most] of them, not [2, 1]"],
      [{ bandwidth: 0 }, "bandwidth is a number of bytes per second, more than 0, not 0"],
    ] as [Faults, string][]) {
      const error = await rejection(simulate({ faults }, function* () {}));
      expect(error).to.be.instanceOf(TypeError);
      expect(String(error)).to.include(text);
    }
  });
});

describe("a simulated run", () => {
  const faults = ALL_FAULTS;
  const kv = keyValueProgram(cosocket);

  it("is the same again, event for event; another seed is another run", async () => {
    const [one, two] = [
      await simulate({ seed: 3, faults, trace: true }, kv),
      await simulate({ seed: 3, faults, trace: true }, kv),
    ];
    expect(String(two)).to.equal(String(one));
    expect(two.faults).to.deep.equal(one.faults);
    expect(one.log.length).to.be.greaterThan(500);
    expect(String(await simulate({ seed: 4, faults }, kv))).to.not.equal(String(one));
  });

  it("with only some of its faults has those, and no others", async () => {
    const run = await simulate({ seed: 3, faults }, kv);
    const only = run.faults.filter((name) => name.startsWith("split:")).slice(0, 2);
    const some = await simulate({ seed: 3, faults, only }, kv);
    expect(some.faults).to.have.members(only);
    expect((await simulate({ seed: 3, faults, only: [] }, kv)).faults).to.deep.equal([]);
  });

  it("is the same in another process", () =>
    check(function* () {
      const here: Run<number> = yield* call(() => simulate({ seed: 11, faults }, kv));
      const there = yield* program(process.execPath, [
        join(root, "dist/test/process/replay.js"),
        "11",
      ]);
      yield* call(() => there.ends());
      expect(there.out).to.equal(String(here));
    }));

  it("logs who did what, at which time, and what one writes oneself", async () => {
    const run = await simulate(
      {},
      withServer(function* (world) {
        const client = yield* connected();
        yield* client.send("hello\n");
        yield* client.receive();
        world.log("has been answered");
        client.close();
      }),
    );
    const lines = String(run).split("\n");
    expect(lines.every((line) => line === "" || /^ +\d+\.\d{6} {2}\S+ +\S/.test(line))).to.equal(
      true,
    );
    const what = run.log.map(({ who, what }) => `${who} ${what}`);
    for (const line of [
      "server listens at 0.0.0.0:7000",
      "client looks server up",
      "client>server:7000#1 client connects to server:7000",
      "client>server:7000#1 arrives at server:7000",
      'client>server:7000#1 6 bytes "hello\\n" arrive',
      'client<server:7000#1 7 bytes "hello!\\n" arrive',
      "client has been answered",
      "client ends: returned",
    ])
      expect(what).to.include(line);
    expect(what).to.not.include("client goes on");
    const traced = await simulate({ trace: true }, () => sleep(1));
    expect(traced.log.map(({ what }) => what)).to.deep.equal([
      "begins",
      "goes on",
      "waits for sleep(1)",
      "goes on",
      "ends: returned",
    ]);
  });
});

describe("a simulation that fails", () => {
  it("tells its seed, and the one line that replays it", async () => {
    const error = await failure(
      { seed: 42, faults: { split: 1 } },
      withServer(function* () {
        const client = yield* connected();
        yield* client.send("hello\n");
        expect((yield* client.receive())[0]).to.equal("goodbye");
      }),
    );
    expect(error.seed).to.equal(42);
    expect(error.replay).to.equal("42");
    expect(error.message).to.match(/^AssertionError: expected 'hello!' to equal 'goodbye'/);
    expect(error.message).to.include("seed 42; ");
    expect(error.message).to.include("COSOCKET_REPLAY='42' in front of the command");
    expect(error.message).to.include("COSOCKET_TRACE=seed-42.json in front of that, too");
    expect(error.message).to.match(/client +ends: failed: AssertionError/);
    // Test runners print what is enumerable.
    expect(inspect(error)).to.not.include("runs:");
    expect((error.cause as Error).message).to.include("expected 'hello!'");
  });

  it("lists, when nobody can go on, who waits for what", async () => {
    const error = await failure({}, function* () {
      const [mutex, other] = [copas.lock.new(Infinity), copas.lock.new(Infinity)];
      const both = function* (first: typeof mutex, second: typeof mutex): Operation<void> {
        yield* first.get();
        yield* sleep(1);
        yield* second.get();
      };
      const one = yield* fork(() => both(mutex, other), { name: "one" });
      yield* fork(() => both(other, mutex), { name: "two" });
      const server = socket.try(yield* socket.bind("*", PORT));
      yield* fork(() => server.accept(), { name: "acceptor" });
      yield* fork(() => suspend(), { name: "promoted" });
      yield* one;
    });
    expect(error.message).to.match(/\n {4}promoted \(promoted\): suspend for 1\.000 s/);
    expect(error.message).to.match(/^Error: deadlock: nobody can go on, and no deadline is left\n/);
    expect(error.message).to.include("    one: lock:get, held by two for 0.000 s\n");
    expect(error.message).to.include("    two: lock:get, held by one for 0.000 s\n");
    expect(error.message).to.include("    acceptor: accept on tcp{server} 0.0.0.0:7000");
    expect(error.message).to.include("  program: join one for 1.000 s\n");
  });

  it("ends what runs for too long, or without end", async () => {
    const long = await failure({ limit: 100 }, function* () {
      yield* fork(function* () {
        for (;;) yield* sleep(1);
      });
      yield* sleep(Infinity);
    });
    expect(long.message).to.match(/^Error: it still runs after 100 seconds of virtual time/);
    const busy = await failure({ events: 10_000 }, function* () {
      for (;;) yield* sleep(0);
    });
    expect(busy.message).to.match(/^Error: 10000 things have happened .*and it still runs/);
  });

  it("tells what is left behind, and where it was begun, unless that is allowed", async () => {
    const leaky = function* (): Operation<void> {
      // Nobody's child.
      void runFiber(function* () {
        const server = socket.try(yield* socket.bind("127.0.0.1", PORT));
        server.settimeout(100);
        yield* server.accept();
      });
      setInterval(() => {}, 1000);
      setInterval(() => {}, 1000).unref();
      void setTimeout(() => {}, 90_500);
      yield* sleep(1);
      setImmediate(() => {});
    };
    const error = await failure({}, leaky);
    const place = "\\n +at leaky .*simulate\\.test\\.[^\\n]*";
    for (const what of [
      "listener at 127\\.0\\.0\\.1:7000 of home",
      "fiber .* \\(parked\\) waits for accept.* on tcp{server} 127\\.0\\.0\\.1:7000",
      "a deadline",
      `timer: setInterval of 1 seconds${place}`,
      `timer: setTimeout of 90\\.5 seconds${place}`,
      `timer: setImmediate${place}`,
    ])
      expect(error.message).to.match(new RegExp(`^Error: it has left behind:[^]*\n  ${what}`));
    expect(error.message.match(/timer: /g)).to.have.length(3);
    await simulate({ leaks: true }, leaky);
  });

  it("fails also by what a timer or a child throws; the next one is not touched", async () => {
    const timer = await failure({}, function* () {
      setTimeout(() => {
        throw new Error("in a timer");
      }, 10);
      yield* sleep(1);
    });
    expect(timer.message).to.match(/^Error: in a timer/);
    const child = await failure({}, function* () {
      yield* fork(function* () {
        yield* sleep(1);
        throw new Error("in a child");
      });
      yield* sleep(Infinity);
    });
    expect(child.message).to.match(/^Error: in a child/);
    const stuck = await failure({}, function* () {
      try {
        yield* sleep(1);
        throw new Error("and the cleanup never ends");
      } finally {
        yield* sleep(Infinity);
      }
    });
    expect(stuck.message).to.match(/deadlock/);
    expect(reactor.live).to.equal(0);
    expect((await simulate({}, () => sleep(5))).seconds).to.equal(5);
  });

  it("has one place for each host, none of which is there before or after; what is registered with the reactor ends with it", async () => {
    const real = reactor.here();
    const places: object[] = [];
    const undone: string[] = [];
    for (let round = 0; round < 2; round++) {
      await simulate({}, function* (world) {
        places.push(reactor.here());
        for (const name of ["a", "b"])
          yield* yield* world.host(name, function* () {
            places.push(reactor.here(), yield* yield* fork(() => Here));
          });
        expect(reactor.meter).to.equal(null);
        reactor.meter = { begin: () => {}, end: () => {} };
        reactor.onIdle = () => {};
        reactor.forgetting.add(() => undone.push(`round ${round}`));
      });
      expect([reactor.meter, reactor.onIdle]).to.deep.equal([null, null]);
    }
    const [home, a, aChild, b, bChild] = places;
    expect([aChild, bChild]).to.deep.equal([a, b]);
    expect(new Set(places).size).to.equal(6);
    expect(home).to.not.equal(real);
    expect(reactor.here()).to.equal(real);
    expect(undone).to.deep.equal(["round 0", "round 1"]);
  });

  it("cannot begin while something else uses the reactor, nor within another", () =>
    check(function* () {
      yield* fork(() => sleep(100));
      const refused = yield* thrown(call(() => simulate({}, function* () {})));
      expect(String(refused)).to.match(
        /needs the reactor for itself, but 1 fiber lives, 1 deadline is armed: .*\n {2}.*sleep\(100\)/,
      );
      const within = yield* call(async () => {
        for (const options of [{ seed: -1 }, { seed: 1.5 }])
          await simulate(options, function* () {}).catch((error: unknown) =>
            expect(String(error)).to.match(/the seed is a whole number/),
          );
        return simulate({}, 5 as never).catch(String);
      });
      expect(within).to.match(/takes options and a program/);
    }));

  it("begins when what has ended is gone, and says who never ends", async () => {
    await copas.loop(() => {
      copas.addthread(() => copas.pause(A_MOMENT));
    });
    await simulate({}, () => sleep(1));
    reactor.schedule({ resume: () => {} });
    const together = [simulate({}, () => sleep(1)), simulate({}, () => sleep(1))];
    const [one, other] = await Promise.allSettled(together);
    expect(one?.status).to.equal("fulfilled");
    expect(String((other as PromiseRejectedResult).reason)).to.match(/another simulation/);
    let stopped = false;
    // A task of Effection's, and no fiber.
    const busy = runTask(function* () {
      while (!stopped) yield* sleep(0);
    });
    const refused = await rejection(simulate({}, () => sleep(1)));
    stopped = true;
    await busy;
    expect(refused).to.be.instanceOf(TypeError);
    expect(String(refused)).to.match(/but 1 task is always ready: end what uses it before$/);
  });

  it("one within another is refused", async () => {
    const error = await failure(
      {},
      () => call(() => simulate({}, function* () {})) as Operation<unknown>,
    );
    expect(error.message).to.match(/another simulation is under way/);
  });
});

describe("explore", () => {
  /** Fails when a line comes in two pieces and somebody believes that one receiveany gives it whole. */
  const naive = withServer(function* () {
    const client = socket.tcp();
    client.settimeout(20);
    if ((yield* client.connect("server", PORT))[1]) return;
    yield* client.send("question\n");
    const [answer, err] = yield* client.receiveany();
    if (!err && String(answer) !== "question!\n") throw new Error(`answered by ${String(answer)}`);
    client.close();
  });

  it("finds the first seed that fails, and the fewest faults with which it does", async () => {
    const error = (await rejection(
      explore({ faults: ALL_FAULTS, runs: 500 }, naive),
    )) as SimulationError;
    expect(error.smallest).to.equal(true);
    expect(error.faults).to.have.length(1);
    expect(error.faults[0]).to.equal("split:client<server:7000#1@0");
    expect(error.message).to.match(
      /seed \d+( \(the first of \d+ that fails\))?; the fewest faults/,
    );
    expect(error.replay).to.equal(`${error.seed} ${error.faults[0]}`);
    // What it tells does replay it.
    const again = await failure(
      { seed: error.seed, faults: ALL_FAULTS, only: error.faults },
      naive,
    );
    expect(String(again.cause)).to.equal(String(error.cause));
    process.env["COSOCKET_REPLAY"] = error.replay;
    try {
      const replayed = await failure({ faults: ALL_FAULTS }, naive);
      expect(String(replayed.cause)).to.equal(String(error.cause));
      const explored = (await rejection(explore({ faults: ALL_FAULTS }, naive))) as SimulationError;
      expect(String(explored.cause)).to.equal(String(error.cause));
      process.env["COSOCKET_REPLAY"] = `${error.seed} -`;
      expect((await simulate({ faults: ALL_FAULTS }, naive)).faults).to.deep.equal([]);
      process.env["COSOCKET_REPLAY"] = "what";
      const refused = await rejection(simulate({}, naive));
      expect(String(refused)).to.match(/begins with a seed/);
    } finally {
      delete process.env["COSOCKET_REPLAY"];
    }
  });

  it("does not call missed what it has itself tried to leave out", async () => {
    const error = (await rejection(
      explore({ faults: { refuse: 1 }, runs: 1 }, function* (world) {
        yield* world.host("server", function* () {
          const server = socket.try(yield* socket.bind("*", 7000));
          for (;;) yield* server.accept();
        });
        yield* sleep(1);
        const refused = function* () {
          const [, error] = yield* socket.connect4("server", 7000);
          return error !== undefined;
        };
        // Without the second the third is not tried: then it is allowed, and does not happen.
        const first = yield* refused();
        if (first && (yield* refused())) yield* refused();
        if (first) throw new Error("refused");
      }),
    )) as SimulationError;
    expect(error.faults).to.have.length(1);
    expect(error.missed).to.deep.equal([]);
    expect(error.message).to.not.include("did not happen");
  });

  it("tells how much it has tried when nothing fails", async () => {
    const found = await explore({ runs: 20, seed: 100 }, () => sleep(2));
    expect(found).to.deep.equal({ runs: 20, seconds: 40, missed: [], unperformed: [] });
    const refused = await rejection(explore({ runs: 0 }, () => sleep(1)));
    expect(String(refused)).to.match(/runs is a positive integer/);
  });

  it("a key-value store keeps its promises under all faults", async function () {
    this.timeout(runsAreAsked ? 0 : 60_000);
    // `npm run explore` tries ten thousand.
    const most = runs(20, 60);
    const {
      runs: tried,
      seconds,
      missed,
    } = await explore(
      { runs: most, seed: firstSeed(), faults: ALL_FAULTS },
      keyValueProgram(cosocket),
    );
    expect(tried).to.equal(most);
    expect(seconds).to.be.above(most);
    expect(missed).to.deep.equal([]);
  });
});
