/** What OpenResty's cosockets and Copas have and LuaSocket has not: over every kind of stream. */
import { expect } from "chai";
import { each, run } from "effection";
import fc from "fast-check";
import { fork, sleep, type SocketException } from "cosocket";
import { check } from "../../support/check.js";
import { pair as tcpPair, rawPair, thrown, until } from "../../support/pairs.js";
import { transports } from "../../support/transports.js";
import { runs, runsAreAsked } from "../../support/counts.js";
import { cut, cuts } from "./receive-buffer.test.js";

for (const { name, pair, check } of transports) {
  describe(`extras over ${name}`, () => {
    it("receivepartial is content with what has come", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* served.send("line\npart");
        expect(yield* client.receivepartial()).to.deep.equal(["line"]);
        yield* until(() => client.dirty());
        expect(yield* client.receivepartial()).to.deep.equal([undefined, "timeout", "part"]);
        const waiting = yield* fork(() => client.receivepartial(8, "1234"));
        yield* sleep(0);
        yield* served.send("56");
        expect(yield* waiting).to.deep.equal([undefined, "timeout", Buffer.from("123456")]);
        served.close();
        expect(yield* client.receivepartial("*a")).to.deep.equal([undefined, "closed", ""]);
      }));

    it("peek leaves the bytes where they are", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* served.send("GET / HTTP/1.1\r\n");
        expect(yield* client.peek(3)).to.deep.equal([Buffer.from("GET")]);
        expect(yield* client.receive()).to.deep.equal(["GET / HTTP/1.1"]);
        client.settimeout(0.005);
        yield* served.send("ab");
        yield* until(() => client.dirty());
        expect(yield* client.peek(3)).to.deep.equal([undefined, "timeout", Buffer.from("ab")]);
        served.close();
        client.settimeout();
        expect(yield* client.peek(3)).to.deep.equal([undefined, "closed", Buffer.from("ab")]);
        expect(yield* client.receive("*a")).to.deep.equal(["ab"]);
      }));

    it("receiveuntil reads pieces, and steps, up to a boundary", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* served.send("one--two--three-four-----five");
        const piece = client.receiveuntil("--");
        expect(String((yield* piece())[0])).to.equal("one");
        expect(String((yield* piece())[0])).to.equal("two");
        expect(String((yield* piece(4))[0])).to.equal("thre");
        expect(String((yield* piece(400))[0])).to.equal("e-four");
        expect(yield* piece(400)).to.deep.equal([undefined]);
        const inclusive = client.receiveuntil(Buffer.from("--"), { inclusive: true });
        expect(String((yield* inclusive())[0])).to.equal("--");
        served.close();
        expect(yield* inclusive()).to.deep.equal([undefined, "closed", Buffer.from("-five")]);
      }));

    it("lines and blocks are Effection Streams", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* served.send("a\nb\nlast");
        served.close();
        const lines: string[] = [];
        for (const line of yield* each(client.lines())) {
          lines.push(line);
          yield* each.next();
        }
        expect(lines).to.deep.equal(["a", "b", "last"]);
      }));
  });
}

describe("receiveuntil", () => {
  it("a timeout never cuts a boundary that has begun", () =>
    check(function* () {
      const [client, served] = yield* tcpPair();
      client.settimeout(0);
      yield* served.send("data\r\n");
      yield* until(() => client.getstats()[0] === 6);
      const reader = client.receiveuntil("\r\n\r\n");
      expect(yield* reader()).to.deep.equal([undefined, "timeout", Buffer.from("data")]);
      client.settimeout();
      yield* served.send("\r\nrest");
      expect(yield* reader()).to.deep.equal([Buffer.alloc(0)]);
      expect(yield* client.receive(4)).to.deep.equal([Buffer.from("rest")]);
    }));

  it("a whole piece is bounded by the line limit, steps are not", () =>
    check(function* () {
      const [client, served] = yield* tcpPair();
      client.setoption("line-limit", 10);
      yield* served.send("0123456789abc|0123456789abc|");
      const reader = client.receiveuntil("|");
      expect(yield* reader()).to.deep.equal([
        undefined,
        "line too long",
        Buffer.from("0123456789"),
      ]);
      expect(String((yield* reader())[0])).to.equal("abc");
      expect(String((yield* reader(100))[0])).to.equal("0123456789abc");
    }));

  it("gives what a single string would give, for every cut, boundary and step", async function () {
    this.timeout(runsAreAsked ? 0 : 30_000);
    const small = fc.uint8Array({ min: 1, max: 3, minLength: 1, maxLength: 4 });
    const data = fc.uint8Array({ min: 1, max: 3, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        data,
        cuts,
        small,
        fc.boolean(),
        fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        async (data, places, boundary, inclusive, step) => {
          const whole = Buffer.concat([data, boundary]);
          const end = whole.indexOf(boundary);
          const expected = whole.subarray(0, inclusive ? end + boundary.length : end);
          const seen = await run(function* () {
            const [served, peer] = yield* rawPair();
            peer.socket.setNoDelay(true);
            const writer = yield* fork(function* () {
              for (const chunk of cut(whole, places)) {
                peer.socket.write(chunk);
                yield* sleep(0);
              }
              peer.socket.end();
            });
            const reader = served.receiveuntil(boundary, { inclusive });
            const pieces: Buffer[] = [];
            for (;;) {
              const [piece, err] = step === undefined ? yield* reader() : yield* reader(step);
              if (err) throw new Error(err);
              if (piece === undefined) break;
              if (step !== undefined) expect(piece.length).to.be.within(1, step);
              pieces.push(piece);
              if (step === undefined) break;
            }
            const rest = (yield* served.receive(Infinity))[0] ?? Buffer.alloc(0);
            yield* writer;
            return [Buffer.concat(pieces), rest];
          });
          expect(seen).to.deep.equal([expected, whole.subarray(end + boundary.length)]);
        },
      ),
      { numRuns: runs(30, 100) },
    );
    await check(function* () {});
  });

  it("blocks are of the size asked for; a timeout is thrown", () =>
    check(function* () {
      const [client, served] = yield* tcpPair();
      yield* served.send("abcdefg");
      client.settimeout(0.005);
      const blocks: string[] = [];
      const error = yield* thrown(
        (function* () {
          for (const block of yield* each(client.blocks(3))) {
            blocks.push(String(block));
            yield* each.next();
          }
        })(),
      );
      expect(blocks).to.deep.equal(["abc", "def"]);
      expect((error as SocketException).error).to.equal("timeout");
      expect(() => client.blocks(0)).to.throw(TypeError, "a positive integer");
      expect(() => client.peek(0)).to.throw(TypeError, "a positive integer");
      expect(() => client.receiveuntil("")).to.throw(TypeError, "at least one");
      expect(() => client.receiveuntil("x")(0)).to.throw(TypeError, "a positive number");
    }));
});
