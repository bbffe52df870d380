import { expect } from "chai";
import fc from "fast-check";
import { type Operation, run } from "effection";
import { causeOf, fork, pump, type Result, type Sink, sleep, socket, type Source } from "cosocket";
import { check } from "../../support/check.js";
import { runs } from "../../support/counts.js";
import { fedStream } from "../../support/fed.js";
import { pair } from "../../support/pairs.js";

/** Everything a source gives, and how it ended. */
function* drain(source: Source): Operation<[data: string, end: unknown]> {
  let data = "";
  for (;;) {
    const [piece, error]: Result<unknown> = yield* source();
    if (error || piece === undefined) return [data, error];
    data += String(piece);
  }
}

describe("sources", () => {
  it("until-closed gives everything, and closes the socket", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("all of it");
      served.close();
      const source = socket.source("until-closed", client);
      expect(source.getfd()).to.equal(client.getfd());
      expect(yield* drain(source)).to.deep.equal(["all of it", undefined]);
      expect(client.closed).to.equal(true);
      expect(yield* source()).to.deep.equal([undefined]);
    }));

  it("by-length gives exactly so much; less is closed", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("12345rest");
      expect(yield* drain(socket.source("by-length", client, 5))).to.deep.equal([
        "12345",
        undefined,
      ]);
      served.close();
      expect(yield* drain(socket.source("by-length", client, 5))).to.deep.equal(["rest", "closed"]);
      expect(yield* drain(socket.source("by-length", client, 0))).to.deep.equal(["", undefined]);
      expect(() => socket.source("by-length", client)).to.throw(TypeError, "a number of bytes");
      expect(() => socket.source("x" as never, client)).to.throw(TypeError, 'unknown key ("x")');
      expect(() => socket.sink("x" as never, client)).to.throw(TypeError, 'unknown key ("x")');
    }));

  it("http-chunked reads sizes, extensions and trailers, and stops where the next message begins", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("5\r\nhello\r\n6; x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\nnext\n");
      const source = socket.source("http-chunked", client);
      expect(yield* drain(source)).to.deep.equal(["hello world", undefined]);
      expect(yield* client.receive()).to.deep.equal(["next"]);
    }));

  const LINES = [
    ...["x", "-1", "+1", "0x5", "", " ", " 5", "5 ", "\t5", "5\t", "5\x0b", "\u00a05", "5\u00a0"],
    ...["\ufeff5", "\x005", "5\x00", "5_0", "5.", "5e1g", "1,000", "5h", "g", "0\r5", "\r5", "5\r"],
    ...["20000000000000", "fffffffffffffff", "ffffffffffffffff1", "1".repeat(1000)],
    ...[
      "5;",
      "5;;",
      "5; ;a",
      "5;a ",
      "5;a=",
      "5;=b",
      "5;a=b c",
      "5;a b",
      '5;a="b',
      '5;a=b"c"',
      "5;ä",
    ],
    ...['5;a="\x00"', '5;a="\\', "5;a=b\rc", "5;a\x7f", "5,a", "5 a", "5:a"],
    ...["0 ", " 0", "0x", "00g", "-0", "0;"],
  ];
  const BODIES = [
    ...LINES.map((line) => `${line}\r\n`),
    ...[
      "5\nhello\r\n0\r\n\r\n",
      "\n5\r\n",
      "5\r\nhello\n0\r\n",
      "5\r\nhello0\r\n",
      "5\r\nhello\r\r\n",
    ],
    ...["5\r\nhello \r\n", "5\r\nhello\r\n\r\n", "1\r\nab\r\n", `5;${"a".repeat(20_000)}`],
    `${"0".repeat(20_000)}5\r\n`,
    `1;${"a".repeat(10_000)}\r\nx\r\n1;${"a".repeat(10_000)}\r\nx\r\n0\r\n\r\n`,
  ];
  const TRAILERS = [
    ...[
      "a\r\n\r\n",
      ": b\r\n\r\n",
      "a : b\r\n\r\n",
      " a: b\r\n\r\n",
      "a: b\r\n c\r\n\r\n",
      "a: b\n\r\n",
    ],
    ...["a: \x00\r\n\r\n", "a: b\rc\r\n\r\n", "\n", " \r\n\r\n", "ä: b\r\n\r\n", "a: \x7f\r\n\r\n"],
    ...[`a: ${"b".repeat(20_000)}`, "a: b\r\n".repeat(4_000)],
  ];
  const CORPUS: [body: string, word: string][] = [
    ...BODIES.map((body): [string, string] => [body, "invalid chunk size"]),
    ...TRAILERS.map((trailer): [string, string] => [`0\r\n${trailer}`, "invalid trailer"]),
  ];
  for (const [bad, word] of CORPUS) {
    const shown = bad.length < 60 ? JSON.stringify(bad) : `${JSON.stringify(bad.slice(0, 20))}...`;
    for (const size of [1, 100_000]) {
      it(`http-chunked refuses ${shown}, in segments of ${size}, and goes on refusing`, () =>
        check(function* () {
          const [client, transport] = fedStream();
          const source = socket.source("http-chunked", client);
          const draining = yield* fork(() => drain(source));
          const bytes = Buffer.from(bad, /[\u0100-\uffff]/.test(bad) ? "utf8" : "latin1");
          for (let i = 0; i < bytes.length; i += size) {
            transport.feed(bytes.subarray(i, i + size));
            if (i % 1000 === 0) yield* sleep(0);
          }
          expect((yield* draining)[1]).to.equal(word);
          expect((yield* source())[1]).to.equal(word);
          client.close();
        }));
    }
  }

  it("http-chunked takes all that the RFC allows, and stops right behind it", () =>
    check(function* () {
      const [client, transport] = fedStream();
      const body =
        "5\r\nhello\r\n" +
        '0000000000000000000A;x;y=z \t;\t q = "quoted \\" \\\\ \xff"; l=1\r\n0123456789\r\n' +
        "1 ;bws\r\n!\r\n000\r\nTrailer: 1\r\nEmpty:\r\nX: \t a,\xff b \r\n\r\nnext\n";
      transport.feed(Buffer.from(body, "latin1"));
      const source = socket.source("http-chunked", client);
      expect(yield* drain(source)).to.deep.equal(["hello0123456789!", undefined]);
      expect(yield* source()).to.deep.equal([undefined]);
      expect(yield* client.receive()).to.deep.equal(["next"]);
      client.close();
    }));

  for (const how of ["a timeout", "a halt"] as const) {
    it(`http-chunked goes on after ${how} at whatever byte, and loses none`, () =>
      check(function* () {
        const body = "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\nnext\n";
        const [client, transport] = fedStream();
        const source = socket.source("http-chunked", client);
        let seen = "";
        let over = false;
        const pull = function* (): Operation<void> {
          while (!over) {
            const [piece, error]: Result<unknown> = yield* source();
            if (error) return void expect(error).to.equal("timeout");
            if (piece === undefined) over = true;
            else seen += String(piece);
          }
        };
        for (const byte of Buffer.from(body)) {
          if (how === "a timeout") {
            client.settimeout(0);
            yield* pull();
            client.settimeout();
          } else {
            const fiber = yield* fork(pull);
            yield* sleep(0);
            yield* fiber.halt();
          }
          transport.feed(Buffer.of(byte));
        }
        expect([seen, over]).to.deep.equal(["hello0123456789", true]);
        expect(yield* client.receive()).to.deep.equal(["next"]);
        client.close();
      }));
  }

  it('http-chunked: the end of the stream within a body is "closed", however clean', () =>
    check(function* () {
      for (const begun of ["", "5", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "0\r\n"]) {
        const [client, transport] = fedStream();
        transport.feed(Buffer.from(begun));
        transport.end();
        expect((yield* drain(socket.source("http-chunked", client)))[1], begun).to.equal("closed");
        client.close();
      }
    }));

  it("without a mode one reads until the peer closes, as in LuaSocket, and a sink keeps it open", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const sink = socket.sink(served);
      expect(yield* sink("all of it")).to.deep.equal([1]);
      expect(yield* sink()).to.deep.equal([1]);
      expect(served.closed).to.equal(false);
      served.close();
      expect(yield* drain(socket.source(client))).to.deep.equal(["all of it", undefined]);
      expect(client.closed).to.equal(true);
      expect(() => socket.source("default", undefined as never)).to.throw(
        TypeError,
        "a connection",
      );
    }));

  it("a chunk refuses text that the encoding does not have, as send does", () =>
    check(function* () {
      const [client] = yield* pair();
      client.setencoding("latin1");
      const sink = socket.sink("http-chunked", client);
      expect(() => sink("€")).to.throw(TypeError, "no Latin-1 character");
    }));

  it("http-chunked: every body comes back as it was, however it was cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" })), async (pieces) => {
        const body = await run(function* () {
          const [client, served] = yield* pair();
          const sending = yield* fork(function* () {
            const sink = socket.sink("http-chunked", served);
            for (const piece of pieces) yield* sink(piece);
            yield* sink();
          });
          let body = Buffer.alloc(0);
          const source = socket.source("http-chunked", client);
          for (;;) {
            const piece = (yield* source())[0] as Buffer | undefined;
            if (piece === undefined) break;
            body = Buffer.concat([body, piece]);
          }
          yield* sending;
          return body.toString();
        });
        expect(body).to.equal(pieces.join(""));
      }),
      { numRuns: runs(100) },
    );
    await check(function* () {});
  });
});

