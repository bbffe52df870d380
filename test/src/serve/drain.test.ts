/** How a server ends: what handlers see of it, which connections are ended at once, who is served to the end. */
import * as net from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import { call, ensure, type Operation } from "effection";
import {
  type Fiber,
  fork,
  type Handler,
  serve,
  type ServeOptions,
  sleep,
  socket,
  type Tcp,
} from "cosocket";
import { copas } from "cosocket/copas";
import { simulate, type World } from "cosocket/testing";
import { check } from "../../support/check.js";
import { listening, portOf, until } from "../../support/pairs.js";
import { firstSeed, runs } from "../../support/counts.js";
import { authority, identity } from "../../support/transports.js";

const PORT = 7;

interface Ground {
  world: World;
  server: Tcp;
  serving: Fiber<void>;
  /** Connect, and say something. */
  client(says?: string): Operation<Tcp>;
  /** Halt the server, or close it; seconds that it took until the last handler had ended. */
  end(how?: "halt" | "close"): Operation<number>;
}

/** A server in a simulated world, whose handlers end by themselves when their client does. */
function serving(
  handler: Handler,
  options: ServeOptions,
  body: (ground: Ground) => Operation<unknown>,
): Promise<unknown> {
  return simulate({}, function* (world) {
    const server = socket.try(yield* socket.bind("127.0.0.1", PORT));
    const serving = yield* fork(() => serve(server, handler, options));
    yield* body({
      world,
      server,
      serving,
      *client(says) {
        const client = socket.try(yield* socket.connect("127.0.0.1", PORT));
        if (says !== undefined) yield* client.send(says);
        yield* sleep(0.1);
        return client;
      },
      *end(how = "halt") {
        const began = world.now();
        if (how === "halt") yield* serving.halt();
        else {
          server.close();
          yield* serving;
        }
        return Math.round((world.now() - began) * 1000) / 1000;
      },
    });
  });
}

const echo: Handler = function* (client) {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(`${line}\n`);
  }
};

/** A request of two lines, and an answer that takes a second. */
const slow: Handler = function* (client) {
  for (;;) {
    const [first, err] = yield* client.receive();
    if (err) return;
    const [second, failure] = yield* client.receive();
    if (failure) return;
    yield* sleep(1);
    yield* client.send(`${first} ${second}\n`);
  }
};

/** Seconds that a client which has been told the end, and does not close, is waited for. */
const FAREWELL = 1;

const CLOSE: ServeOptions = { grace: 30, idle: "close" };

