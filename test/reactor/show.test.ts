import { inspect } from "node:util";
import { expect } from "chai";
import { withResolvers } from "effection";
import { fibers, fork, sleep, socket } from "cosocket";
import { copas, future, limit, lock, queue, semaphore, timer } from "cosocket/copas";
import { oneLine, shown, textOf, unknownName } from "cosocket/reactor";
import { check } from "../support/check.js";
import { pair } from "../support/pairs.js";

describe("a value in the text of an error", () => {
  class Point {
    x = "secret";
  }
  const named = { handler: () => {} };
  const unnamed: unknown[] = [() => {}, function* () {}, async () => {}, async function* () {}];
  const broken = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no");
      },
    },
  );
  for (const [value, text] of [
    ["5", '"5"'],
    [5, "5"],
    [-0, "-0"],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [5n, "5n"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    ["a\n\0", '"a\\n\\u0000"'],
    ["x".repeat(1000), `"${"x".repeat(60)}"... (1000 characters)`],
    [`${"x".repeat(59)}😀`, `"${"x".repeat(59)}"... (61 characters)`],
    [10n ** 99n, `1${"0".repeat(59)}...n`],
    [{}, "an empty object"],
    [{ host: "secret", port: 1 }, "an object { host, port }"],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, "an object { a, b, c, d, ... }"],
    [Object.create(null), "an empty object"],
    [[], "an empty array"],
    [[1, "a"], '[1, "a"]'],
    [[1, 2, 3, 4], "an array of 4"],
    [[{}], "an array of 1"],
    [Buffer.from("secret"), "a Buffer of 6 bytes"],
    [new Uint16Array(2), "a Uint16Array of 4 bytes"],
    [new Map([["secret", 1]]), "a Map"],
    [new Error("secret"), "an Error"],
    [new Point(), "a Point"],
    [new URL("http://user:secret@host/"), "a URL"],
    [Promise.resolve(), "a promise"],
    [Point, "class Point"],
    [class {}, "class"],
    [named.handler, "function handler"],
    [unnamed[0], "a function"],
    [unnamed[1], "a function*"],
    [unnamed[2], "an async function"],
    [unnamed[3], "an async function*"],
    [broken, "something that cannot be shown"],
    [
      (function* () {})(),
      "a generator, which calling a generator function gives: pass the function itself, or write `yield*` before the call",
    ],
    [
      [undefined, "timeout", "half"],
      'a result that is the error "timeout": look at it first, as in const [value, err] = yield* ...',
    ],
  ] as [unknown, string][])
    it(`is shortly ${text}`, () => {
      expect(shown(value)).to.equal(text);
    });

  it("is its one line if it is an object of this package, also in a result", () => {
    const udp = socket.udp();
    expect(shown(udp)).to.equal("udp{unconnected}");
    expect(shown([udp])).to.equal(
      "a result, with udp{unconnected} in it: take it apart, as in const [value, err] = yield* ...",
    );
    expect(shown(socket.bind("127.0.0.1", 0))).to.equal(
      "[operation: bind 127.0.0.1:0; not performed: write `yield*` before it]",
    );
  });
});

describe("a name that there is not", () => {
  const options = ["name", "maxConnections", "grace", "handshakeTimeout", "tcp-nodelay", "*line"];
  for (const [given, meant] of [
    ["grcae", "grace"],
    ["Grace", "grace"],
    ["max_connections", "maxConnections"],
    ["maxconnection", "maxConnections"],
    ["TCP_NODELAY", "tcp-nodelay"],
    ["nodelay", "tcp-nodelay"],
    ["timeout", "handshakeTimeout"],
    ["nmae", "name"],
    ["line", "*line"],
  ] as const)
    it(`${given} is probably ${meant}`, () => {
      expect(unknownName(given, options)).to.match(
        new RegExp(
          `^"${given}": did you mean "${meant.replace("*", "\\*")}"\\? There are "name", `,
        ),
      );
    });

  it("that is near to none is told those that there are", () => {
    expect(unknownName("zzz", ["a", "b"])).to.equal('"zzz": there are "a", "b"');
    expect(unknownName("", ["a"])).to.equal('"": there are "a"');
    expect(unknownName(5, ["a"])).to.equal('5: there are "a"');
    expect(unknownName("x".repeat(100_000), options)).to.match(/there are "name"/);
  });

  it("is answered without a long list if it is near to one", () => {
    const many = Array.from({ length: 50 }, (_, i) => `option-${i}-${"x".repeat(i)}`);
    expect(unknownName("option0", many)).to.equal('"option0": did you mean "option-0-"?');
    expect(unknownName("zzz", many)).to.match(/there are "option-0-", "option-1-x", /);
  });
});

