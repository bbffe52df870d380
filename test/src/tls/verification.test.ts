import { Duplex } from "node:stream";
import { setImmediate as immediate } from "node:timers/promises";
import * as tls from "node:tls";
import { call, ensure, type Operation } from "effection";
import { expect } from "chai";
import { fork, socket, type Tcp, type TlsParams } from "cosocket";
import { certificate } from "../../../examples/support/certificate.js";
import { check } from "../../support/check.js";
import { pair, portOf, rawPair, until } from "../../support/pairs.js";
import {
  echoes,
  params,
  serverParams,
  serves,
  serving,
  shake,
  trusting,
} from "../../support/tls.js";
import { authority } from "../../support/transports.js";

const known = certificate(["client"], { issuer: authority });
const own: TlsParams = { key: known.key, certificate: known.certificate };
const named = certificate(["a.test"], { issuer: authority });

/** What a client of Node's says first. */
function* clientHello(servername: string): Operation<Buffer> {
  const said: Buffer[] = [];
  const wire = new Duplex({
    read() {},
    write: (bytes: Buffer, _, done) => (said.push(bytes), done()),
  });
  const client = tls.connect({ socket: wire, servername });
  yield* ensure(() => void client.destroy());
  yield* until(() => said.length > 0);
  return Buffer.concat(said);
}

/** A server that tells its client whom it takes it for. */
function telling(tls: TlsParams): Operation<[Tcp, string[]]> {
  return serves(
    function* (client) {
      const { verified } = socket.try(client.info());
      const subject = client.getpeercertificate()[0]?.subject ?? "nobody";
      const why = client.getpeerverification()[1] ?? "";
      yield* client.send(`${subject} ${verified} ${client.getalpn()[0] ?? "-"} ${why}\n`);
      yield* client.receive();
    },
    { tls },
  );
}

/** What the server says, or the client's error. */
function* enter(server: Tcp, how: TlsParams): Operation<string> {
  const [client, error] = yield* shake(server, how, "localhost");
  if (error) return error;
  const [line, failure] = yield* client.receive();
  client.close();
  return line ?? failure;
}

