/** Connecting to a name with several addresses, as RFC 8305 has it. */
import fc from "fast-check";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { getDefaultAutoSelectFamily, setDefaultAutoSelectFamily } from "node:net";
import { fork, sleep, socket, type Tcp, type TcpConnectOptions } from "cosocket";
import { copas } from "cosocket/copas";
import { simulate, type World } from "cosocket/testing";
import {
  type Answer,
  type ManyAddresses,
  manyAddresses,
  openAt,
} from "../../support/many-addresses.js";
import { firstSeed, runs } from "../../support/counts.js";

const DELAY = 0.25;
const REFUSED = { after: 0.001, code: "ECONNREFUSED" };
const UNREACHABLE = { after: 0.002, code: "ENETUNREACH" };
const SOON = { after: 0.001 };
const [A, B, C] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
const [X, Y, Z] = ["2001:db8::1", "2001:db8::2", "2001:db8::3"] as const;

type Script = readonly (readonly [string, Answer])[];

/** In a simulated world where every name has these addresses. */
function among(
  script: Script,
  body: (many: ManyAddresses, world: World) => Operation<unknown>,
): Promise<unknown> {
  return simulate({}, function* (world) {
    const many = yield* manyAddresses(world, script);
    yield* body(many, world);
    expect([...many.underWay], "nothing is left under way").to.deep.equal([]);
  });
}

/** Connect, and see which error there was, and how long it took. */
function* timed(
  world: World,
  client: Tcp,
  options?: TcpConnectOptions,
): Operation<[error: string | undefined, seconds: number]> {
  const began = world.now();
  const [, error] = yield* client.connect("many.test", 7, options);
  return [error, world.now() - began];
}

/** When each was tried, after the first. */
function order({ tried }: ManyAddresses): [address: string, seconds: number][] {
  return tried.map(([address, at]) => [address, Math.round((at - tried[0]![1]) * 1e6) / 1e6]);
}

function* newClient(): Operation<Tcp> {
  const client = socket.tcp();
  yield* ensure(() => void client.close());
  return client;
}