describe('serve with idle: "close"', () => {
  for (const how of ["halt", "close"] as const) {
    it(`closes at once what is between requests, when the server is ended by a ${how}`, () =>
      serving(echo, CLOSE, function* ({ client, end }) {
        const idle = yield* client("a\n");
        expect((yield* idle.receive())[0]).to.equal("a");
        const told = yield* fork(function* () {
          const [, err] = yield* idle.receive();
          idle.close();
          return err;
        });
        expect(yield* end(how)).to.be.closeTo(0, 0.01);
        expect(yield* told).to.equal("closed");
        expect(idle.lastError).to.equal(undefined);
      }));

    it(`waits for one whose request is here by half, or not answered, and closes it then, after a ${how}`, () =>
      serving(slow, CLOSE, function* ({ client, end }) {
        const [answering, halfway] = [yield* client("a\nb\n"), yield* client("c\n")];
        const later = yield* fork(function* () {
          yield* sleep(3);
          yield* halfway.send("d\n");
          return yield* halfway.receive("*a");
        });
        expect(yield* end(how)).to.be.closeTo(4 + FAREWELL, 0.01);
        expect(yield* answering.receive("*a")).to.deep.equal(["a b\n"]);
        expect(yield* later).to.deep.equal(["c d\n"]);
      }));
  }

  it("waits for a part of a line, also one that the handler has taken by a timeout, and answered with a ping", () =>
    serving(
      function* (client) {
        client.settimeout(1);
        for (let partial = ""; ;) {
          const [line, err, part] = yield* client.receive("*l", partial);
          partial = part ?? "";
          if (err === "closed") return;
          yield* client.send(err ? "ping\n" : `${line}\n`);
        }
      },
      CLOSE,
      function* ({ client, end }) {
        const halfway = yield* client("first\nab");
        yield* sleep(5);
        const later = yield* fork(function* () {
          yield* sleep(2.5);
          yield* halfway.send("c\n");
          return (yield* halfway.receive("*a"))[0];
        });
        expect(yield* end()).to.be.closeTo(2.5 + FAREWELL, 0.01);
        expect(yield* later).to.match(/^first\n(ping\n)+abc\n$/);
      },
    ));

  it("gives one that has said nothing yet five seconds, counted from when it came", () =>
    serving(echo, CLOSE, function* ({ client, end, serving, world }) {
      const old = yield* client();
      yield* sleep(2);
      const young = yield* client();
      const eager = yield* client();
      const saying = yield* fork(function* () {
        yield* sleep(1);
        yield* eager.send("late\n");
        return yield* eager.receive("*a");
      });
      const began = world.now();
      const gone: number[] = [];
      for (const one of [old, young])
        yield* fork(function* () {
          yield* one.receive();
          gone.push(Math.round((world.now() - began) * 10) / 10);
        });
      expect(yield* end()).to.be.closeTo(4.8, 0.01);
      expect(yield* saying).to.deep.equal(["late\n"]);
      yield* sleep(0.1);
      expect(gone).to.deep.equal([2.7, 4.8]);
      expect(serving.over).to.equal(true);
    }));

  it("closes at once one that has been silent for longer than that", () =>
    serving(echo, CLOSE, function* ({ client, end }) {
      yield* client();
      yield* sleep(5);
      expect(yield* end()).to.equal(0);
    }));

  it("does not cut what is still being sent", () =>
    serving(
      function* (client) {
        yield* client.receive();
        yield* fork(() => client.send("x".repeat(300_000)));
        yield* client.receive();
      },
      CLOSE,
      function* ({ client, end }) {
        const reader = yield* client("a\n");
        const reading = yield* fork(function* () {
          yield* sleep(2);
          return (yield* reader.receive("*a"))[0]?.length;
        });
        expect(yield* end()).to.be.within(2 + FAREWELL, 2.1 + FAREWELL);
        expect(yield* reading).to.equal(300_000);
      },
    ));

  it("closes one whose handler comes back to it late, though nothing happens on the connection then", () =>
    serving(
      function* (client) {
        for (;;) {
          const [line, err] = yield* client.receive();
          if (err) return;
          yield* client.send(`${line}\n`);
          yield* sleep(2);
        }
      },
      CLOSE,
      function* ({ client, end }) {
        yield* client("a\n");
        expect(yield* end()).to.be.closeTo(1.9 + FAREWELL, 0.01);
      },
    ));

  it("lets those that are at work go on for the grace, and no longer", () =>
    serving(
      () => sleep(100),
      CLOSE,
      function* ({ client, end }) {
        yield* client("a\n");
        expect(yield* end()).to.equal(30);
      },
    ));

  it("makes room for those that wait to be accepted, which are served, though the server is full", () =>
    serving(echo, { ...CLOSE, maxConnections: 1 }, function* ({ client, end }) {
      const first = yield* client("a\n");
      const waiting = [yield* client("b\n"), yield* client("c\n")];
      const closing = yield* fork(() => end("close"));
      yield* closing;
      expect(yield* first.receive("*a")).to.deep.equal(["a\n"]);
      expect(yield* waiting[0]!.receive("*a")).to.deep.equal(["b\n"]);
      expect(yield* waiting[1]!.receive("*a")).to.deep.equal(["c\n"]);
    }));

  it("does nothing to what has been answered while no end is near", () =>
    serving(echo, CLOSE, function* ({ client, end }) {
      const idle = yield* client("a\n");
      yield* sleep(100);
      yield* idle.send("b\n");
      yield* sleep(1);
      expect(idle.getstats()[0]).to.equal(4);
      yield* end();
    }));

  it("lets a client read its answer whose next request comes when it has been closed", () =>
    check(function* () {
      const server = yield* listening();
      let [answered, over] = [false, false];
      const serving = yield* fork(() =>
        serve(
          server,
          function* (client) {
            yield* client.receive();
            yield* client.send("an answer\n");
            answered = true;
            yield* client.receive();
            over = true;
          },
          CLOSE,
        ),
      );
      const raw = net.connect(portOf(server), "127.0.0.1");
      yield* ensure(() => void raw.destroy());
      // The answer stays in the kernel.
      raw.pause();
      let text = "";
      raw.on("error", (error) => (text += String(error)));
      raw.write("a request\n");
      yield* until(() => answered);
      const halting = yield* fork(() => serving.halt());
      yield* until(() => over);
      // A reset is met by the second one.
      for (const another of ["another\n", "a third\n"])
        yield* call(() => new Promise<void>((resolve) => raw.write(another, () => resolve())));
      raw.on("data", (chunk) => (text += String(chunk))).resume();
      yield* halting;
      yield* until(() => raw.closed);
      expect(text).to.equal("an answer\n");
    }));

  it("works for TLS, and over the real network", () =>
    check(function* () {
      const server = yield* listening();
      const tls = { mode: "server" as const, key: identity.key, certificate: identity.certificate };
      const serving = yield* fork(() => serve(server, echo, { ...CLOSE, tls }));
      yield* sleep(0);
      const client = socket.tcp();
      const options = { tls: { cafile: authority.certificate, servername: "localhost" } };
      socket.try(yield* client.connect("127.0.0.1", portOf(server), options));
      yield* client.send("a\n");
      expect(yield* client.receive()).to.deep.equal(["a"]);
      yield* serving.halt();
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", ""]);
      expect(client.lastError).to.equal(undefined);
      client.close();
    }));

  it("is nothing that a UDP object has, and no other word", () =>
    check(function* () {
      const server = yield* listening();
      expect(() => serve(server, echo, { idle: "halt" as never })).to.throw(
        TypeError,
        'idle must be "close"',
      );
      const udp = socket.udp();
      yield* udp.setsockname("127.0.0.1", 0);
      expect(() => serve(udp, () => {}, { idle: "close" } as never)).to.throw(
        TypeError,
        "no use for idle",
      );
      udp.close();
      server.close();
    }));
});

