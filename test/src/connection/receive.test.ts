import { constants } from "node:buffer";
import { expect } from "chai";
import fc from "fast-check";
import { run } from "effection";
import { fork, type Result, sleep } from "cosocket";
import { settle } from "cosocket/testing";
import { A_MOMENT, check } from "../../support/check.js";
import { rawPair, until, thrown } from "../../support/pairs.js";
import { transports } from "../../support/transports.js";
import { bytes, cut, cuts } from "./receive-buffer.test.js";
import { type FedTransport, fedStream } from "../../support/fed.js";
import { runs, runsAreAsked } from "../../support/counts.js";

for (const { name, pair, check: checked } of transports) {
  describe(`receive over ${name}`, () => {
    it('"*l" gives a line without its LF and any CR; it is the default', () =>
      checked(function* () {
        const [client, served] = yield* pair();
        yield* served.send("one\r\nt\rw\r\ro\r\n\nlast\n");
        expect(yield* client.receive()).to.deep.equal(["one"]);
        expect(yield* client.receive("*l")).to.deep.equal(["two"]);
        expect(yield* client.receive("*l")).to.deep.equal([""]);
        expect(yield* client.receive("*l")).to.deep.equal(["last"]);
      }));

    it('"*L" gives it with its line end', () =>
      checked(function* () {
        const [client, served] = yield* pair();
        yield* served.send("one\r\ntwo\n");
        expect(yield* client.receive("*L")).to.deep.equal(["one\r\n"]);
        expect(yield* client.receive("*L")).to.deep.equal(["two\n"]);
      }));

    it('"*a" gives everything until the peer closes; nothing at all is "closed"', () =>
      checked(function* () {
        const [client, served] = yield* pair();
        yield* served.send("a\r\nb");
        served.close();
        expect(yield* client.receive("*a")).to.deep.equal(["a\r\nb"]);
        expect(yield* client.receive("*a")).to.deep.equal([undefined, "closed", ""]);
      }));

    it("a number gives that many bytes, a numeric string too", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        yield* served.send("abcdef");
        expect(yield* client.receive(2)).to.deep.equal([Buffer.from("ab")]);
        expect(yield* client.receive("3")).to.deep.equal([Buffer.from("cde")]);
        served.close();
        expect(yield* client.receive(5)).to.deep.equal([undefined, "closed", Buffer.from("f")]);
      }));

    it("0 waits until there is something, and takes nothing", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        client.settimeout(0);
        expect(yield* client.receive(0)).to.deep.equal([undefined, "timeout", Buffer.alloc(0)]);
        client.settimeout();
        yield* served.send("x");
        expect(yield* client.receive(0)).to.deep.equal([Buffer.alloc(0)]);
        expect(yield* client.receive(1)).to.deep.equal([Buffer.from("x")]);
      }));

    it("Infinity gives a Buffer of everything", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        yield* served.send(Buffer.of(0xff, 0, 0x80));
        served.close();
        expect(yield* client.receive(Infinity)).to.deep.equal([Buffer.of(0xff, 0, 0x80)]);
        expect(yield* client.receive(Infinity)).to.deep.equal([
          undefined,
          "closed",
          Buffer.alloc(0),
        ]);
      }));

    it("receiveany gives what is there, at most so much", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        const waiting = yield* fork(() => client.receiveany());
        yield* sleep(0);
        yield* served.send("abc");
        expect(yield* waiting).to.deep.equal([Buffer.from("abc")]);
        yield* served.send("defg");
        expect(yield* client.receiveany(3)).to.deep.equal([Buffer.from("def")]);
        client.settimeout(0);
        expect(yield* client.receiveany()).to.deep.equal([Buffer.from("g")]);
        expect(yield* client.receiveany()).to.deep.equal([undefined, "timeout", Buffer.alloc(0)]);
        served.close();
        client.settimeout();
        expect(yield* client.receiveany()).to.deep.equal([undefined, "closed", Buffer.alloc(0)]);
        expect(() => client.receiveany(0)).to.throw(TypeError, "a positive integer");
      }));

    it("a prefix is prepended, and counts toward n", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        yield* served.send("line\nbytes and the rest");
        expect(yield* client.receive("*l", "a ")).to.deep.equal(["a line"]);
        expect(yield* client.receive(7, "xy")).to.deep.equal([Buffer.from("xybytes")]);
        expect(yield* client.receive(2, Buffer.from("xyz"))).to.deep.equal([Buffer.from("xyz")]);
        served.close();
        expect(yield* client.receive("*a", "all")).to.deep.equal(["all and the rest"]);
        expect(yield* client.receive("*a", "all")).to.deep.equal([undefined, "closed", "all"]);
      }));

    it("goes on after a timeout with its partial as prefix", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        client.settimeout(0.005);
        yield* served.send("begin");
        yield* until(() => client.dirty());
        const [none, err, partial] = yield* client.receive("*l");
        expect([none, err, partial]).to.deep.equal([undefined, "timeout", "begin"]);
        client.settimeout();
        yield* served.send(" end\n");
        expect(yield* client.receive("*l", partial)).to.deep.equal(["begin end"]);
      }));

    it("never splits a character in a partial", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        client.settimeout(0);
        const euro = Buffer.from("€");
        yield* served.send([Buffer.from("a"), euro.subarray(0, 2)]);
        yield* until(() => client.getstats()[0] === 3);
        expect(yield* client.receive()).to.deep.equal([undefined, "timeout", "a"]);
        expect(client.dirty()).to.equal(true);
        client.settimeout();
        yield* served.send([euro.subarray(2), "\n"]);
        expect(yield* client.receive("*l", "a")).to.deep.equal(["a€"]);
      }));

    it("latin1 is Lua's 8-bit clean string, both ways; an accepted client inherits it", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        client.setencoding("latin1");
        const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
        yield* client.send(all);
        expect(yield* served.receive(256)).to.deep.equal([Buffer.from(all, "latin1")]);
        yield* served.send([Buffer.of(0xff, 0xe4), "\n"]);
        expect(yield* client.receive()).to.deep.equal(["\xff\xe4"]);
      }));

    it("a timeout of 0 takes what is there and never waits", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        client.settimeout(0);
        expect(yield* client.receive()).to.deep.equal([undefined, "timeout", ""]);
        yield* served.send("a\nb");
        yield* until(() => client.getstats()[0] === 3);
        expect(yield* client.receive()).to.deep.equal(["a"]);
        expect(yield* client.receive(2)).to.deep.equal([undefined, "timeout", Buffer.from("b")]);
      }));

    it('"line too long" gives what was read, and the connection stays usable', () =>
      checked(function* () {
        const [client, served] = yield* pair();
        client.setoption("line-limit", 10);
        yield* served.send("0123456789\n0123456789ab\nok\n");
        expect(yield* client.receive()).to.deep.equal(["0123456789"]);
        expect(yield* client.receive()).to.deep.equal([undefined, "line too long", "0123456789"]);
        expect(yield* client.receive()).to.deep.equal(["ab"]);
        expect(yield* client.receive()).to.deep.equal(["ok"]);
      }));

    it("a peer that never sends LF cannot exhaust memory", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        const sender = yield* fork(function* () {
          const block = Buffer.alloc(64 * 1024, "x");
          for (;;) {
            const [, err] = yield* served.send(block);
            if (err) return;
          }
        });
        const [none, err, partial] = yield* client.receive();
        expect([none, err, partial?.length]).to.deep.equal([
          undefined,
          "line too long",
          1024 * 1024,
        ]);
        client.close();
        yield* sender;
      }));

    it("a socket that nobody reads stops reading from the kernel", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        served.settimeout(0.02);
        const block = Buffer.alloc(1024 * 1024, "x");
        let index: number | undefined;
        let err;
        do [index, err] = yield* served.send(block);
        while (!err);
        expect(err).to.equal("timeout");
        expect(index).to.equal(undefined);
        // And goes on where it was: nothing is lost.
        const total = served.getstats()[1];
        let read = 0;
        while (read < total)
          read += (yield* client.receive(Math.min(50_000, total - read)))[0]!.length;
        expect(read).to.equal(total);
      }));

    it("a total timeout ends a call for which bytes keep coming, with these as its partial", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        yield* served.send("x");
        yield* until(() => client.dirty());
        const drip = yield* fork(function* () {
          for (;;) {
            yield* sleep(A_MOMENT);
            yield* served.send("x");
          }
        });
        client.settimeout(1000, "b");
        client.settimeout(20 * A_MOMENT, "t");
        expect(client.gettimeout()).to.deep.equal([1000, 20 * A_MOMENT]);
        const [, err, partial] = yield* client.receive("*l");
        expect(err).to.equal("timeout");
        expect(partial).to.match(/^x+$/);
        yield* drip.halt();
      }));

    // Where no time passes while it is not looked.
    if (checked !== check)
      it("a block timeout is for each wait, a total timeout for the whole call", () =>
        checked(function* () {
          const [client, served] = yield* pair();
          const dripping = yield* fork(function* () {
            for (let i = 0; i < 8; i++) {
              yield* sleep(5);
              yield* served.send("x");
            }
          });
          client.settimeout(6, "b");
          expect(yield* client.receive(4)).to.deep.equal([Buffer.from("xxxx")]);
          client.settimeout(16, "t");
          expect(yield* client.receive(4)).to.deep.equal([
            undefined,
            "timeout",
            Buffer.from("xxx"),
          ]);
          yield* dripping;
        }));

    it("several readers are served first come, first served", () =>
      checked(function* () {
        const [client, served] = yield* pair();
        const log: string[] = [];
        const fibers = [];
        for (const name of ["a", "b", "c", "d"]) {
          fibers.push(
            yield* fork(function* () {
              const [line] = yield* client.receive();
              log.push(`${name} ${line}`);
            }),
          );
          yield* settle();
        }
        yield* fibers[1]!.halt();
        yield* served.send("1\n2\n3\n");
        for (const fiber of [fibers[0]!, fibers[2]!, fibers[3]!]) yield* fiber;
        expect(log).to.deep.equal(["a 1", "c 2", "d 3"]);
      }));

    it("misuse throws, with the fix", () =>
      checked(function* () {
        const [client] = yield* pair();
        const bad = (pattern: unknown, prefix?: unknown): (() => unknown) => {
          return () => client.receive(pattern as "*l", prefix as string);
        };
        expect(bad("x")).to.throw(TypeError, 'invalid receive pattern "x": use "*l" for a line');
        expect(bad(-1)).to.throw(TypeError, "invalid receive pattern -1");
        expect(bad(1.5)).to.throw(TypeError, "invalid receive pattern 1.5");
        expect(bad(NaN)).to.throw(TypeError, "invalid receive pattern");
        expect(bad(null)).to.throw(TypeError, "invalid receive pattern null");
        expect(bad("*l", Buffer.of(1))).to.throw(
          TypeError,
          "the prefix must be a string, not a Buffer of",
        );
        expect(bad(5, 5)).to.throw(TypeError, "the prefix must be a string or bytes, not 5");
      }));
  });
}