describe("connecting to a name with several addresses", () => {
  it("takes a quarter of a second, and not the timeout, where the first is a black hole", () =>
    simulate(
      // The addresses of the hosts in the order in which they come.
      { names: { many: ["10.0.0.2", "10.0.0.3"], one: "10.0.0.3" } },
      function* (world) {
        yield* world.host("hole", () => sleep(Infinity));
        yield* world.host("server", function* () {
          const server = socket.try(yield* socket.bind("*", 7));
          for (;;) socket.try(yield* server.accept());
        });
        yield* sleep(0);
        world.partition("home", "hole");
        const took = function* (host: string): Operation<number> {
          const [client, began] = [socket.tcp(), world.now()];
          client.settimeout(60);
          expect(yield* client.connect(host, 7)).to.deep.equal([1]);
          expect(client.getpeername()[0]).to.equal("10.0.0.3");
          client.close();
          return world.now() - began;
        };
        const direct = yield* took("one");
        expect(yield* took("many")).to.be.closeTo(direct + DELAY, 1e-9);
      },
    ));

  it("lets families take turns, the first of them that of the first address", () =>
    among(
      [
        [X, "nothing"],
        [Y, "nothing"],
        [Z, "nothing"],
        [A, "nothing"],
        [B, SOON],
      ],
      function* (many, world) {
        const client = yield* newClient();
        const [error, seconds] = yield* timed(world, client);
        expect(error).to.equal(undefined);
        expect(order(many)).to.deep.equal([
          [X, 0],
          [A, 0.25],
          [Y, 0.5],
          [B, 0.75],
        ]);
        expect(seconds).to.be.closeTo(0.751, 1e-6);
      },
    ));

  it("closes those that lose, also one that is connected in the same moment", () =>
    among(
      [
        [A, { after: 0.3 }],
        [B, { after: 0.05 }],
        [C, SOON],
      ],
      function* (many) {
        const client = yield* newClient();
        expect(yield* client.connect("many.test", 7)).to.deep.equal([1]);
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 0.25],
        ]);
        expect(yield* openAt(many.server)).to.equal(1);
      },
    ));

  it("goes on at once when one has failed, whatever is under way", () =>
    among(
      [
        [A, "nothing"],
        [X, REFUSED],
        [B, REFUSED],
        [Y, SOON],
      ],
      function* (many, world) {
        const client = yield* newClient();
        expect((yield* timed(world, client))[0]).to.equal(undefined);
        expect(order(many)).to.deep.equal([
          [A, 0],
          [X, 0.25],
          [B, 0.251],
          [Y, 0.252],
        ]);
      },
    ));

  it("tells the error of the resolver's last address when all fail, as LuaSocket does", () =>
    among(
      [
        [X, REFUSED],
        [Y, UNREACHABLE],
        [A, { after: 0.1, code: "EHOSTUNREACH" }],
      ],
      function* (many, world) {
        const client = yield* newClient();
        for (const options of [{}, { autoSelectFamily: false }]) {
          many.tried.length = 0;
          expect((yield* timed(world, client, options))[0]).to.equal("no route to host");
          expect(client.lastError).to.have.property("code", "EHOSTUNREACH");
          expect(many.tried.map(([address]) => address)).to.deep.equal(
            options.autoSelectFamily === false ? [X, Y, A] : [X, A, Y],
          );
        }
      },
    ));

  it("is bounded as a whole by the timeouts; the attempts go on, and a later call waits for them", () =>
    among(
      [
        [A, "nothing"],
        [B, { after: 12 }],
      ],
      function* (many, world) {
        for (const mode of ["b", "t"] as const) {
          const client = yield* newClient();
          client.settimeout(10, mode);
          const [error, seconds] = yield* timed(world, client);
          expect([error, seconds]).to.deep.equal(["timeout", 10]);
          expect([...many.underWay]).to.deep.equal([A, B]);
          const [later, more] = yield* timed(world, client);
          expect(later).to.equal(undefined);
          expect(more).to.be.closeTo(2.25, 1e-6);
          client.close();
        }
      },
    ));

  it("gives each address its share of a short timeout", () =>
    among(
      [
        [A, "nothing"],
        [B, "nothing"],
        [C, { after: 0.05 }],
      ],
      function* (many, world) {
        const client = yield* newClient();
        client.settimeout(0.3);
        expect((yield* timed(world, client))[0]).to.equal(undefined);
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 0.1],
          [C, 0.2],
        ]);
      },
    ));

  it("never tries two within ten milliseconds, but where one has failed", () =>
    among(
      [
        [A, "nothing"],
        [B, "nothing"],
        [C, "nothing"],
      ],
      function* (many, world) {
        const client = yield* newClient();
        client.settimeout(0.015);
        expect((yield* timed(world, client))[0]).to.equal("timeout");
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 0.01],
        ]);
        client.close();
      },
    ));

  it("tries one after the other where nothing is waited for: with a timeout of 0", () =>
    among(
      [
        [A, { ...REFUSED, after: 3 }],
        [B, SOON],
      ],
      function* (many) {
        const client = yield* newClient();
        client.settimeout(0);
        const connect = function* () {
          return (yield* client.connect("many.test", 7))[1];
        };
        expect(yield* connect()).to.equal("timeout");
        yield* sleep(1);
        expect(yield* connect()).to.equal("timeout");
        expect(order(many)).to.deep.equal([[A, 0]]);
        expect(yield* socket.select([], [client])).to.deep.equal([[], [client]]);
        expect(yield* connect()).to.equal("timeout");
        expect(yield* socket.select([], [client])).to.deep.equal([[], [client]]);
        expect(yield* connect()).to.equal(undefined);
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 3],
        ]);
      },
    ));

  it("goes on with what a call without waiting has begun", () =>
    among(
      [
        [A, "nothing"],
        [B, SOON],
      ],
      function* (many) {
        const client = yield* newClient();
        client.settimeout(0);
        expect((yield* client.connect("many.test", 7))[1]).to.equal("timeout");
        yield* sleep(0.1);
        client.settimeout(5);
        expect(yield* client.connect("many.test", 7)).to.deep.equal([1]);
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 0.25],
        ]);
      },
    ));

  it("tries one after the other, each under the block timeout, with autoSelectFamily false", () =>
    among(
      [
        [X, "nothing"],
        [Y, REFUSED],
        [A, SOON],
      ],
      function* (many, world) {
        const client = yield* newClient();
        client.settimeout(4);
        expect((yield* timed(world, client, { autoSelectFamily: false }))[0]).to.equal(undefined);
        expect(order(many)).to.deep.equal([
          [X, 0],
          [Y, 4],
          [A, 4.001],
        ]);
      },
    ));

  it("waits as long between two attempts as autoSelectFamilyAttemptTimeout says", () =>
    among(
      [
        [A, "nothing"],
        [B, SOON],
      ],
      function* (many, world) {
        const client = yield* newClient();
        yield* timed(world, client, { autoSelectFamilyAttemptTimeout: 0.1 });
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 0.1],
        ]);
      },
    ));

  it("takes only the addresses of the object's family", () =>
    among(
      [
        [X, REFUSED],
        [A, REFUSED],
        [Y, "nothing"],
        [B, SOON],
      ],
      function* (many) {
        for (const [client, expected] of [
          [socket.tcp4(), [A, B]],
          [socket.tcp6(), [X, Y]],
        ] as const) {
          many.tried.length = 0;
          client.settimeout(1);
          yield* client.connect("many.test", 7);
          expect(many.tried.map(([address]) => address)).to.deep.equal(expected);
          client.close();
        }
      },
    ));

  it("is waited for by several tasks, and each address is tried once", () =>
    among(
      [
        [A, "nothing"],
        [B, "nothing"],
        [C, SOON],
      ],
      function* (many) {
        const client = yield* newClient();
        const waiting = [];
        for (let i = 0; i < 3; i++) {
          waiting.push(yield* fork(() => client.connect("many.test", 7)));
          yield* sleep(0.1);
        }
        yield* waiting[0]!.halt();
        for (const fiber of waiting.slice(1)) expect(yield* fiber).to.deep.equal([1]);
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 0.25],
          [C, 0.5],
        ]);
        expect(many.lookups).to.equal(1);
      },
    ));

  it("is called off as a whole: halted, or closed, whenever that is", async () => {
    for (const end of ["halt", "close"] as const)
      for (const after of [0, 0.1, 0.25, 0.3, 0.5])
        await among(
          [
            [A, "nothing"],
            [X, { after: 9, code: "ECONNREFUSED" }],
            [B, { after: 9 }],
          ],
          function* (many) {
            const client = yield* newClient();
            const connecting = yield* fork(() => client.connect("many.test", 7));
            yield* sleep(after);
            if (end === "halt") yield* connecting.halt();
            else {
              client.close();
              expect((yield* connecting)[1]).to.equal("closed");
            }
            expect([...many.underWay]).to.deep.equal([]);
            expect(yield* openAt(many.server)).to.equal(0);
            if (end === "halt") {
              client.settimeout(0.1);
              expect((yield* client.connect("many.test", 7))[1]).to.equal("timeout");
              client.close();
            }
          },
        );
  });

  it("comes from the address and port that it is bound to, each attempt", () =>
    among(
      [
        [A, "nothing"],
        [B, SOON],
      ],
      function* (many, world) {
        const client = yield* newClient();
        yield* client.bind("127.0.0.1", 5000);
        expect((yield* timed(world, client))[0]).to.equal(undefined);
        expect(order(many)).to.deep.equal([
          [A, 0],
          [B, 0.25],
        ]);
      },
    ));

  it("takes one place of a pool, and gives it back", () =>
    among(
      [
        [A, "nothing"],
        [B, SOON],
        [C, "nothing"],
      ],
      function* (_many, world) {
        const options = { pool_size: 1, backlog: 1 };
        const [first, second] = [yield* newClient(), yield* newClient()];
        expect((yield* timed(world, first, options))[0]).to.equal(undefined);
        const waiting = yield* fork(() => second.connect("many.test", 7, options));
        yield* sleep(1);
        expect(waiting.state).to.equal("parked");
        first.close();
        expect(yield* waiting).to.deep.equal([1]);
      },
    ));

  it("is the same by Copas's connect, and by socket.connect", () =>
    among(
      [
        [A, "nothing"],
        [B, SOON],
      ],
      function* (many) {
        const client = copas.wrap(yield* newClient());
        expect(yield* copas.connect(client, "many.test", 7)).to.deep.equal([1]);
        const other = socket.try(yield* socket.connect("many.test", 7));
        yield* ensure(() => void other.close());
        expect(order(many).map(([address]) => address)).to.deep.equal([A, B, A, B]);
      },
    ));

  it("is one after the other where Node's default says so, unless the call says otherwise", () =>
    among(
      [
        [A, "nothing"],
        [B, SOON],
      ],
      function* (many, world) {
        const byDefault = getDefaultAutoSelectFamily();
        setDefaultAutoSelectFamily(false);
        yield* ensure(() => setDefaultAutoSelectFamily(byDefault));
        for (const [options, seconds] of [
          [{}, 4],
          [{ autoSelectFamily: true }, DELAY],
        ] as const) {
          many.tried.length = 0;
          const client = yield* newClient();
          client.settimeout(4);
          yield* timed(world, client, options);
          expect(order(many)).to.deep.equal([
            [A, 0],
            [B, seconds],
          ]);
        }
      },
    ));

  it("refuses options that mean nothing, and Unix has none of these", () => {
    const tcp = socket.tcp();
    for (const wrong of [1, "yes", null])
      expect(() => tcp.connect("h", 1, { autoSelectFamily: wrong as never })).to.throw(
        TypeError,
        "autoSelectFamily is true or false",
      );
    for (const wrong of [250, 0, -1, NaN, "1", 0.001, Infinity])
      expect(() =>
        tcp.connect("h", 1, { autoSelectFamilyAttemptTimeout: wrong as never }),
      ).to.throw(TypeError, "is a number of seconds from 0.01 to 2");
    expect(() => socket.unix().connect("/x", { autoSelectFamily: true } as never)).to.throw(
      TypeError,
      "autoSelectFamily",
    );
  });
});

