/** What LuaSocket's mime does not have, or does otherwise: text, names, misuse. (The rest: test/luasocket-modules.test.ts) */
import { expect } from "chai";
import fc from "fast-check";
import type { Data } from "cosocket";
import { type Filter, ltn12 } from "cosocket/ltn12";
import { mime } from "cosocket/mime";
import { check } from "../../support/check.js";

/** What a filter makes of pieces: after each it is asked for more of it. */
function through(change: Filter, pieces: readonly Data[]): Buffer {
  const made: Buffer[] = [];
  for (const piece of [...pieces, undefined])
    for (
      let given = change(piece);
      given !== undefined && given.length > 0;
      given = change(piece === undefined ? undefined : "")
    )
      made.push(Buffer.from(given as string));
  return Buffer.concat(made);
}

/** Bytes, and where they are cut. */
const cut = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });

describe("mime", () => {
  it("base64 is Node's, however the bytes are cut, and comes back as it was, also wrapped", () => {
    fc.assert(
      fc.property(cut, fc.integer({ min: 1, max: 100 }), (pieces, length) => {
        const whole = Buffer.concat(pieces);
        const encoded = through(mime.encode("base64"), pieces);
        expect(String(encoded)).to.equal(whole.toString("base64"));
        const wrapped = ltn12.filter.chain(mime.encode("base64"), mime.wrap(length));
        expect(through(mime.decode("base64"), [through(wrapped, pieces)]).equals(whole)).to.equal(
          true,
        );
      }),
    );
  });

  it("quoted-printable comes back as it was, but for ends of lines, in lines of 76 bytes", () => {
    fc.assert(
      fc.property(cut, (pieces) => {
        const encode = ltn12.filter.chain(
          mime.encode("quoted-printable", "binary"),
          mime.wrap("quoted-printable"),
        );
        const encoded = through(encode, pieces);
        for (const line of String(encoded).split("\r\n")) expect(line.length).to.be.at.most(76);
        const decoded = through(mime.decode("quoted-printable"), [encoded]);
        expect(decoded.equals(Buffer.concat(pieces))).to.equal(true);
      }),
    );
  });

  it("takes text, which is UTF-8, and gives bytes", () => {
    const [secret, rest] = mime.b64("Aladdin:öffne");
    expect(`Basic ${String(secret)}`).to.equal("Basic QWxhZGRpbjrDtmZmbmU=");
    expect(rest).to.equal(undefined);
    expect(mime.unb64(secret)[0]).to.deep.equal(Buffer.from("Aladdin:öffne"));
    expect(String(mime.qp(["a", Buffer.from("ö")])[0])).to.equal("a=C3=B6");
    expect(mime.eol(0, "a\nb", "\r\n")).to.deep.equal([Buffer.from("a\r\nb"), 0]);
  });

  it("what is left over is no view of the piece, whose memory may be used again", () => {
    const piece = Buffer.from("abcd");
    const [, rest] = mime.b64("", piece);
    piece.fill("x");
    expect(String(rest)).to.equal("d");
  });

  it("has tables of encodings, to which others can be added", () =>
    check(function* () {
      mime.encodet["upper"] = () => (piece) => piece && String(piece).toUpperCase();
      const [table, pieces] = ltn12.sink.table();
      yield* ltn12.pump.all(
        ltn12.source.chain(ltn12.source.table(["a", "b"]), mime.encode("upper")),
        table,
      );
      delete mime.encodet["upper"];
      expect(pieces).to.deep.equal(["A", "B"]);
    }));

  it("misuse is told at the call", () => {
    const wrong = 5 as never;
    const misuse: [() => unknown, string][] = [
      [
        () => mime.encode("base46"),
        'unknown key ("base46"): there is none "base46": did you mean "base64"?',
      ],
      [() => mime.encode(undefined as never), 'unknown key ("default")'],
      [() => mime.decode("toString"), 'unknown key ("toString")'],
      [() => mime.wrap("html"), 'unknown key ("html")'],
      [() => mime.wrap(-1.5), "mime.wrap takes a length"],
      [() => mime.b64(wrong), "mime.b64 takes a string or bytes, not 5"],
      [() => mime.qp("a", wrong), "mime.qp takes a string or bytes, not 5"],
      [() => mime.eol(0, wrong), "mime.eol takes a string or bytes, not 5"],
      [() => mime.eol("x" as never, "a"), "mime.eol takes a number first"],
      [() => mime.wrp(undefined as never, "a"), "mime.wrp takes a number first"],
      [() => mime.normalize(wrong), "mime.normalize takes a string or bytes, not 5"],
    ];
    for (const [call, text] of misuse) expect(call, text).to.throw(TypeError, text);
  });
});
