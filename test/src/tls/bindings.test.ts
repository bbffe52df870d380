/** What LuaSec tells of an encrypted connection, in each state of it. */
import type * as net from "node:net";
import * as tls from "node:tls";
import { expect } from "chai";
import { ensure } from "effection";
import { fork, type Result, socket, type StreamObject } from "cosocket";
import { check } from "../../support/check.js";
import { listening, pair, portOf, until } from "../../support/pairs.js";
import { serverParams, trusting } from "../../support/tls.js";
import { authority, identity } from "../../support/transports.js";

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

  // Two ends that both took one for the other would agree.
  it("calls its own Finished message what a peer of Node's calls the peer's", () =>
    check(function* () {
      const { key, certificate: cert } = identity;
      let peer: tls.TLSSocket | undefined;
      const server = tls.createServer({ key, cert }, (encrypted) => (peer = encrypted));
      yield* ensure(() => {
        server.close();
        peer?.destroy();
      });
      server.listen(0, "127.0.0.1");
      yield* until(() => server.listening);
      const client = socket.tcp();
      const { port } = server.address() as net.AddressInfo;
      socket.try(yield* client.connect("127.0.0.1", port, { tls: trusting }));
      yield* until(() => peer !== undefined);
      expect(client.getfinished()[0]!.equals(peer!.getPeerFinished()!)).to.equal(true);
      expect(client.getpeerfinished()[0]!.equals(peer!.getFinished()!)).to.equal(true);
      client.close();

      const ours = yield* listening();
      peer = tls.connect({ host: "127.0.0.1", port: portOf(ours), ca: authority.certificate });
      const served = socket.try(yield* ours.accept());
      socket.try(yield* served.dohandshake(serverParams));
      expect(served.getfinished()[0]!.equals(peer.getPeerFinished()!)).to.equal(true);
      expect(served.getpeerfinished()[0]!.equals(peer.getFinished()!)).to.equal(true);
      served.close();
    }));
});