// ---- a model --------------------------------------------------------------------------------------------------------

interface Case {
  script: [string, Answer][];
  delay: number;
  /** Block timeout; Infinity: none. */
  timeout: number;
}

const CODES = {
  ECONNREFUSED: "connection refused",
  ENETUNREACH: "network is unreachable",
  EHOSTUNREACH: "no route to host",
};

/** What is to happen: whom it tries when, and what comes of it when. */
function expected({
  script,
  delay,
  timeout,
}: Case): [tried: [string, number][], result: string, at: number] {
  const left = [...script];
  const queue: typeof left = [];
  for (let family = left[0]![0].includes(":"); left.length > 0; family = !family) {
    const at = left.findIndex(([address]) => address.includes(":") === family);
    if (at >= 0) queue.push(...left.splice(at, 1));
  }
  const tried: [string, number][] = [];
  const running: { at: number; address: string; code: string | undefined }[] = [];
  let error = "";
  for (let now = 0, due = 0; ;) {
    if (queue.length > 0 && (running.length === 0 || now >= due)) {
      const [address, answer] = queue.shift()!;
      tried.push([address, now]);
      running.push(
        answer === "nothing"
          ? { at: Infinity, address, code: undefined }
          : { at: now + answer.after, address, code: answer.code },
      );
      due = now + Math.max(Math.min(delay, (timeout - now) / (queue.length + 1)), 0.01);
    }
    if (running.length === 0) return [tried, error, now];
    running.sort((a, b) => a.at - b.at);
    const [next] = running;
    const step = Math.min(next!.at, queue.length > 0 ? due : Infinity, timeout);
    if (step >= timeout) return [tried, "timeout", timeout];
    now = step;
    if (next!.at > step) continue;
    running.shift();
    if (next!.code === undefined) return [tried, next!.address, now];
    if (next!.address === script.at(-1)![0]) error = CODES[next!.code as keyof typeof CODES];
    due = now;
  }
}

