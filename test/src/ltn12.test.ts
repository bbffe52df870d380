import { expect } from "chai";
import fc from "fast-check";
import { type Operation, run } from "effection";
import { fork, pump, type Result, type Sink, socket, type Source } from "cosocket";
import { check } from "../support/check.js";
import { pair } from "../support/pairs.js";

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
      expect(() => socket.source("x" as never, client)).to.throw(TypeError, "unknown key (x)");
      expect(() => socket.sink("x" as never, client)).to.throw(TypeError, "unknown key (x)");
    }));

  it("http-chunked reads sizes, extensions and trailers, and stops where the next message begins", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("5\r\nhello\r\n6; x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\nnext\n");
      const source = socket.source("http-chunked", client);
      expect(yield* drain(source)).to.deep.equal(["hello world", undefined]);
      expect(yield* client.receive()).to.deep.equal(["next"]);
    }));

  for (const bad of ["x\r\n", "-1\r\n", "1\r\nab\r\n", "\r\n", "fffffffffffffff\r\n"]) {
    it(`http-chunked refuses ${JSON.stringify(bad)}`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* served.send(bad);
        served.close();
        expect((yield* drain(socket.source("http-chunked", client)))[1]).to.equal(
          "invalid chunk size",
        );
      }));
  }

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
      { numRuns: 100 },
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
});
