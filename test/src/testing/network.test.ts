/** What the simulated network and the virtual globals answer in rare places: as Linux and Node do. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Operation } from "effection";
import { sleep, socket, type Udp } from "cosocket";
import { simulate } from "cosocket/testing";

const PORT = 7000;

function* udpAt(address: string, port: number): Operation<Udp> {
  const udp = socket.udp4();
  udp.setoption("reuseaddr", true);
  socket.try(yield* udp.setsockname(address, port));
  udp.settimeout(0.5);
  return udp;
}

describe("the simulated network in rare places", () => {
  it("addresses in any spelling; names in any case", async () => {
    await simulate({ names: { Alias: "SERVER" } }, function* (world) {
      yield* world.host("Server", () => sleep(100));
      const server = socket.try(yield* socket.bind("*", PORT));
      for (const [to, peer] of [
        ["127.1", "127.0.0.1"],
        ["0x7f.1", "127.0.0.1"],
        ["0.0.0.0", "127.0.0.1"],
        ["LocalHost.", "127.0.0.1"],
      ] as const) {
        const client = socket.try(yield* socket.connect(to, PORT));
        expect(client.getpeername()[0]).to.equal(peer);
        (yield* server.accept())[0]!.close();
        client.close();
      }
      // A socket for IPv6 is for nothing else, as in LuaSocket.
      expect((yield* socket.connect("::ffff:127.0.0.1", PORT))[1]).to.equal(
        "network is unreachable",
      );
      expect((yield* socket.dns.toip("aLIAS."))[0]).to.equal("10.0.0.2");
      for (const name of ["constructor", "__proto__", "toString"])
        expect((yield* socket.dns.toip(name))[1]).to.match(/not known/);
      const v6 = socket.try(yield* socket.bind("::1", PORT));
      const six = socket.try(yield* socket.connect("::", PORT));
      expect(six.getpeername()).to.deep.equal(["::1", PORT, "inet6"]);
      for (const one of [server, v6, six]) one.close();
    });
  });

  it("ports of live clients are taken, unless they were asked for; when all are, that is an error", async () => {
    await simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", PORT));
      const client = socket.try(yield* socket.connect("127.0.0.1", PORT));
      const port = client.getsockname()[1] as number;
      expect((yield* socket.bind("127.0.0.1", port))[1]).to.equal("address already in use");
      expect((yield* socket.bind("*", port))[1]).to.equal("address already in use");
      client.close();
      const bound = socket.tcp();
      yield* bound.bind("127.0.0.1", 5555);
      yield* bound.connect("127.0.0.1", PORT);
      const again = socket.tcp();
      expect(yield* again.bind("127.0.0.1", 5555)).to.deep.equal([1]);
      expect((yield* again.connect("127.0.0.1", PORT))[1]).to.equal(
        "cannot assign requested address",
      );
      for (const one of [server, bound, again]) one.close();
      const all: Udp[] = [];
      let error: string | undefined;
      while (error === undefined) {
        const udp = socket.udp4();
        all.push(udp);
        [, error] = yield* udp.setsockname("127.0.0.1", 0);
      }
      expect([error, all.length]).to.deep.equal(["address already in use", 16_385]);
      for (const udp of all) udp.close();
    });
  });

  it("groups, broadcast, and who sent a datagram", async () => {
    await simulate({}, function* () {
      const [joined, other, loopback] = [
        yield* udpAt("*", PORT),
        yield* udpAt("*", PORT),
        yield* udpAt("127.0.0.1", PORT),
      ];
      const join = (multiaddr: string, at: string): unknown =>
        joined.setoption("ip-add-membership", { multiaddr, interface: at });
      expect(join("10.0.0.1", "*")).to.deep.equal([undefined, "invalid argument", undefined]);
      expect(join("239.1.1.1", "10.9.9.9")).to.deep.equal([undefined, "no such device", undefined]);
      expect(join("239.1.1.1", "127.0.0.1")).to.deep.equal([1]);
      expect(join("239.1.1.1", "127.0.0.1")).to.deep.equal([
        undefined,
        "address already in use",
        undefined,
      ]);
      const sender = socket.udp4();
      sender.setoption("broadcast", true);
      sender.setoption("ip-multicast-if", "127.0.0.1");
      for (const to of ["239.1.1.1", "255.255.255.255"]) {
        yield* sender.sendto("x", to, PORT);
        // As Linux has it, everybody on the host hears a group that somebody has joined.
        for (const udp of [joined, other]) expect(String((yield* udp.receive())[0])).to.equal("x");
        expect((yield* loopback.receive())[1]).to.equal("timeout");
      }
      const port = sender.getsockname()[1];
      yield* sender.sendto("last", "127.0.0.1", PORT);
      sender.close();
      expect((yield* loopback.receivefrom())[2]).to.equal(port);
    });
  });

  it("an ICMP message takes its time, and does not pass where nothing does", async () => {
    await simulate({ faults: { latency: 1 } }, function* (world) {
      yield* world.host("server", () => sleep(100));
      const udp = socket.udp4();
      yield* udp.setpeername("10.0.0.2", 9);
      udp.settimeout(5);
      const start = world.now();
      yield* udp.send("x");
      expect((yield* udp.receive())[1]).to.equal("connection refused");
      expect(world.now() - start).to.be.closeTo(2, 0.01);
      yield* udp.send("x");
      yield* sleep(0.5);
      world.partition("home", "server");
      expect((yield* udp.receive())[1]).to.equal("timeout");
    });
  });

  it("Unix sockets are at paths of the disk", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cosocket-"));
    writeFileSync(join(folder, "file"), "");
    try {
      await simulate({}, function* () {
        for (const [path, bound, connected] of [
          ["file", "address already in use", "connection refused"],
          ["nowhere/a", "no such file or directory", "no such file or directory"],
          ["x".repeat(120), "path too long", "path too long"],
        ] as const) {
          expect((yield* socket.unix().bind(join(folder, path)))[1]).to.equal(bound);
          expect((yield* socket.unix().connect(join(folder, path)))[1]).to.equal(connected);
        }
      });
      const refused = await simulate({ faults: { refuse: 1 } }, function* () {
        const server = socket.unix();
        yield* server.bind(join(folder, "socket"));
        return (yield* socket.unix().connect(join(folder, "socket")))[1];
      });
      expect(refused.value).to.equal("connection refused");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("a look-up that hangs is never answered; a window opens when the sender hears of it", async () => {
    const hanging = await simulate({ faults: { lookuphang: 1 }, limit: 1e9 }, function* (world) {
      expect((yield* socket.dns.toip("server", 1e8))[1]).to.equal("timeout");
      return world.now();
    });
    expect(hanging.value).to.be.at.least(1e8);
    const { value: rate } = await simulate({ faults: { latency: 0.1 } }, function* (world) {
      const server = socket.try(yield* socket.bind("127.0.0.1", PORT));
      const client = socket.try(yield* socket.connect("127.0.0.1", PORT));
      const served = socket.try(yield* server.accept());
      const start = world.now();
      const size = 2_000_000;
      void (yield* client.send("x"));
      for (let sent = 0; sent < size; sent += 20_000) {
        yield* client.send(Buffer.alloc(20_000));
        yield* served.receiveany();
      }
      for (const one of [server, client, served]) one.close();
      return size / (world.now() - start);
    });
    // A window of 48 KiB for each way there and back.
    expect(rate).to.be.lessThan(((48 * 1024) / 0.2) * 1.05);
  });
});

describe("virtual globals in rare places", () => {
  it("tell the virtual time, and refuse what Node refuses", async () => {
    const run = await simulate({ seed: 3 }, function* () {
      let late = 0;
      clearTimeout(+setTimeout(() => late++, 10));
      yield* sleep(5);
      const words = (call: () => unknown): string => {
        try {
          call();
          return "taken";
        } catch (error) {
          return String((error as { code?: unknown; name?: string }).name);
        }
      };
      const Same = new Date(0).constructor as DateConstructor;
      performance.mark("here");
      return {
        late,
        same: new Same().getTime() - Date.now(),
        origin: performance.timeOrigin + performance.now() - Date.now(),
        uptime: Math.round(process.uptime()),
        mark: Math.round(performance.getEntriesByName("here")[0]!.startTime),
        year: new Intl.DateTimeFormat("en", { year: "numeric", timeZone: "UTC" }).format(),
        refused: [
          () => setTimeout("x" as never),
          () => globalThis.crypto.getRandomValues(new Uint8Array(70_000)),
          () => globalThis.crypto.getRandomValues(new Float64Array(1) as never),
        ].map(words),
      };
    });
    performance.clearMarks("here");
    const { same, origin, refused, ...rest } = run.value;
    expect(rest).to.deep.equal({ late: 0, uptime: 5, mark: 5000, year: "2024" });
    expect(Math.abs(same) + Math.abs(origin)).to.be.lessThan(2);
    expect(refused).to.deep.equal(["TypeError", "QuotaExceededError", "TypeMismatchError"]);
  });

  it("leave nothing behind", async () => {
    const before = [process.listenerCount("uncaughtException"), Object.keys(globalThis).length];
    for (let i = 0; i < 50; i++) await simulate({ seed: i }, () => sleep(1));
    const after = [process.listenerCount("uncaughtException"), Object.keys(globalThis).length];
    expect(after).to.deep.equal(before);
  });
});
