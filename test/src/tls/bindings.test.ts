/** What LuaSec tells of an encrypted connection, in each state of it. */
import { expect } from "chai";
import { fork, type Result, socket, type StreamObject } from "cosocket";
import { check } from "../../support/check.js";
import { pair } from "../../support/pairs.js";
import { serverParams, trusting } from "../../support/tls.js";

const LABEL = "EXPORTER-Channel-Binding";

const QUESTIONS: Record<string, (stream: StreamObject) => Result<unknown>> = {
  getfinished: (stream) => stream.getfinished(),
  getpeerfinished: (stream) => stream.getpeerfinished(),
  exportkeyingmaterial: (stream) => stream.exportkeyingmaterial(LABEL, 32),
  getlocalcertificate: (stream) => stream.getlocalcertificate(),
  getpeercertificate: (stream) => stream.getpeercertificate(),
  getpeerchain: (stream) => stream.getpeerchain(),
  getpeerverification: (stream) => stream.getpeerverification(),
  getalpn: (stream) => stream.getalpn(),
  getsniname: (stream) => stream.getsniname(),
  getsession: (stream) => stream.getsession(),
  info: (stream) => stream.info(),
};

const told = (stream: StreamObject): object =>
  Object.fromEntries(Object.entries(QUESTIONS).map(([name, ask]) => [name, ask(stream)[1]]));
const everywhere = (word: string): object =>
  Object.fromEntries(Object.keys(QUESTIONS).map((name) => [name, word]));

describe("what is known of an encrypted connection", () => {
  it('is "not a tls socket" in the clear, and "closed" after close', () =>
    check(function* () {
      const [plain] = yield* pair();
      expect(told(socket.tcp())).to.deep.equal(everywhere("not a tls socket"));
      expect(told(plain)).to.deep.equal(everywhere("not a tls socket"));
      plain.close();
      expect(told(plain)).to.deep.equal(everywhere("closed"));
    }));

  for (const protocol of ["tlsv1_2", "tlsv1_3"] as const)
    it(`binds both ends to each other, until it is closed: ${protocol}`, () =>
      check(function* () {
        const [a, b] = yield* pair();
        const served = yield* fork(() => b.dohandshake({ ...serverParams, protocol }));
        socket.try(yield* a.dohandshake({ ...trusting, protocol }));
        socket.try(yield* served);
        expect(a.info()[0]!.protocol).to.equal(protocol === "tlsv1_2" ? "TLSv1.2" : "TLSv1.3");
        for (const [one, other] of [
          [a, b],
          [b, a],
        ] as const) {
          const finished = one.getfinished()[0]!;
          expect(finished.length).to.be.at.least(12);
          expect(other.getpeerfinished()[0]!.equals(finished)).to.equal(true);
        }
        expect(a.getfinished()[0]!.equals(b.getfinished()[0]!)).to.equal(false);
        const [mine] = a.exportkeyingmaterial(LABEL, 32);
        expect(mine!.length).to.equal(32);
        expect(b.exportkeyingmaterial(LABEL, 32)[0]!.equals(mine!)).to.equal(true);
        expect(a.exportkeyingmaterial("EXPORTER-other", 32)[0]!.equals(mine!)).to.equal(false);
        expect(a.exportkeyingmaterial(LABEL, 32, "context")[0]!.equals(mine!)).to.equal(false);
        expect(() => a.exportkeyingmaterial(LABEL, 0)).to.throw(TypeError, "a positive number");
        const shown = b.getlocalcertificate()[0]!;
        expect(a.getpeercertificate()[0]!.fingerprint256).to.equal(shown.fingerprint256);
        expect(a.getlocalcertificate()).to.deep.equal([undefined]);
        expect(b.getpeercertificate()).to.deep.equal([undefined]);
        a.close();
        expect(told(a)).to.deep.equal(everywhere("closed"));
      }));
});
