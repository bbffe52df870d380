import { createServer } from "node:http";
import { expect } from "chai";
import {
  call,
  type Effect,
  type Operation,
  sleep as effectionSleep,
  suspend,
  until as awaiting,
} from "effection";
import { type Fiber, fork, nodeHandler, serve, sleep, socket, type Tcp, within } from "cosocket";
import { dump, type FiberFacts, inspect, record, snapshot, totals } from "cosocket/inspect";
import { operation, PENDING, Wait } from "cosocket/reactor";
import { settle, simulate } from "cosocket/testing";
import * as promises from "cosocket/promises";
import { check } from "../../support/check.js";
import { until } from "../../support/pairs.js";
import { Events } from "../../support/web.js";

/** Yields it as it is. */
function performing(effect: Effect<never>): () => Operation<void> {
  return function* () {
    yield effect as never;
  };
}

/** A wait that cannot be looked at. */
class Broken extends Wait<void> {
  override get description(): string {
    throw new Error("it cannot be looked at");
  }
  override get kind(): never {
    throw new Error("it cannot be looked at");
  }
  protected override attempt(): typeof PENDING {
    return PENDING;
  }
  protected override enlist(): void {}
  protected override leave(): void {}
}

/** Of those with one of these names. */
function named(...names: string[]): FiberFacts[] {
  return snapshot().fibers.filter(({ name }) => names.includes(name));
}

function* listening(handler: (client: Tcp) => Operation<void>): Operation<[Fiber<void>, number]> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  const port = server.getsockname()[1] as number;
  const fiber = yield* fork(() => serve(server, handler, { name: "echo" }), { name: "service" });
  return [fiber, port];
}

