import { expect } from "chai";
import fc from "fast-check";
import { Boundary } from "../../../src/connection/boundary.js";
import type { Encoding } from "../../../src/object/data.js";
import { ReceiveBuffer } from "../../../src/connection/receive-buffer.js";
import { dropCR } from "../../../src/connection/text.js";
import { bytesInUse } from "../../support/memory.js";
import { runs } from "../../support/counts.js";

/** Bytes in which everything that matters is frequent. */
export const bytes = fc
  .array(
    fc.oneof(
      fc
        .constantFrom("\n", "\r", "\r\n", "\0", "a", "line\n", "ä", "€", "😀")
        .map((text) => Buffer.from(text)),
      fc.constantFrom(0xff, 0xc3, 0xe2, 0xf0, 0x80, 0xed).map((byte) => Buffer.of(byte)),
      fc.string({ maxLength: 20 }).map((text) => Buffer.from(text)),
    ),
    { maxLength: 60 },
  )
  .map((pieces) => Buffer.concat(pieces));

/** Cut `data` at random places. */
export function cut(data: Buffer, cuts: number[]): Buffer[] {
  const places = [...new Set(cuts.map((at) => at % (data.length + 1)))].sort((a, b) => a - b);
  return [...places, data.length].map((end, i) =>
    Buffer.from(data.subarray(i === 0 ? 0 : places[i - 1], end)),
  );
}

export const cuts = fc.array(fc.nat(500), { maxLength: 30 });