describe("an object of this package as text", () => {
  it("is one line for console.log, for String and in JSON", () => {
    class Thing {
      constructor(readonly inside: unknown) {}
      toString(): string {
        return "a thing";
      }
      static {
        oneLine(this.prototype);
      }
    }
    const thing = new Thing({ engine: "secret" });
    expect(inspect([thing])).to.equal("[ a thing ]");
    expect(JSON.stringify({ thing })).to.equal('{"thing":"a thing"}');
  });

  it("of an operation says that it was not performed, as long as it is not", () =>
    check(function* () {
      const [client, peer] = yield* pair();
      const hint = "; not performed: write `yield*` before it]";
      for (const operation of [client.receive(), client.send("x"), peer.flush(), fork(() => [])]) {
        expect(String(operation)).to.match(/^\[operation: /);
        for (const text of [
          String(operation),
          inspect(operation),
          JSON.parse(JSON.stringify(operation)),
        ])
          expect(text.endsWith(hint), text).to.equal(true);
      }
      const line = client.receive();
      yield* fork(() => line);
      yield* sleep(0);
      expect(String(line)).to.match(/^\[operation: receive\("\*l"\) on tcp\{client\} [^;]*\]$/);
    }));

  it("of the objects of copas, a fiber's entry, a TLS context or a world is no engine", () =>
    check(function* () {
      const client = socket.tcp();
      const held = lock.new();
      yield* held.get();
      const items = yield* queue.new({ name: "items" });
      const clock = yield* timer.new({ name: "clock", delay: 60, callback: () => {} });
      const result = yield* future.addthread(() => 5);
      const list = [
        client,
        held,
        items,
        clock,
        result,
        semaphore.new(2),
        yield* limit.new(2),
        copas.loop(),
        socket.tls.newcontext({}),
        fibers()[0]!,
      ];
      for (const each of list) {
        expect(inspect(each)).to.equal(String(each));
        expect(String(each)).to.match(/^[^\n{]*(\{master\})?$/);
        expect(() => JSON.stringify(each)).not.to.throw();
      }
      expect([held, items, clock].map(String)).to.deep.equal([
        "lock (held)",
        "queue items (0 items)",
        "timer clock (armed)",
      ]);
      expect(String(result)).to.match(/^future of thread_\d+ \(pending\)$/);
      const entry = JSON.parse(JSON.stringify(fibers()[0])) as object;
      expect(entry).to.include({ name: "clock", state: "ready" });
      client.close();
      held.release();
      clock.cancel();
    }));
});

describe("what was thrown, as text", () => {
  const fails = (): never => {
    throw new Error("no");
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const circular: unknown[] = [];
  circular.push(circular);
  const cases: [what: string, thrown: unknown, text: string][] = [
    ["an Error", new RangeError("too long"), "RangeError: too long"],
    ["a string", "plain", "plain"],
    ["undefined", undefined, "undefined"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["a plain object", { code: 7, at: { port: 80 } }, "{ code: 7, at: { port: 80 } }"],
    ["a result", [undefined, "timeout"], "[ undefined, 'timeout' ]"],
    ["a circular array", circular, "<ref *1> [ [Circular *1] ]"],
    ["a class", class Problem {}, "[class Problem]"],
    ["an object with a text of its own", { toString: () => "mine" }, "mine"],
    [
      "an object whose toString throws",
      { code: 7, toString: fails },
      "{ code: 7, toString: [Function: fails] }",
    ],
    [
      "an object without a prototype",
      Object.assign(Object.create(null), { code: 7 }),
      "[Object: null prototype] { code: 7 }",
    ],
    ["a revoked proxy", proxy, "<Revoked Proxy>"],
    [
      "what cannot be inspected",
      { toString: fails, [inspect.custom]: fails },
      "an object { toString }",
    ],
    [
      "what nothing can be asked of",
      new Proxy({ [inspect.custom]: fails }, { get: fails, getPrototypeOf: fails, ownKeys: fails }),
      "something that cannot be shown",
    ],
  ];
  for (const [what, thrown, text] of cases)
    it(`${what} is ${text}`, () => expect(textOf(thrown)).to.equal(text));

  it("says how a fiber has ended", () =>
    check(function* () {
      const ended = withResolvers<void>();
      const fiber = yield* fork(
        function* () {
          yield* sleep(0);
          throw { code: 7 };
        },
        { boundary: () => ended.resolve() },
      );
      yield* ended.operation;
      yield* sleep(0);
      expect(fiber.ending).to.equal("failed: { code: 7 }");
    }));
});
