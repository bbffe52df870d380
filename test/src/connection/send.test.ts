import { expect } from "chai";
import fc from "fast-check";
import { run } from "effection";
import { type Data, fork, sleep, socket } from "cosocket";
import { settle } from "cosocket/testing";
import { A_MOMENT, check } from "../../support/check.js";
import { clog, pair, rawPair, thrown, until } from "../../support/pairs.js";
import { transports } from "../../support/transports.js";
import { bytes } from "./receive-buffer.test.js";
import { runs, runsAreAsked } from "../../support/counts.js";

/** More than there is room for on any way, and no four bytes of it twice. */
const numbers = Buffer.alloc(16 << 20);
for (let i = 0, words = new Uint32Array(numbers.buffer); i < words.length; i++) words[i] = i;

for (const { name, pair, check } of transports) {
  describe(`send over ${name}`, () => {
    it("gives the index of the last byte; an empty string is 0", () =>
      check(function* () {
        const [client, served] = yield* pair();
        expect(yield* client.send("hello\n")).to.deep.equal([6]);
        expect(yield* client.send("")).to.deep.equal([0]);
        expect(yield* client.send("grün\n")).to.deep.equal([6]);
        expect(yield* client.send(Buffer.of(1, 2, 10))).to.deep.equal([3]);
        expect(yield* client.send(["a", Buffer.from("b"), ["c", "\n"]])).to.deep.equal([4]);
        client.close();
        expect(yield* served.receive("*a")).to.deep.equal(["hello\ngrün\n\x01\x02\nabc\n"]);
      }));

    it("takes a range of bytes as LuaSocket does: 1-based, inclusive, negative from the end, clamped", () =>
      check(function* () {
        const cases: [i: number | undefined, j: number | undefined, sent: string, index: number][] =
          [
            [1, -1, "abcdef", 6],
            [2, 3, "bc", 3],
            [-2, undefined, "ef", 6],
            [undefined, 2, "ab", 2],
            [undefined, -2, "abcde", 5],
            [0, 100, "abcdef", 6],
            [5, 2, "", 4],
            [100, 200, "", 99],
          ];
        const [client, served] = yield* pair();
        for (const [i, j, sent, index] of cases) {
          expect(yield* client.send("abcdef", i, j), `${i}, ${j}`).to.deep.equal([index]);
          yield* client.send("\n");
          expect(yield* served.receive(), `${i}, ${j}`).to.deep.equal([sent]);
        }
      }));

    it("nothing can be sent even when nothing can be, as with LuaSocket", () =>
      check(function* () {
        const [client, served] = yield* pair();
        client.shutdown("send");
        served.close();
        for (const object of [client, served]) {
          expect(yield* object.send("")).to.deep.equal([0]);
          expect(yield* object.send("abc", 3, 2)).to.deep.equal([2]);
          expect(yield* object.send("abc", 3)).to.deep.equal([undefined, "closed", 2]);
        }
      }));

    it("has its own copy: the caller may use its buffer again", () =>
      check(function* () {
        const [client, served] = yield* pair();
        const buffer = Buffer.alloc(4);
        for (const text of ["one\n", "two\n"]) {
          buffer.write(text);
          yield* client.send(buffer);
        }
        buffer.fill(0);
        expect(yield* served.receive()).to.deep.equal(["one"]);
        expect(yield* served.receive()).to.deep.equal(["two"]);
      }));

    it("gathers what is sent in one turn: texts of both encodings and bytes, in order", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* client.send("ascii ");
        yield* client.send("gr\u00fcn ");
        yield* client.send("ascii ");
        client.setencoding("latin1");
        yield* client.send("\xfc ");
        yield* client.send("plain ");
        yield* client.send(Buffer.of(0xff));
        yield* client.send("\xfc");
        client.setencoding("utf8");
        yield* client.send("\u00fc");
        yield* client.send("end");
        const expected = Buffer.concat([
          Buffer.from("ascii grün ascii "),
          Buffer.from("\xfc plain ", "latin1"),
          Buffer.of(0xff, 0xfc),
          Buffer.from("üend"),
        ]);
        expect(yield* served.receive(expected.length)).to.deep.equal([expected]);
      }));

    it("waits for a peer that does not read, and a timeout tells what was sent", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* clog(served);
        const taken = served.getstats()[1];
        served.settimeout(0.01);
        expect(yield* served.send("more")).to.deep.equal([undefined, "timeout", 0]);
        expect(yield* served.send("more", 3)).to.deep.equal([undefined, "timeout", 2]);
        // Exactly what was taken arrives.
        served.shutdown("send");
        const [all] = yield* client.receive(Infinity);
        expect(all!.length).to.equal(taken);
      }));

    it("sending on from the index after a timeout neither repeats nor loses a byte", () =>
      check(function* () {
        const [client, served] = yield* pair();
        const reader = yield* fork(function* () {
          const pieces: Buffer[] = [];
          for (;;) {
            const [piece, err, partial] = yield* client.receive(300_000);
            pieces.push(piece ?? partial!);
            if (err) return Buffer.concat(pieces);
            yield* sleep(A_MOMENT);
          }
        });
        served.settimeout(0);
        let index = 0;
        let timeouts = 0;
        while (index < 1 << 20 || timeouts < 3) {
          const [last, err, sent] = yield* served.send(numbers, index + 1);
          if (err) {
            timeouts++;
            index = sent;
            yield* sleep(0);
          } else index = last;
        }
        served.close();
        expect(index).to.be.lessThan(numbers.length);
        expect((yield* reader).equals(numbers.subarray(0, index))).to.equal(true);
      }));

    it("messages of several senders never mix, and come in the order of sending", () =>
      check(function* () {
        const [client, served] = yield* pair();
        const senders = [];
        for (let i = 0; i < 8; i++) {
          senders.push(yield* fork(() => served.send(Buffer.alloc(500_000, 97 + i))));
          yield* settle();
        }
        const [all] = yield* client.receive(8 * 500_000);
        for (let i = 0; i < 8; i++) {
          const part = all!.subarray(i * 500_000, (i + 1) * 500_000);
          expect(part.equals(Buffer.alloc(500_000, 97 + i))).to.equal(true);
        }
        for (const sender of senders) expect(yield* sender).to.deep.equal([500_000]);
      }));

    it("a halted send leaves whole and in its place, also when others are before it", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* clog(served);
        const before = served.getstats()[1];
        const fibers = [];
        for (const letter of ["a", "b", "c"]) {
          fibers.push(yield* fork(() => served.send(Buffer.alloc(200_000, letter))));
          yield* settle();
        }
        yield* fibers[1]!.halt();
        yield* fibers[0]!.halt();
        expect(fibers[2]!.state).to.equal("parked");
        yield* client.receive(before);
        const [all] = yield* client.receive(600_000);
        for (const [i, letter] of ["a", "b", "c"].entries()) {
          const part = all!.subarray(i * 200_000, (i + 1) * 200_000);
          expect(part.equals(Buffer.alloc(200_000, letter)), letter).to.equal(true);
        }
        yield* fibers[2]!;
      }));

    for (const end of ["shutdown", "close"] as const) {
      it(`halted sends that wait behind another leave whole though ${end} follows at once`, () =>
        check(function* () {
          const [client, served] = yield* pair();
          yield* clog(served);
          const before = served.getstats()[1];
          const first = yield* fork(() => served.send(Buffer.alloc(200_000, "a")));
          const halted = [];
          for (const letter of ["b", "c"])
            halted.push(yield* fork(() => served.send(Buffer.alloc(100_000, letter))));
          const last = yield* fork(() => served.send("never"));
          yield* sleep(0);
          for (const fiber of halted) yield* fiber.halt();
          if (end === "shutdown") served.shutdown("send");
          else served.close();
          const [, err, index] = yield* first;
          expect(err).to.equal("closed");
          expect(yield* last).to.deep.equal([undefined, "closed", 0]);
          const [all] = yield* client.receive(Infinity);
          const expected = "a".repeat(index!) + "b".repeat(100_000) + "c".repeat(100_000);
          expect(all!.length).to.equal(before + expected.length);
          expect(all!.subarray(before).toString()).to.equal(expected);
        }));
    }

    it("misuse throws, with the fix", () =>
      check(function* () {
        const [client] = yield* pair();
        const bad =
          (data: unknown, i?: unknown): (() => unknown) =>
          () =>
            client.send(data as Data, i as number);
        expect(bad(5)).to.throw(TypeError, "not 5: write String(n)");
        expect(bad(undefined)).to.throw(
          TypeError,
          "send takes a string, a Uint8Array, or an array",
        );
        expect(bad(["a", null])).to.throw(TypeError, "not null");
        expect(bad("a", 1.5)).to.throw(TypeError, "the byte range must be integers");
        client.setencoding("latin1");
        expect(bad("€")).to.throw(TypeError, '"€" is no Latin-1 character');
        expect(() => client.setencoding("ascii" as "utf8")).to.throw(
          TypeError,
          'there are "utf8", "latin1"',
        );
      }));

    it("is as cheap to write wrong as right, but says so: yield without the star", () =>
      check(function* () {
        const [client] = yield* pair();
        const fiber = yield* fork(function* () {
          try {
            yield client.receive() as never;
          } catch (error) {
            return String(error);
          }
          return "";
        });
        expect(yield* fiber).to.match(/write `yield\*`, not `yield`, before receive/);
      }));
  });
}