describe("receive, when more comes than it wants,", () => {
  const BLOCK = Buffer.alloc(64 * 1024, "x");

  /** Let come what is wanted. How many bytes those were. */
  const feed = (transport: FedTransport): number => {
    let fed = 0;
    for (; transport.reading; fed += BLOCK.length) transport.feed(BLOCK);
    return fed;
  };

  it("stops reading when nobody receives, and reads again when somebody has", () =>
    check(function* () {
      const [client, transport] = fedStream();
      const fed = feed(transport);
      expect(fed).to.be.within(BLOCK.length, 192 * 1024);
      expect((yield* client.receive(fed))[0]!.length).to.equal(fed);
      expect(transport.reading).to.equal(true);
      client.close();
    }));

  it("holds little more than the longest line of one that never ends", () =>
    check(function* () {
      const [client, transport] = fedStream();
      const reader = yield* fork(() => client.receive());
      yield* settle();
      const fed = feed(transport);
      expect((yield* reader)[1]).to.equal("line too long");
      expect(fed).to.be.within(1024 * 1024, (1024 + 256) * 1024);
      client.close();
    }));

  it('throws for "*a" beyond the longest string, names the fix, and takes nothing', () =>
    check(function* () {
      const [client, transport] = fedStream();
      // One block of 64 MB, many times.
      const block = Buffer.alloc(64 << 20);
      block[0] = "x".charCodeAt(0);
      const fiber = yield* fork(() => client.receive("*a"), { boundary: () => {} });
      yield* settle();
      for (let length = 0; length <= constants.MAX_STRING_LENGTH; length += block.length)
        transport.feed(block);
      const error = yield* thrown(fiber);
      expect(error).to.be.instanceOf(RangeError);
      expect(String(error)).to.match(/use receive\(Infinity\)/);
      expect(yield* client.receive(1)).to.deep.equal([Buffer.from("x")]);
      client.close();
    }));
});