describe("snapshot", () => {
  it("lists fibers with the ids of their parents, and what they wait for, as data that JSON takes", () =>
    check(function* () {
      const parent = yield* fork(
        function* () {
          yield* fork(() => sleep(30), { name: "child" });
          yield* sleep(60);
        },
        { name: "parent" },
      );
      yield* sleep(0);
      const shot = snapshot();
      expect(JSON.parse(JSON.stringify(shot))).to.deep.equal(shot);
      const [first, second] = shot.fibers.filter(({ name }) => ["parent", "child"].includes(name));
      expect(first).to.include({ id: parent.id, name: "parent", state: "parked", kind: "timer" });
      expect(second).to.include({ parent: parent.id, name: "child", waitsFor: "sleep(30)" });
      expect(second!.since).to.be.within(0, shot.now);
      expect(second!.until! - second!.since!).to.be.closeTo(30, 1e-6);
      expect(second!.born).to.be.within(second!.since! - 0.02, second!.since!);
      yield* parent.halt();
    }));

  it("tells until when a fiber waits that has put a deadline around an operation", () =>
    check(function* () {
      const fiber = yield* fork(
        () =>
          within(30, function* () {
            yield* within(Infinity, () => sleep(60));
          }),
        { name: "limited" },
      );
      yield* sleep(0);
      const shot = snapshot();
      const [outer, ...inner] = shot.fibers.filter(
        ({ id, waitsFor }) => id === fiber.id || waitsFor === "within(Infinity)",
      );
      expect(outer).to.include({ name: "limited", waitsFor: "within(30)" });
      expect(outer!.until! - outer!.since!).to.be.closeTo(30, 1e-3);
      expect(inner.map(({ until }) => until)).to.deep.equal([null]);
      yield* fiber.halt();
    }));

  it("lists fibers as a tree also where Effection drives one, or has an operation between two", () =>
    check(function* () {
      const parent = yield* fork(
        function* () {
          yield* effectionSleep(0);
          yield* fork(
            function* () {
              yield* fork(() => suspend(), { name: "grandchild" });
              yield* suspend();
            },
            { name: "child" },
          );
          yield* sleep(60);
        },
        { name: "parent" },
      );
      while (named("grandchild").length === 0) yield* effectionSleep(0);
      yield* settle();
      const [one, two, three] = named("parent", "child", "grandchild");
      expect([two!.parent, three!.parent]).to.deep.equal([one!.id, two!.id]);
      expect([one!.state, one!.waitsFor, one!.kind]).to.deep.equal([
        "promoted",
        "sleep(60)",
        "timer",
      ]);
      expect([two!.waitsFor, two!.kind, two!.until]).to.deep.equal(["suspend", null, null]);
      expect(one!.until! - one!.since!).to.be.closeTo(60, 1e-6);
      yield* parent.halt();
    }));

  it("lists open sockets with their addresses, bytes, queues, and the fibers that wait on them", () =>
    check(function* () {
      const [service, port] = yield* listening(function* (client) {
        client.settimeout(10);
        yield* client.receive(3);
        yield* client.receive("*l");
      });
      const client = socket.try(yield* socket.connect("127.0.0.1", port));
      yield* client.send("abc12");
      yield* until(() => snapshot().sockets.some(({ unread }) => unread === 2));
      const { sockets, fibers, servers } = snapshot();
      const mine = client.getsockname()[1] as number;
      const inside = sockets.find(({ incoming }) => incoming)!;
      const handler = fibers.find(({ socket }) => socket === inside.id)!;
      expect(inside).to.include({
        domain: "tcp",
        role: "client",
        local: `127.0.0.1:${port}`,
        peer: `127.0.0.1:${mine}`,
        tls: null,
        closing: false,
        fiber: handler.id,
        received: 5,
        sent: 0,
        unread: 2,
        readers: 1,
        writers: 0,
      });
      expect(handler.waitsFor).to.equal(`receive("*l") on ${inside.name}`);
      expect(handler.until! - handler.since!).to.be.closeTo(10, 1e-6);
      const outside = sockets.find(({ incoming, role }) => !incoming && role === "client")!;
      expect(outside).to.include({ peer: `127.0.0.1:${port}`, sent: 5, fiber: null });
      expect(servers).to.have.length(1);
      expect(servers[0]).to.include({
        name: "echo",
        address: `127.0.0.1:${port}`,
        served: true,
        accepted: 1,
        live: 1,
        errors: 0,
        refused: 0,
        waiting: 0,
      });
      // The same socket has the same number.
      expect(snapshot().sockets.map(({ id }) => id)).to.deep.equal(sockets.map(({ id }) => id));
      client.close();
      yield* service.halt();
      expect(snapshot().sockets).to.deep.equal([]);
    }));

  it("counts a server's connections: accepted, refused, that wait, that have a handler, whose handler failed", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0, 2));
      const port = server.getsockname()[1] as number;
      const clients: Tcp[] = [];
      for (let i = 0; i < 4; i++) {
        // Those that are refused may have been so by then.
        const [client] = yield* socket.connect("127.0.0.1", port);
        if (client) clients.push(client);
      }
      yield* until(() => snapshot().servers[0]!.refused === 2);
      const counts = (): object => {
        const [{ accepted, refused, waiting, live, errors, served } = {}] = snapshot()
          .servers as Partial<ReturnType<typeof snapshot>["servers"][number]>[];
        return { accepted, refused, waiting, live, errors, served };
      };
      const none = { live: 0, errors: 0, served: false };
      expect(counts()).to.deep.equal({ accepted: 2, refused: 2, waiting: 2, ...none });
      let failed = 0;
      const service = yield* fork(() =>
        serve(
          server,
          function* (client) {
            const [line] = yield* client.receive();
            throw new Error(line);
          },
          { errorhandler: () => void failed++ },
        ),
      );
      yield* clients[0]!.send("it fails\n");
      yield* until(() => failed > 0 && snapshot().servers[0]!.live === 1);
      expect(counts()).to.deep.equal({
        accepted: 2,
        refused: 2,
        waiting: 0,
        live: 1,
        errors: 1,
        served: true,
      });
      for (const client of clients) client.close();
      yield* service.halt();
    }));

  it("lists Unix, UDP and stream objects, and no socket that is closed, was kept by nobody, or never was", () =>
    check(function* () {
      const udp = socket.udp();
      const unused = socket.tcp();
      expect(snapshot().sockets).to.deep.equal([]);
      socket.try(yield* udp.setsockname("127.0.0.1", 0));
      const { sockets } = snapshot();
      expect(sockets).to.have.length(1);
      const [, port] = udp.getsockname();
      expect(sockets[0]).to.include({
        domain: "udp",
        role: "unconnected",
        local: `127.0.0.1:${port}`,
        peer: null,
      });
      udp.close();
      unused.close();
      const refused = yield* socket.connect("127.0.0.1", 1);
      expect(refused[1]).to.equal("connection refused");
      expect(snapshot().sockets).to.deep.equal([]);
    }));

  it("lists connections that a server of Node's handles, with the fiber of serve, and streams that were given away", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const port = server.getsockname()[1] as number;
      const node = createServer((_request, response) => void response.write("more"));
      const service = yield* fork(() => serve(server, nodeHandler(node), { name: "web" }));
      const client = socket.try(yield* socket.connect("127.0.0.1", port));
      yield* client.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
      yield* client.receive("*l");
      const mine = client.getsockname()[1] as number;
      const of = (incoming: boolean) =>
        snapshot().sockets.filter((one) => one.role === "client" && one.incoming === incoming);
      const [given, ...others] = of(true);
      expect(others).to.deep.equal([]);
      expect(given).to.include({
        ...{
          domain: "tcp",
          role: "client",
          tls: null,
          fiber: named("web")[0]!.id,
          received: 30,
          unread: 0,
        },
        ...{ local: `127.0.0.1:${port}`, peer: `127.0.0.1:${mine}` },
        name: `tcp{client} 127.0.0.1:${port}<-127.0.0.1:${mine} (given to Node)`,
      });
      expect(given!.sent).to.be.above(0);
      const stream = yield* fork(function* () {
        const own = socket.try(yield* socket.connect("127.0.0.1", port));
        own.duplex();
        yield* suspend();
      });
      yield* until(() => of(false).length === 2);
      expect(of(false).at(-1)).to.include({ fiber: stream.id, peer: `127.0.0.1:${port}` });
      expect(new Set(snapshot().sockets.map(({ id }) => id)).size).to.equal(5);
      yield* stream.halt();
      client.close();
      yield* service.halt();
      yield* until(() => snapshot().sockets.length === 0);
    }));

  it("lists what promises wait for without a fiber", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const waits = promises.promised(server).accept();
      yield* settle();
      const [one] = snapshot().promises;
      expect(one!.waitsFor).to.match(/^accept on tcp\{server\}/);
      server.close();
      const [, err] = yield* awaiting(waits);
      expect(err).to.equal("closed");
    }));

  it("leaves out a fiber with its descendants and what belongs to them", () =>
    check(function* () {
      const [service, port] = yield* listening(() => suspend());
      const client = socket.try(yield* socket.connect("127.0.0.1", port));
      yield* until(() => snapshot().sockets.length === 3);
      yield* settle();
      const all = snapshot();
      const rest = snapshot({ without: service });
      expect(all.fibers.length - rest.fibers.length).to.equal(3);
      expect(rest.sockets.map(({ incoming }) => incoming)).to.deep.equal([false]);
      expect(rest.servers).to.deep.equal([]);
      client.close();
      yield* service.halt();
    }));

  it("says of a wait of the program's own that throws when it is looked at that it cannot be shown, and of long words their beginning", () =>
    check(function* () {
      const [inspector] = yield* inspect({ port: 0 });
      const recording = record();
      const broken = (): never => {
        throw new Error("it cannot be looked at");
      };
      const enter = () => (discarded: (result: object) => void) => discarded({ ok: true });
      const thrower = { description: "", enter } as unknown as Effect<never>;
      Object.defineProperty(thrower, "description", { get: broken });
      const long = "\u{1f40c}".repeat(20_000);
      const fibersOf = [
        yield* fork(() => new Broken(), { name: "own" }),
        yield* fork(performing(thrower), { name: "effect" }),
        yield* fork(() => operation(long, () => suspend()), { name: long }),
        yield* fork(() => sleep(1000)),
      ];
      fibersOf[3]!.name = 5 as never;
      const joiner = yield* fork(() => fibersOf[2]!, { name: "joiner" });
      yield* until(() => fibersOf.every(({ state }) => ["parked", "promoted"].includes(state)));
      const [one, two] = named("own", "effect");
      for (const each of [one, two])
        expect(each!.waitsFor).to.equal("something that cannot be shown");
      for (const text of [dump(), recording.text(), JSON.stringify(snapshot())]) {
        expect(text).to.include("own").and.include("\u{1f40c}...");
        expect(text.length).to.be.below(50_000);
      }
      const page = yield* call(() => Events.open(`${inspector!.url}events`));
      yield* call(() => page.next());
      page.close();
      recording.stop();
      for (const fiber of [joiner, ...fibersOf]) yield* fiber.halt();
    }));

  it("refuses options that there are not", () => {
    expect(() => snapshot({ path: true } as object)).to.throw(TypeError, /path.*paths/);
  });

  it("lists the sockets of a simulation while that runs, and they are forgotten with it", async () => {
    const run = await simulate({ leaks: true }, function* (world) {
      yield* world.host("server", function* () {
        const server = socket.try(yield* socket.bind("*", 7777));
        yield* serve(server, () => suspend());
      });
      yield* sleep(1);
      socket.try(yield* socket.connect("server", 7777));
      yield* sleep(1);
      const { sockets, reactor } = snapshot();
      return [sockets.length, reactor.transport, totals().open];
    });
    expect(run.value).to.deep.equal([3, "simulated", 3]);
    expect(snapshot().sockets).to.deep.equal([]);
  });
});
