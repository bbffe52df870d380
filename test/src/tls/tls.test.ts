import * as net from "node:net";
import { join } from "node:path";
import * as tls from "node:tls";
import { expect } from "chai";
import { ensure, type Operation, race } from "effection";
import { fork, sleep, socket, type TlsParams } from "cosocket";
import { certificate, type Certificate } from "../../../examples/support/certificate.js";
import { settle } from "cosocket/testing";
import { check, RawPeer } from "../../support/check.js";
import { listening, pair, portOf, rawPair, thrown, until } from "../../support/pairs.js";
import {
  echoes,
  params,
  pemFolder,
  serverParams,
  serving,
  shake,
  trusting,
} from "../../support/tls.js";
import { authority, identity, tlsPair } from "../../support/transports.js";

describe("tls", () => {
  it("encrypts in place, and tells what was agreed on", () =>
    check(function* () {
      const [server] = yield* serving({ ...serverParams, alpn: ["two", "one"] });
      const [client, error] = yield* shake(server, { ...trusting, alpn: ["one", "two"] });
      expect(error).to.equal(undefined);
      yield* echoes(client);
      expect(client.info()[0]).to.include({ protocol: "TLSv1.3", verified: true, reused: false });
      expect(client.getalpn()).to.deep.equal(["two"]);
      expect(client.getsniname()).to.deep.equal([undefined]);
      expect(client.getpeerverification()).to.deep.equal([true]);
      expect(client.getpeercertificate()[0]!.subject).to.equal("CN=localhost");
      expect(client.getpeerchain()[0]!.length).to.be.at.least(1);
      expect(String(yield* thrown(client.dohandshake()))).to.match(/is encrypted already/);
      client.close();
      expect(client.info()[1]).to.equal("closed");
      expect((yield* client.dohandshake())[1]).to.equal("closed");
      expect(socket.tcp().getalpn()[1]).to.equal("not a tls socket");
    }));

  it("the name that was connected to must be in the certificate; or the one that is asked for", () =>
    check(function* () {
      const [server] = yield* serving(serverParams);
      const [byName, error] = yield* shake(server, trusting, "localhost");
      expect(error).to.equal(undefined);
      yield* echoes(byName);
      const [other, wrong] = yield* shake(server, { ...trusting, servername: "other.test" });
      expect(wrong).to.equal("certificate verify failed: hostname mismatch");
      expect(other.closed).to.equal(true);
      const [, wild] = yield* shake(server, { ...trusting, servername: "a.example.test" });
      expect(wild).to.equal(undefined);
      const own: TlsParams = { ...trusting, servername: "x", checkServerIdentity: () => undefined };
      expect((yield* shake(server, own))[1]).to.equal(undefined);
    }));

  const bad: [name: string, server: Certificate, error: RegExp][] = [
    [
      "expired",
      certificate(["127.0.0.1"], { issuer: authority, to: new Date(Date.now() - 1000) }),
      /^certificate verify failed: certificate has expired$/,
    ],
    [
      "not yet valid",
      certificate(["127.0.0.1"], {
        issuer: authority,
        from: new Date(Date.now() + 12 * 3_600_000),
      }),
      /^certificate verify failed: certificate is not yet valid$/,
    ],
    [
      "self-signed",
      certificate(["127.0.0.1"]),
      /^certificate verify failed: self.signed certificate/,
    ],
    [
      "of another authority",
      certificate(["127.0.0.1"], {
        issuer: certificate(["another authority"], { authority: true }),
      }),
      /^certificate verify failed: unable to /,
    ],
    [
      "for another host",
      certificate(["192.0.2.1", "other.test"], { issuer: authority }),
      /^certificate verify failed: hostname mismatch$/,
    ],
  ];
  for (const [name, of, word] of bad) {
    it(`a certificate that is ${name} is refused, and the connection closed`, () =>
      check(function* () {
        const [server, failures] = yield* serving(params(of));
        const [client, error] = yield* shake(server, trusting);
        expect(error).to.match(word);
        expect(client.closed).to.equal(true);
        expect((yield* client.receive())[1]).to.equal("closed");
        // Unless it is said that nobody cares.
        const [careless, none] = yield* shake(server, { verify: "none" });
        expect(none).to.equal(undefined);
        expect(careless.getpeerverification()[1]).to.match(/^certificate verify failed/);
        yield* echoes(careless);
        expect(failures.length).to.be.at.most(1);
      }));
  }

  it("a plain-text peer is an error on both sides", () =>
    check(function* () {
      const [server, failures] = yield* serving(serverParams);
      const peer = RawPeer.connect(portOf(server));
      yield* ensure(() => void peer.socket.destroy());
      peer.socket.write("GET / HTTP/1.1\r\n\r\n");
      yield* until(() => failures.length === 1 && (peer.ended || peer.closed));
      expect(failures[0]).to.equal("unread data before the tls handshake");

      const plain = yield* listening();
      const client = socket.tcp();
      socket.try(yield* client.connect("127.0.0.1", portOf(plain)));
      const served = socket.try(yield* plain.accept());
      const shaking = yield* fork(() => client.dohandshake(trusting));
      yield* served.receiveany();
      yield* served.send("220 this is no TLS\r\n");
      expect((yield* shaking)[1]).to.equal("unread data before the tls handshake");
      expect(client.closed).to.equal(true);
      served.close();
    }));

  it("a peer that stops in the middle is a timeout, and the connection is closed", () =>
    check(function* () {
      const [server, failures] = yield* serving(serverParams, 0.02);
      const silent = RawPeer.connect(portOf(server));
      yield* ensure(() => void silent.socket.destroy());
      yield* until(() => failures.length === 1 && (silent.ended || silent.closed));
      expect(failures).to.deep.equal(["timeout"]);

      const mute = yield* listening();
      const client = socket.tcp();
      socket.try(yield* client.connect("127.0.0.1", portOf(mute)));
      client.settimeout(0.02);
      expect((yield* client.dohandshake(trusting))[1]).to.equal("timeout");
      expect(client.closed).to.equal(true);
      expect((yield* client.send("in the clear?"))[1]).to.equal("closed");
    }));

  it("a peer that closes in the middle is closed", () =>
    check(function* () {
      const [served, peer] = yield* rawPair();
      const shaking = yield* fork(() => served.dohandshake(serverParams));
      peer.socket.end();
      expect((yield* shaking)[1]).to.equal("closed");
      const server = yield* listening();
      const client = socket.tcp();
      socket.try(yield* client.connect("127.0.0.1", portOf(server)));
      const other = yield* fork(() => client.dohandshake(trusting));
      const accepted = socket.try(yield* server.accept());
      yield* accepted.receiveany();
      accepted.close();
      expect((yield* other)[1]).to.equal("closed");
    }));

  it("a truncated stream: what came is the partial, then closed", () =>
    check(function* () {
      const server = tls.createServer({ key: identity.key, cert: identity.certificate }, (s) => {
        s.on("error", () => {});
        s.write("half a li", () => raws.forEach((raw) => raw.destroy()));
      });
      const raws: net.Socket[] = [];
      server.on("connection", (raw: net.Socket) => raws.push(raw));
      server.listen(0, "127.0.0.1");
      yield* ensure(() => void server.close());
      yield* until(() => server.listening);
      const client = socket.tcp();
      yield* ensure(() => void client.close());
      socket.try(yield* client.connect("127.0.0.1", (server.address() as net.AddressInfo).port));
      socket.try(yield* client.dohandshake(trusting));
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", "half a li"]);
    }));

  it("what a client has sent before it closes arrives, though it has received nothing, and no ticket", () =>
    check(function* () {
      const [client, served] = yield* tlsPair();
      const size = 300_000;
      yield* client.send(Buffer.alloc(size, "x"));
      client.close();
      const [all] = yield* served.receive(Infinity);
      expect(all?.length).to.equal(size);
    }));

  it("cancelled, in the middle or by closing the object: everything is closed", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      socket.try(yield* client.connect("127.0.0.1", portOf(server)));
      yield* race([client.dohandshake(trusting), settle()]);
      expect(client.closed).to.equal(true);
      const other = socket.tcp();
      socket.try(yield* other.connect("127.0.0.1", portOf(server)));
      const shaking = yield* fork(() => other.dohandshake(trusting));
      yield* sleep(0);
      other.close();
      expect((yield* shaking)[1]).to.equal("closed");
    }));

  it("STARTTLS: what was sent before leaves in the clear, what is read after is encrypted", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const server = yield* fork(function* () {
        expect(yield* served.receive()).to.deep.equal(["STARTTLS"]);
        yield* served.send("220 go\r\n");
        socket.try(yield* served.dohandshake(serverParams));
        expect(yield* served.receive()).to.deep.equal(["secret"]);
        yield* served.send("got it\n");
      });
      yield* client.send("STARTTLS\r\n");
      expect(yield* client.receive()).to.deep.equal(["220 go"]);
      socket.try(yield* client.dohandshake(trusting));
      yield* client.send("secret\n");
      expect(yield* client.receive()).to.deep.equal(["got it"]);
      yield* server;
    }));

  it("STARTTLS is refused, and the connection closed, while text in the clear is unread", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* client.send("STARTTLS\r\nEVIL\r\n");
      yield* served.receive();
      expect((yield* served.dohandshake(serverParams))[1]).to.equal(
        "unread data before the tls handshake",
      );
      expect(served.closed).to.equal(true);
    }));

  it("a handshake that came before the server asked for it is taken", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const shaking = yield* fork(() => client.dohandshake(trusting));
      yield* until(() => served.dirty());
      socket.try(yield* served.dohandshake(serverParams));
      yield* shaking;
      yield* client.send("x\n");
      expect(yield* served.receive()).to.deep.equal(["x"]);
    }));

  it("a reader that waits through the handshake gets what comes encrypted", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const reader = yield* fork(() => client.receive());
      const other = yield* fork(() => served.dohandshake(serverParams));
      socket.try(yield* client.dohandshake(trusting));
      socket.try(yield* other);
      yield* served.send("first\n");
      expect(yield* reader).to.deep.equal(["first"]);
    }));

  it("one server, several certificates (SNI); strict refuses other names", () =>
    check(function* () {
      const [a, b] = ["a.test", "b.test"].map((name) => certificate([name], { issuer: authority }));
      const names = {
        "a.test": params(a!),
        "*.b.test": params(certificate(["x.b.test"], { issuer: authority })),
      };
      const [server] = yield* serving({ ...params(b!), sni: { names } });
      for (const name of ["a.test", "b.test", "x.b.test"]) {
        const [client, error] = yield* shake(server, { ...trusting, sni: { names: name } });
        expect(error, name).to.equal(undefined);
        expect(client.getpeercertificate()[0]!.subject).to.equal(`CN=${name}`);
        expect(client.getsniname()).to.deep.equal([name]);
      }
      const context = socket.tls.newcontext(params(b!));
      const [strict] = yield* serving({ wrap: context, sni: { names, strict: true } });
      expect((yield* shake(strict, { ...trusting, servername: "a.test" }))[1]).to.equal(undefined);
      expect((yield* shake(strict, { ...trusting, servername: "c.test" }))[1]).to.be.a("string");
    }));

  it("a server may choose the protocol by itself, or refuse", () =>
    check(function* () {
      const [server] = yield* serving({
        ...serverParams,
        alpn: (offered) => offered.find((name) => name.startsWith("h")),
      });
      const [client] = yield* shake(server, { ...trusting, ALPNProtocols: ["x", "h9"] });
      expect(client.getalpn()).to.deep.equal(["h9"]);
      expect((yield* shake(server, { ...trusting, alpn: "x" }))[1]).to.equal(
        "tls handshake failed: no application protocol",
      );
    }));

  it("asks clients for a certificate, verifies it, and may insist on one", () =>
    check(function* () {
      const known = params(certificate(["client"], { issuer: authority }));
      const unknown = params(certificate(["stranger"]));
      const peers: (string | undefined)[] = [];
      const server = yield* listening();
      const failures: string[] = [];
      let verify: NonNullable<TlsParams["verify"]> = "peer";
      yield* fork(function* () {
        for (;;) {
          const client = socket.try(yield* server.accept());
          const [, error] = yield* client.dohandshake({ ...serverParams, ...trusting, verify });
          if (error) failures.push(error);
          else {
            peers.push(client.getpeercertificate()[0]?.subject);
            yield* client.send("in\n");
          }
          client.close();
        }
      });
      const enter = function* (own: TlsParams): Operation<string | undefined> {
        const [client] = yield* shake(server, { ...trusting, ...own, mode: "client" });
        return (yield* client.receive())[0];
      };
      expect(yield* enter(known)).to.equal("in");
      expect(yield* enter({})).to.equal("in");
      expect(yield* enter(unknown)).to.equal(undefined);
      verify = ["peer", "fail_if_no_peer_cert"];
      expect(yield* enter({})).to.equal(undefined);
      expect(yield* enter(known)).to.equal("in");
      expect(peers).to.deep.equal(["CN=client", undefined, "CN=client"]);
      expect(failures[0]).to.match(/^certificate verify failed: .*self.signed/);
      expect(failures[1]).to.match(/^tls handshake failed: peer did not return a certificate/);
    }));

  it("speaks only what it is told to: protocol, ciphers, options", () =>
    check(function* () {
      const [server] = yield* serving({ ...serverParams, protocol: "tlsv1_2" });
      const [old] = yield* shake(server, { ...trusting, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" });
      expect(old.info()[0]).to.deep.include({
        protocol: "TLSv1.2",
        cipher: "ECDHE-ECDSA-AES128-GCM-SHA256",
      });
      expect((yield* shake(server, { ...trusting, protocol: "tlsv1_3" }))[1]).to.match(
        /^tls handshake failed: .*protocol version/,
      );
      const [newer] = yield* serving({ ...serverParams, options: ["no_tlsv1_2", "no_ticket"] });
      expect((yield* shake(newer, { ...trusting, maxVersion: "TLSv1.2" }))[1]).to.be.a("string");
    }));

  it("takes files, as LuaSec does, and folders of authorities", () =>
    check(function* () {
      const [folder, write] = yield* pemFolder();
      const key = write("key.pem", identity.key);
      const cert = write("cert.pem", identity.certificate);
      write("ca/root.pem", authority.certificate);
      const [server] = yield* serving({ key, certificate: cert });
      const [client, error] = yield* shake(server, { capath: join(folder, "ca") });
      expect(error).to.equal(undefined);
      yield* echoes(client);
    }));

  it("over any stream: who it must be has to be said", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const wrapped = socket.stream(
        net.connect({ port: 1, host: "127.0.0.1" }).on("error", () => {}),
      );
      expect(String(yield* thrown(wrapped.dohandshake(trusting)))).to.match(/set servername/);
      client.close();
      served.close();
    }));
});