describe("sinks and pump", () => {
  it("pump.all goes on to the end; close-when-done closes, keep-open does not", () =>
    check(function* () {
      const [a, b] = yield* pair();
      const [c, d] = yield* pair();
      yield* a.send("through");
      a.close();
      const copying = yield* fork(() =>
        pump.all(socket.source("until-closed", b), socket.sink("close-when-done", c)),
      );
      expect(yield* d.receive("*a")).to.deep.equal(["through"]);
      expect(yield* copying).to.deep.equal([1]);
      expect(c.closed).to.equal(true);
      const [e, f] = yield* pair();
      const keeping = socket.sink("keep-open", e);
      expect(yield* keeping("x\n")).to.deep.equal([1]);
      expect(yield* keeping()).to.deep.equal([1]);
      expect(yield* f.receive()).to.deep.equal(["x"]);
      expect(e.closed).to.equal(false);
    }));

  it("an error of either is the result; after one a chunked body has no end", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const broken: Source = function* () {
        return [undefined, "timeout", undefined];
      };
      expect((yield* pump.all(broken, socket.sink("http-chunked", client)))[1]).to.equal("timeout");
      client.close();
      expect((yield* served.receive("*a"))[1]).to.equal("closed");
      const one: Source = function* () {
        return ["x"];
      };
      expect((yield* pump.step(one, socket.sink("keep-open", client)))[1]).to.equal("closed");
      const table: unknown[] = [];
      const collect: Sink = function* (piece) {
        table.push(piece);
        return [1];
      };
      const none: Source = function* () {
        return [undefined];
      };
      expect(yield* pump.step(none, collect)).to.deep.equal([undefined]);
      expect(table).to.deep.equal([undefined]);
    }));

  it("a source or a sink of one's own may have error words of its own", () =>
    check(function* () {
      let left = 2;
      const source: Source<"bad row"> = function* () {
        return left-- > 0 ? ["row"] : [undefined, "bad row", undefined];
      };
      const told: unknown[] = [];
      const sink: Sink<"disk full"> = function* (piece, error) {
        told.push(piece, error);
        return [1];
      };
      const full: Sink<"disk full"> = function* () {
        return [undefined, "disk full", undefined];
      };
      const result: Result<1, undefined, "bad row" | "disk full"> = yield* pump.all(source, sink);
      expect(result).to.deep.equal([undefined, "bad row", undefined]);
      expect(told).to.deep.equal(["row", undefined, "row", undefined, undefined, "bad row"]);
      left = 1;
      expect(yield* pump.step(source, full)).to.deep.equal([undefined, "disk full", undefined]);
      left = 1;
      expect(yield* pump.all(source, full, pump.step)).to.deep.equal([
        undefined,
        "disk full",
        undefined,
      ]);
    }));

  it("a failure of a source comes out of the pump with its cause", () =>
    check(function* () {
      const connecting = socket.connect("127.0.0.1", 1);
      const source: Source = function* () {
        const result = yield* connecting;
        return result[1] ? result : [undefined];
      };
      const result = yield* pump.all(source, function* () {
        return [1];
      });
      expect(result[1]).to.equal("connection refused");
      expect(causeOf(result)).to.have.property("code", "ECONNREFUSED");
    }));

  it("what is no source or no sink is told at the call", () => {
    const wrong = undefined as never;
    const fine: Sink = function* () {
      return [1];
    };
    for (const misuse of [
      () => pump.all(wrong, fine),
      () => pump.step(fine as never, wrong),
      () => pump.all(fine as never, fine, 5 as never),
    ])
      expect(misuse).to.throw(TypeError, "which are functions, not");
  });
});