describe("what halted sends leave behind", () => {
  it("is one message however long, and thousands of short ones", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* clog(client);
      const before = client.getstats()[1];
      const long = yield* fork(() => client.send(Buffer.alloc(17 << 20, "l")));
      yield* sleep(0);
      yield* long.halt();
      yield* served.receive(before);
      expect((yield* served.receive(17 << 20))[0]!.equals(Buffer.alloc(17 << 20, "l"))).to.equal(
        true,
      );
      yield* clog(client);
      const again = client.getstats()[1];
      const short = [];
      for (let i = 0; i < 3000; i++) short.push(yield* fork(() => client.send("s")));
      yield* sleep(0);
      for (const fiber of short) yield* fiber.halt();
      yield* served.receive(again - before - (17 << 20));
      expect((yield* served.receive(3000))[0]!.equals(Buffer.alloc(3000, "s"))).to.equal(true);
    }));
});

describe("a send operation", () => {
  for (const [what, data] of [
    ["a string", "again\n"],
    ["bytes", Buffer.from("again\n")],
    ["an array", ["again", "\n"]],
  ] as [string, Data][]) {
    it(`of ${what} sends again when it is performed again, and is busy while it is under way`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        const operation = client.send(data);
        for (let i = 0; i < 3; i++) expect(yield* operation).to.deep.equal([6]);
        yield* clog(client);
        const before = client.getstats()[1] - 18;
        const first = yield* fork(() => operation);
        yield* sleep(0);
        expect(String(yield* thrown(operation))).to.match(/under way already/);
        yield* first.halt();
        // The message that it left behind is not it any more.
        const second = yield* fork(() => operation);
        expect(String(yield* served.receive(18))).to.equal("again\n".repeat(3));
        yield* served.receive(before);
        expect(String(yield* served.receive(12))).to.equal("again\n".repeat(2));
        expect(yield* second).to.deep.equal([6]);
      }));
  }
});