describe("serve without idle", () => {
  it("waits for the grace, but a handler that heeds isClosing ends by itself", () =>
    serving(
      function* (client) {
        while (!client.isClosing) {
          const [line, err] = yield* client.receive();
          if (err) return;
          yield* sleep(line === "slow" ? 3 : 0);
          yield* client.send(`${line}\n`);
        }
      },
      { grace: 30 },
      function* ({ client, end }) {
        const busy = yield* client("slow\n");
        expect(yield* end()).to.be.closeTo(2.9, 0.01);
        expect(yield* busy.receive("*a")).to.deep.equal(["slow\n"]);
      },
    ));

  it("serves those that wait to be accepted when it is halted, within its grace; without grace they are reset", async () => {
    for (const grace of [0, 10])
      await serving(
        function* (client) {
          const [line] = yield* client.receive();
          yield* sleep(2);
          yield* client.send(`${line}\n`);
        },
        { grace, maxConnections: 1 },
        function* ({ client, end }) {
          const [first, second] = [yield* client("a\n"), yield* client("b\n")];
          expect(yield* end()).to.be.closeTo(grace === 0 ? 0 : 3.8, 0.1);
          expect((yield* first.receive("*a"))[0]).to.equal(grace === 0 ? undefined : "a\n");
          const answer = yield* second.receive("*a");
          expect(answer[0] ?? answer[1]).to.equal(grace === 0 ? "closed" : "b\n");
        },
      );
  });
});

describe("a Copas server that is removed", () => {
  it("tells its handlers so, whose clients go on", () =>
    simulate({}, function* () {
      const told: string[] = [];
      yield* copas.loop(function* () {
        const server = socket.try(yield* socket.bind("127.0.0.1", PORT));
        copas.addserver(server, function* (client: Tcp) {
          told.push(String(client.isClosing));
          yield* client.closing();
          told.push(String(client.isClosing));
          yield* client.send("bye\n");
        });
        const client = socket.try(yield* socket.connect("127.0.0.1", PORT));
        yield* sleep(1);
        copas.removeserver(server);
        expect(yield* client.receive()).to.deep.equal(["bye"]);
        client.close();
      });
      expect(told).to.deep.equal(["false", "true"]);
    }));
});