/** Times that never coincide with each other's sums, nor with the delays. */
const seconds = fc.integer({ min: 0, max: 40 }).map((n) => 0.0033 + n * 0.0171);
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant("nothing" as const),
  seconds.map((after) => ({ after })),
  fc.record({ after: seconds, code: fc.constantFrom(...Object.keys(CODES)) }),
  fc.record({ after: seconds, code: fc.constantFrom(...Object.keys(CODES)) }),
);
const cases: fc.Arbitrary<Case> = fc.record({
  script: fc
    .uniqueArray(fc.constantFrom(A, B, C, X, Y, Z), { minLength: 1 })
    .chain((addresses) =>
      fc.tuple(...addresses.map((address) => fc.tuple(fc.constant(address), answer))),
    ),
  delay: fc.constantFrom(0.25, 0.25, 0.1, 0.01),
  timeout: fc.constantFrom(Infinity, 1.00071, 0.31313, 0.0501),
});

describe("random addresses", () => {
  it("are tried as a model says, and nothing is left of them", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const [tried, result, at] = expected(one);
        // Nobody is ever to answer, and nobody stops waiting.
        fc.pre(at < Infinity);
        await among(one.script, function* (many, world) {
          const client = yield* newClient();
          client.settimeout(one.timeout);
          const options = { autoSelectFamilyAttemptTimeout: one.delay };
          const [error, took] = yield* timed(world, client, options);
          expect(error ?? many.answered.join()).to.equal(result);
          expect(took).to.be.closeTo(at, 1e-6);
          expect(many.tried.map(([address]) => address)).to.deep.equal(
            tried.map(([address]) => address),
          );
          for (const [i, [, time]] of order(many).entries())
            expect(time).to.be.closeTo(tried[i]![1], 1e-5);
          client.close();
          expect([...many.underWay]).to.deep.equal([]);
          expect(yield* openAt(many.server)).to.equal(0);
        });
      }),
      { numRuns: runs(20, 40), seed: firstSeed(8305) },
    );
  });
});