for (const protocol of ["tlsv1_2", "tlsv1_3"] as const) {
  const trust: TlsParams = { ...trusting, protocol };

  describe(`verification, ${protocol}`, () => {
    it("says verified only of a certificate that was shown and verified", () =>
      check(function* () {
        const [server] = yield* telling({ ...serverParams, ...trusting, verify: "peer" });
        const none = "certificate verify failed: the peer showed no certificate";
        expect(yield* enter(server, { ...trust, ...own })).to.equal("CN=client true - ");
        expect(yield* enter(server, trust)).to.equal(`nobody false - ${none}`);
        const [open] = yield* telling(serverParams);
        expect(yield* enter(open, { ...trust, ...own })).to.equal(`nobody false - ${none}`);
        const [client] = yield* shake(server, { protocol, verify: "none" }, "localhost");
        expect(socket.try(client.info()).verified).to.equal(false);
        const [refused, error] = yield* shake(server, { protocol }, "localhost");
        expect(error).to.match(/^certificate verify failed: \w+/);
        expect(refused.closed).to.equal(true);
        // One fault has one word.
        expect(client.getpeerverification()[1]).to.equal(error);
      }));

    it('"none" beside "peer" adds nothing, as in LuaSec', () =>
      check(function* () {
        const [server] = yield* serving(serverParams);
        const [, error] = yield* shake(server, { protocol, verify: ["none", "peer"] });
        expect(error).to.match(/^certificate verify failed/);
        const goOn: TlsParams = { protocol, verify: "peer", verifyext: "lsec_continue" };
        const [client, none] = yield* shake(server, goOn);
        expect(none).to.equal(undefined);
        expect(client.getpeerverification()[1]).to.match(/^certificate verify failed/);
      }));

    it("an empty servername asks for no name, and the host is verified", () =>
      check(function* () {
        const other = certificate(["localhost"], { issuer: authority });
        const [server] = yield* serving(params(other));
        const [client, error] = yield* shake(server, { ...trust, servername: "" }, "localhost");
        expect(error).to.equal(undefined);
        yield* echoes(client);
        const [, wrong] = yield* shake(server, { ...trust, servername: "" }, "127.0.0.1");
        expect(wrong).to.equal("certificate verify failed: hostname mismatch");
      }));

    it("a context of a name holds with all its parameters", () =>
      check(function* () {
        const strict: TlsParams = {
          ...params(named),
          ...trusting,
          verify: ["peer", "fail_if_no_peer_cert"],
          alpn: ["h2"],
        };
        const contexts = {
          "a.test": strict,
          "old.test": { ...serverParams, minVersion: "TLSv1.3" },
        };
        const names = contexts as Record<string, TlsParams>;
        const [server, failures] = yield* telling({ ...serverParams, alpn: ["x"], sni: { names } });
        const offer: TlsParams = { ...trust, alpn: ["h2", "x"] };
        expect(yield* enter(server, offer)).to.match(/^nobody false x /);
        const a: TlsParams = { ...offer, servername: "A.test" };
        expect(yield* enter(server, { ...a, ...own })).to.equal("CN=client true h2 ");
        // A client of TLS 1.3 has ended its handshake before the server sees its certificate.
        expect(yield* enter(server, a)).to.match(
          protocol === "tlsv1_3" ? /^closed$/ : /^tls handshake failed: .*handshake failure$/,
        );
        expect(failures).to.deep.equal(["tls handshake failed: peer did not return a certificate"]);
        if (protocol === "tlsv1_2") {
          const old = yield* enter(server, { ...trust, servername: "old.test" });
          expect(old).to.equal("tls handshake failed: protocol version");
          expect(failures[1]).to.equal(old);
        }
      }));

    it("a name that is refused is told to both sides; none is not refused, as in LuaSec", () =>
      check(function* () {
        const names = { "a.test": params(named) };
        const [server, failures] = yield* telling({
          ...serverParams,
          sni: { names, strict: true },
        });
        const word = "tls handshake failed: unrecognized name";
        expect(yield* enter(server, { ...trust, servername: "b.test" })).to.equal(word);
        expect(failures).to.deep.equal([word]);
        expect(yield* enter(server, { ...trust, servername: "" })).to.match(/^nobody/);
      }));

    it("a name that comes in pieces is read", () =>
      check(function* () {
        const [server] = yield* telling({
          ...serverParams,
          sni: { names: { "a.test": params(named) } },
        });
        const [client, served] = yield* pair();
        const there = socket.tcp();
        yield* ensure(() => void there.close());
        socket.try(yield* there.connect("127.0.0.1", portOf(server)));
        // Byte by byte to the server; what it says as it comes.
        yield* fork(function* () {
          for (;;) {
            const [bytes, err] = yield* served.receiveany(1);
            if (err) return;
            yield* there.send(bytes);
            yield* there.flush();
          }
        });
        yield* fork(function* () {
          for (;;) {
            const [bytes, err] = yield* there.receiveany();
            if (err) return;
            yield* served.send(bytes);
          }
        });
        socket.try(yield* client.dohandshake({ ...trust, servername: "a.test" }));
        expect(client.getpeercertificate()[0]!.subject).to.equal("CN=a.test");
      }));

    const boom = (): never => {
      throw new Error("boom");
    };
    const later = async (): Promise<never> => boom();
    const callbacks: [what: string, side: "server" | "client", params: unknown, word: RegExp][] = [
      ["an alpn function that throws", "server", { alpn: boom }, /: boom$/],
      ["an async alpn function", "server", { alpn: later }, /not a promise$/],
      ["an alpn function that invents", "server", { alpn: () => "z" }, /choose one of .*not "z"$/],
      ["an ALPNCallback that throws", "server", { ALPNCallback: boom }, /: boom$/],
      ["an SNICallback that throws", "server", { SNICallback: boom }, /: boom$/],
      ["an SNICallback that rejects", "server", { SNICallback: later }, /: boom$/],
      ["a checkServerIdentity that throws", "client", { checkServerIdentity: boom }, /: boom$/],
      ["an async one", "client", { checkServerIdentity: later }, /at once, not a promise$/],
    ];
    for (const [what, side, given, word] of callbacks) {
      it(`${what} fails the handshake, and nothing else`, () =>
        check(function* () {
          const bad = given as TlsParams;
          const [server, failures] = yield* telling(
            side === "server" ? { ...serverParams, ...bad } : serverParams,
          );
          const [client, error] = yield* shake(
            server,
            { ...trust, servername: "localhost", alpn: "x", ...(side === "client" ? bad : {}) },
            "localhost",
          );
          expect(error).to.be.a("string");
          expect(client.closed).to.equal(true);
          const told = side === "client" ? error : failures[0];
          expect(told).to.match(/^tls handshake failed: /);
          expect(told).to.match(word);
        }));
    }

    it("an error that checkServerIdentity returns is a verdict", () =>
      check(function* () {
        const [server] = yield* serving(serverParams);
        const [client, error] = yield* shake(server, {
          ...trust,
          checkServerIdentity: () => new Error("not the pinned key"),
        });
        expect(error).to.equal("certificate verify failed: not the pinned key");
        expect(client.lastError?.message).to.equal("not the pinned key");
      }));

    it("an SNICallback may take its time to choose", () =>
      check(function* () {
        const [server] = yield* serving({
          ...serverParams,
          SNICallback: (name, answer) =>
            setImmediate(() => answer(null, name === "a.test" ? params(named) : undefined)),
        });
        const [client] = yield* shake(server, { ...trust, servername: "a.test" });
        expect(client.getpeercertificate()[0]!.subject).to.equal("CN=a.test");
        const [other] = yield* shake(server, { ...trust, servername: "localhost" });
        expect(other.getpeercertificate()[0]!.subject).to.equal("CN=localhost");
      }));
  });
}