describe("receive, driven at random", () => {
  type Step = { pattern: "*l" | "*L" | "*a" | number; prefix: string };
  const step: fc.Arbitrary<Step> = fc.record({
    pattern: fc.oneof(fc.constantFrom("*l" as const, "*L" as const), fc.nat(30)),
    prefix: fc.constantFrom("", "", "pre"),
  });

  /** What LuaSocket's rules give for the whole stream in one string. */
  function* model(data: Buffer, steps: Step[], encoding: "utf8" | "latin1"): Generator<unknown> {
    let rest = data;
    for (const { pattern, prefix } of steps) {
      const ended = (value: unknown): unknown => [undefined, "closed", value];
      if (typeof pattern === "number") {
        const head = Buffer.from(prefix);
        const wanted = Math.max(pattern - head.length, 0);
        const enough = rest.length >= wanted && (rest.length > 0 || head.length > 0);
        const block = Buffer.concat([head, rest.subarray(0, wanted)]);
        rest = rest.subarray(Math.min(wanted, rest.length));
        yield enough ? [block] : ended(block);
      } else if (pattern === "*a") {
        const text = prefix + rest.toString(encoding);
        yield rest.length > 0 ? [text] : ended(text);
        rest = Buffer.alloc(0);
      } else {
        const end = rest.indexOf(10);
        const raw = rest.subarray(0, end < 0 ? rest.length : end + 1).toString(encoding);
        rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1);
        const line =
          prefix + (pattern === "*L" ? raw : raw.replaceAll("\r", "").replace(/\n$/, ""));
        yield end < 0 ? ended(line) : [line];
      }
    }
  }

  it("every sequence of patterns, however the stream is cut, gives what one string would", async function () {
    this.timeout(runsAreAsked ? 0 : 30_000);
    await check(function* () {});
    await fc.assert(
      fc.asyncProperty(
        bytes,
        cuts,
        fc.array(step, { maxLength: 20 }),
        fc.constantFrom<"utf8" | "latin1">("utf8", "latin1"),
        async (data, places, steps, encoding) => {
          const all: Step[] = [...steps, { pattern: "*a", prefix: "" }];
          const seen = await run(function* () {
            const [served, peer] = yield* rawPair();
            served.setencoding(encoding);
            const writer = yield* fork(function* () {
              for (const chunk of cut(data, places)) {
                peer.socket.write(chunk);
                // Nagle off and a turn between: chunks mostly arrive as they were cut.
                yield* sleep(0);
              }
              peer.socket.end();
            });
            peer.socket.setNoDelay(true);
            const results: unknown[] = [];
            for (const { pattern, prefix } of all) {
              const result: Result<string | Buffer, string | Buffer> =
                typeof pattern === "number"
                  ? yield* served.receive(pattern, prefix)
                  : yield* served.receive(pattern, prefix);
              results.push(result);
            }
            yield* writer;
            return results;
          });
          expect(seen).to.deep.equal([...model(data, all, encoding)]);
        },
      ),
      { numRuns: runs(30, 100) },
    );
    await check(function* () {});
  });
});