describe("the receive buffer", () => {
  it("gives what a single string would give, for every cut and every sequence of patterns", () => {
    const step = fc.oneof(
      fc.record({ take: fc.constantFrom("line" as const, "raw" as const), n: fc.constant(0) }),
      fc.record({ take: fc.constantFrom("bytes" as const, "text" as const), n: fc.nat(40) }),
    );
    const encoding = fc.constantFrom<Encoding>("utf8", "latin1");
    fc.assert(
      fc.property(
        bytes,
        cuts,
        fc.array(step, { maxLength: 40 }),
        encoding,
        (data, places, steps, encoding) => {
          const buffer = new ReceiveBuffer();
          const chunks = cut(data, places);
          let model = Buffer.alloc(0);
          const more = (): boolean => {
            const chunk = chunks.shift();
            if (chunk === undefined) return false;
            buffer.push(chunk);
            model = Buffer.concat([model, chunk]);
            return true;
          };
          for (const { take, n } of steps) {
            if (take === "bytes") {
              while (buffer.size < n && more());
              const count = Math.min(n, buffer.size);
              expect(buffer.take(count)).to.deep.equal(model.subarray(0, count));
              model = model.subarray(count);
            } else if (take === "text") {
              more();
              const before = buffer.size;
              const text = buffer.takeText(n, encoding, false);
              const taken = before - buffer.size;
              expect(text).to.equal(model.subarray(0, taken).toString(encoding));
              expect(taken).to.be.at.most(n);
              model = model.subarray(taken);
            } else {
              while (buffer.lineLength() < 0 && more());
              const end = model.indexOf(10);
              expect(buffer.lineLength()).to.equal(end);
              if (end < 0) continue;
              if (take === "raw") {
                expect(buffer.takeRawLine(encoding)).to.equal(
                  model.subarray(0, end + 1).toString(encoding),
                );
              } else {
                const line = model.subarray(0, end).toString(encoding).replaceAll("\r", "");
                expect(buffer.takeLine(encoding)).to.equal(line);
              }
              model = model.subarray(end + 1);
            }
            expect(buffer.size).to.equal(model.length);
          }
        },
      ),
      { numRuns: runs(200, 1000) },
    );
  });

  it("never splits a character, wherever the text is cut, and loses none of its bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), cuts, (text, places) => {
        const buffer = new ReceiveBuffer();
        let seen = "";
        for (const chunk of cut(Buffer.from(text), places)) {
          buffer.push(chunk);
          seen += buffer.takeText(Infinity, "utf8", false);
          expect(text.startsWith(seen)).to.equal(true);
        }
        expect(seen + buffer.takeText(Infinity, "utf8", true)).to.equal(text);
      }),
      { numRuns: runs(100, 500) },
    );
  });

  it("decodes invalid UTF-8 as Node does, and keeps no byte back for ever", () => {
    for (const broken of [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
    ]) {
      const buffer = new ReceiveBuffer();
      buffer.push(Buffer.from(broken));
      const first = buffer.takeText(Infinity, "utf8", false);
      const all = first + buffer.takeText(Infinity, "utf8", true);
      expect(all).to.equal(Buffer.from(broken).toString());
      expect(buffer.size).to.equal(0);
    }
  });

  it("takes lines out of large chunks, ASCII and not", () => {
    for (const line of ["x".repeat(80), "ä".repeat(40), "\rx\ry\r"]) {
      const buffer = new ReceiveBuffer();
      buffer.push(Buffer.from(`${line}\n`.repeat(2000)));
      for (let i = 0; i < 2000; i++) {
        expect(buffer.lineLength()).to.equal(Buffer.byteLength(line));
        expect(buffer.takeLine("utf8")).to.equal(dropCR(line));
      }
      expect(buffer.size).to.equal(0);
    }
  });

  it("searches a long line once, in however many chunks it comes", () => {
    const buffer = new ReceiveBuffer();
    for (let i = 0; i < 20_000; i++) {
      buffer.push(Buffer.from("abc"));
      expect(buffer.lineLength()).to.equal(-1);
    }
    buffer.push(Buffer.from("\nnext"));
    expect(buffer.lineLength()).to.equal(60_000);
    expect(buffer.takeLine("utf8") === "abc".repeat(20_000)).to.equal(true);
    expect(buffer.take(4).toString()).to.equal("next");
  });

  it("costs no more than a few times its bytes, though each byte comes on its own", () => {
    const before = bytesInUse();
    const buffer = new ReceiveBuffer();
    // As Node hands over a segment: a block of memory of its own.
    for (let i = 0; i < 200_000; i++) buffer.push(Buffer.allocUnsafeSlow(1).fill("x"));
    expect(bytesInUse() - before).to.be.lessThan(4 * 200_000);
    expect(buffer.take(200_000).equals(Buffer.alloc(200_000, "x"))).to.equal(true);
  });

  it("keeps no chunk alive because of a short line, or a small block, that a program keeps", () => {
    const before = bytesInUse();
    const buffer = new ReceiveBuffer();
    const kept: unknown[] = [];
    for (let i = 0; i < 200; i++) {
      const chunk = Buffer.allocUnsafeSlow(64 * 1024).fill("only this short line is kept\n");
      buffer.push(chunk);
      buffer.lineLength();
      kept.push(buffer.takeLine("utf8"), buffer.take(10));
      buffer.take(buffer.size);
    }
    expect(bytesInUse() - before).to.be.lessThan(200 * 4096);
    expect(kept.length).to.equal(400);
  });

  for (const [what, boundary, stream] of [
    ["a short one", "--", "-x".repeat(5000)],
    ["a long one with many beginnings of it", `${"a".repeat(2000)}b`, "a".repeat(10_000)],
    ["a long one that ends like the stream", `b${"a".repeat(200)}`, "a".repeat(10_000)],
  ] as const) {
    for (const size of [1, 7, 1460]) {
      it(`looks at no byte twice for a boundary, ${what}, in segments of ${size}`, () => {
        const search = new Boundary(Buffer.from(boundary), false);
        const buffer = new ReceiveBuffer();
        let seen = 0;
        const pieceAt = buffer.pieceAt.bind(buffer);
        buffer.pieceAt = (position) => {
          const piece = pieceAt(position);
          seen += piece.length;
          return piece;
        };
        const bytes = Buffer.from(stream);
        for (let i = 0; i < bytes.length; i += size) {
          buffer.push(bytes.subarray(i, i + size));
          expect(search.find(buffer, 0)).to.equal(false);
        }
        expect(seen).to.equal(bytes.length);
      });
    }
  }
});