it("an SNICallback is asked once, whatever else comes while it takes its time", () =>
  check(function* () {
    const [served, peer] = yield* rawPair();
    peer.socket.write(yield* clientHello("a.test"));
    yield* until(() => served.dirty());
    const asked: string[] = [];
    const fiber = yield* fork(() =>
      served.dohandshake({ ...serverParams, SNICallback: (name) => void asked.push(name) }),
    );
    yield* until(() => asked.length > 0);
    yield* call(() => new Promise<void>((done) => peer.socket.write("more", () => done())));
    for (let turn = 0; turn < 10; turn++) yield* call(() => immediate());
    expect(asked).to.deep.equal(["a.test"]);
    yield* fiber.halt();
    expect(served.closed).to.equal(true);
  }));

it("a pre-shared key does without certificates, and is not called a verified one", () =>
  check(function* () {
    const psk = Buffer.from("00112233445566778899aabbccddeeff", "hex");
    const common: TlsParams = { ciphers: "PSK", maxVersion: "TLSv1.2" };
    const [server, failures] = yield* serving({
      ...common,
      mode: "server",
      pskCallback: (_, identity) => (identity === "me" ? psk : null),
    });
    const [client, error] = yield* shake(server, {
      ...common,
      pskCallback: () => ({ identity: "me", psk }),
    });
    expect(error).to.equal(undefined);
    expect(socket.try(client.info()).verified).to.equal(false);
    yield* echoes(client);
    const throws = (): never => {
      throw new Error("no key");
    };
    const [, wrong] = yield* shake(server, { ...common, pskCallback: throws });
    expect(wrong).to.equal("tls handshake failed: no key");
    expect(failures.length).to.be.at.most(1);
  }));