describe("send, driven at random", () => {
  it("every sequence of data and ranges arrives as it was sent", async function () {
    this.timeout(runsAreAsked ? 0 : 30_000);
    await check(function* () {});
    const range = fc.option(fc.integer({ min: -40, max: 40 }), { nil: undefined });
    const piece = fc.oneof(
      bytes.map((data) => ({ data: data as Data, raw: data })),
      fc
        .string({ unit: "grapheme", maxLength: 20 })
        .map((data) => ({ data: data as Data, raw: Buffer.from(data) })),
      fc
        .tuple(bytes, fc.string())
        .map(([a, b]) => ({ data: [a, [b]] as Data, raw: Buffer.concat([a, Buffer.from(b)]) })),
    );
    const message = fc.record({ piece, i: range, j: range, pause: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        let expected = Buffer.alloc(0);
        const received = await run(function* () {
          const [served, peer] = yield* rawPair();
          for (const { piece, i, j, pause } of messages) {
            const { length } = piece.raw;
            const start = Math.max(i === undefined ? 1 : i < 0 ? length + i + 1 : i, 1);
            const end = Math.min(j === undefined ? length : j < 0 ? length + j + 1 : j, length);
            const cut = start <= end ? piece.raw.subarray(start - 1, end) : Buffer.alloc(0);
            expected = Buffer.concat([expected, cut]);
            const [index, err] = yield* served.send(piece.data, i, j);
            expect(err).to.equal(undefined);
            expect(index).to.equal(start - 1 + cut.length);
            if (pause) yield* sleep(0);
          }
          served.close();
          yield* until(() => peer.ended);
          return peer.received;
        });
        expect(received.equals(expected)).to.equal(true);
      }),
      { numRuns: runs(30, 100) },
    );
    await check(function* () {});
  });
});

describe("statistics", () => {
  it("count bytes both ways, and can be set", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* client.send("12345\n");
      yield* served.receive();
      expect(client.getstats().slice(0, 2)).to.deep.equal([0, 6]);
      expect(served.getstats().slice(0, 2)).to.deep.equal([6, 0]);
      expect(served.getstats()[2]).to.be.at.least(0);
      served.setstats(100, 200, 50);
      expect(served.getstats().slice(0, 2)).to.deep.equal([100, 200]);
      expect(served.getstats()[2]).to.be.at.least(50);
      expect(socket.tcp().getstats()).to.deep.equal([0, 0, 0]);
      for (const figure of ["1", NaN, null, 1n] as never[]) {
        expect(() => served.setstats(figure)).to.throw(TypeError, "setstats takes numbers");
        expect(() => served.setstats(1, 2, figure)).to.throw(TypeError, "setstats takes numbers");
      }
      expect(served.getstats().slice(0, 2)).to.deep.equal([100, 200]);
    }));
});