// ---- a model --------------------------------------------------------------------------------------------------------

/** What a client has done when the server is halted, and does afterwards; in seconds from then. */
interface Visitor {
  /** Requests that were answered before. */
  before: number;
  /** Whether the next has been begun, or is whole. */
  state: "none" | "half" | "whole";
  /** When the rest of it comes; null: never. */
  rest: number | null;
  /** For how long the handler works on it. */
  work: number;
  /** How long ago it came. */
  age: number;
}

/** When the visitor is let go, and whether what it asked last was answered. */
function expected(
  { before, state, rest, work, age }: Visitor,
  grace: number,
): [at: number, answered: boolean] {
  const idle = state === "none" && before > 0;
  const silent = state === "none" && before === 0 ? Math.max(5 - age, 0) : idle ? 0 : Infinity;
  const asked = state === "whole" ? 0 : (rest ?? Infinity);
  if (silent < asked) return [Math.min(silent, grace), false];
  return asked + work < grace ? [asked + work, true] : [grace, false];
}

const visitor: fc.Arbitrary<Visitor> = fc.record({
  before: fc.integer({ min: 0, max: 2 }),
  state: fc.constantFrom("none", "half", "whole"),
  // Nothing happens in the same moment as something else.
  rest: fc.oneof(
    fc.constant(null),
    fc.integer({ min: 0, max: 9 }).map((n) => n + 0.31),
  ),
  work: fc.integer({ min: 0, max: 4 }).map((n) => n + 0.27),
  age: fc.integer({ min: 1, max: 8 }).map((n) => n + 0.13),
});

/** Requests are two lines, the second says for how long to work. */
const working: Handler = function* (client) {
  for (;;) {
    const [name, err] = yield* client.receive();
    if (err) return;
    const [seconds, failure] = yield* client.receive();
    if (failure) return;
    yield* sleep(Number(seconds));
    yield* client.send(`${name} done\n`);
  }
};

describe("random clients of a server that is halted", () => {
  it("are answered, closed and cut when a model says so", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(visitor, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(30, 3.07),
        async (visitors, grace) => {
          await serving(working, { grace, idle: "close" }, function* ({ world, end }) {
            const halted = 9.5;
            const got: { i: number; at: number; answered: boolean }[] = [];
            for (const [i, { before, state, rest, work, age }] of visitors.entries())
              yield* fork(function* () {
                yield* sleep(halted - age);
                const client = socket.try(yield* socket.connect("127.0.0.1", PORT));
                for (let n = 0; n < before; n++) {
                  yield* client.send(`before\n0\n`);
                  expect(yield* client.receive()).to.deep.equal(["before done"]);
                }
                if (state === "half") yield* client.send("this\n");
                const speaking = yield* fork(function* () {
                  // The handler begins when the server is halted.
                  yield* sleep(
                    halted - world.now() + (state === "whole" ? -0.001 : (rest ?? Infinity)),
                  );
                  yield* client.send(`${state === "half" ? "" : "this\n"}${work}\n`);
                });
                const [all, , part] = yield* client.receive("*a");
                got.push({
                  i,
                  at: world.now() - halted,
                  answered: (all ?? part) === "this done\n",
                });
                yield* speaking.halt();
                client.close();
              });
            yield* sleep(halted);
            const took = yield* end();
            yield* sleep(20);
            const wanted = visitors.map((one) => expected(one, grace));
            expect(took).to.be.closeTo(Math.max(...wanted.map(([at]) => at)), 0.01);
            for (const { i, at, answered } of got) {
              expect(answered, `${i} answered`).to.equal(wanted[i]![1]);
              expect(at, `${i} let go`).to.be.closeTo(wanted[i]![0], 0.01);
            }
            expect(got.length).to.equal(visitors.length);
          });
        },
      ),
      { numRuns: runs(20, 40), seed: firstSeed(158) },
    );
  });
});
