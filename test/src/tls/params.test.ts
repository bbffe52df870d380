import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import type { Operation } from "effection";
import { expect } from "chai";
import { socket, type TlsParams } from "cosocket";
import { certificate } from "../../../examples/support/certificate.js";
import { check } from "../../support/check.js";
import { pair } from "../../support/pairs.js";
import {
  echoes,
  params,
  pemFolder,
  serverParams,
  serving,
  shake,
  trusting,
} from "../../support/tls.js";
import { authority, identity } from "../../support/transports.js";

const SECRET = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
const encrypted = createPrivateKey(identity.key)
  .export({ type: "pkcs8", format: "pem", cipher: "aes-128-cbc", passphrase: "pass" })
  .toString();
const { key, certificate: cert } = identity;
/** Its text says what it is, its bytes are none. */
const damaged = cert.replace(/MII/, "AAA");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
  type: "pkcs8",
  format: "pem",
}) as string;
const names = { "a.test": serverParams };

/** What a context of these parameters throws. */
function refused(given: unknown): string {
  try {
    socket.tls.newcontext(given as TlsParams);
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError);
    return String(error);
  }
  return "taken";
}

describe("TLS parameters", () => {
  const bad: [what: string, params: unknown, text: RegExp][] = [
    ["no object", 5, /must be an object, not 5/],
    ["a list", [], /must be an object, not an empty array/],
    ["a misspelt name", { verfy: "none" }, /no parameter "verfy": did you mean "verify"/],
    ["a wrong mode", { mode: "both" }, /"client" or "server", not "both"/],
    ["a wrong protocol", { protocol: "ssl9" }, /protocol must be .*not "ssl9"/],
    ["a wrong verify", { verify: "maybe" }, /verify must be .*not "maybe"/],
    ["a verify that says nothing", { verify: [] }, /verify must be .*not an empty array/],
    ["a flag that is none", { rejectUnauthorized: 0 }, /must be true or false, not 0/],
    [
      "an unknown option",
      { options: "no_tlsv11" },
      /OpenSSL has no option "no_tlsv11": did you mean "no_tlsv1_1"/,
    ],
    [
      "an unknown verifyext",
      { verifyext: "x" },
      /verifyext has no word "x": there are "lsec_continue"/,
    ],
    ["crl_check without a list", { verifyext: "crl_check" }, /needs a revocation list: give crl/],
    ["depth", { depth: 3 }, /"depth": Node verifies to OpenSSL's depth/],
    ["dane", { dane: true }, /"dane": .*checkServerIdentity/],
    ["a timeout", { handshakeTimeout: 5 }, /dohandshake has a timeout/],
    ["a socket", { socket: {} }, /"socket": the object itself is encrypted/],
    ["a server without key", { mode: "server" }, /a server needs a key/],
    ["a key without certificate", { key }, /a key without a certificate/],
    ["a certificate without key", { certificate: cert }, /a certificate without a key/],
    [
      "a key of another certificate",
      { key: certificate(["x"]).key, certificate: cert },
      /the key does not match/,
    ],
    ["a key of another kind", { key: rsa, certificate: cert }, /the key does not match/],
    ["key and certificate swapped", { key: cert, certificate: key }, /key holds no key in PEM/],
    ["no passphrase", { key: encrypted, certificate: cert }, /its passphrase/],
    ["a wrong one", { key: encrypted, certificate: cert, password: "x" }, /its passphrase/],
    [
      "a missing file",
      { cafile: "/no/such.pem" },
      /cafile: cannot read .*"\/no\/such.pem".*ENOENT/,
    ],
    ["a missing folder", { capath: "/no/such" }, /capath: cannot read the folder \(ENOENT\)/],
    ["an empty cafile", { cafile: "" }, /cafile must be PEM/],
    ["an empty ca", { ca: "" }, /ca must be PEM/],
    ["an authority that is damaged", { ca: damaged }, /ca: a certificate cannot be read: /],
    ["one that is cut", { cafile: cert.slice(0, 200) }, /cafile: a certificate cannot be read: /],
    ["one behind others", { ca: [cert, cert + damaged] }, /ca: a certificate cannot be read: /],
    ["a key as authority", { ca: key }, /ca holds no certificate in PEM/],
    ["a bad cipher", { ciphers: "nope" }, /no cipher match/],
    ["a cipher that is no suite", { ciphersuites: "AES128-SHA" }, /ciphersuites must be suites/],
    ["versions crosswise", { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }, /is above maxVersion/],
    ["two versions", { protocol: "tlsv1_2", minVersion: "TLSv1.3" }, /is that version alone/],
    ["one thing twice", { certificate: cert, cert, key }, /either certificate or cert, not both/],
    ["verify twice", { verify: "peer", rejectUnauthorized: false }, /not both/],
    ["a client's alpn function", { alpn: () => "x" }, /only a server chooses alpn/],
    ["an empty protocol", { alpn: [""] }, /alpn must be/],
    ["a client's contexts", { sni: { names } }, /only a server has sni with contexts/],
    ["a server's single name", { ...serverParams, sni: { names: "a" } }, /a server's sni is/],
    ["a server's servername", { ...serverParams, servername: "a" }, /only a client has servername/],
    ["a client's ticketKeys", { ticketKeys: Buffer.alloc(48) }, /only a server has ticketKeys/],
    ["two names", { servername: "a", sni: { names: "b" } }, /sni asks for "a"|sni asks for "b"/],
    [
      "names below names",
      { ...serverParams, sni: { names: { b: { ...serverParams, sni: { names } } } } },
      /names of its own/,
    ],
    [
      "a client's context below a name",
      { ...serverParams, sni: { names: { b: socket.tls.newcontext({}) } } },
      /must be a server's context/,
    ],
    ["a bad name", { ...serverParams, sni: { names: { "a.*": serverParams } } }, /is no name/],
    ["a text for a session", { session: "x" }, /session must be what getsession gave/],
  ];
  for (const [what, given, text] of bad)
    it(`${what} is refused when the context is made, by name`, () => {
      expect(refused(given)).to.match(text);
    });

  it("no secret is in an error, nor in what is printed of a context", () => {
    const texts = [
      refused({ key: SECRET, certificate: cert }),
      refused({ key: key.replace("BEGIN", "BEGUN"), certificate: cert }),
      refused({ password: 5, key: SECRET }),
      refused({ mode: SECRET }),
      inspect(socket.tls.newcontext({ ...serverParams, password: SECRET }), { depth: 9 }),
    ];
    for (const text of texts) {
      expect(text).not.to.contain(SECRET);
      expect(text).not.to.contain("PRIVATE KEY");
      expect(text).not.to.contain(key.split("\n")[1]);
    }
  });

  const good: [what: string, params: TlsParams][] = [
    ["options that OpenSSL has outlived", { options: ["single_dh_use", "single_ecdh_use", "all"] }],
    ["options without a constant in Node", { options: "no_extended_master_secret" }],
    ["a password function", { key: encrypted, certificate: cert, password: () => "pass" }],
    ["keys with passphrases", { key: [{ pem: encrypted, passphrase: "pass" }], cert: [cert] }],
    [
      "several certificates",
      { certificates: [{ key: encrypted, certificate: cert, password: "pass" }] },
    ],
    ["bytes", { key: Buffer.from(key), certificate: new TextEncoder().encode(cert) }],
  ];
  for (const [what, given] of good)
    it(`${what} are taken`, () =>
      check(function* () {
        const base = "options" in given ? serverParams : {};
        const [server] = yield* serving({ ...base, ...given });
        const [client, error] = yield* shake(server, trusting);
        expect(error).to.equal(undefined);
        yield* echoes(client);
      }));

  it("a dhparam function gives the parameters", () => {
    const asked: unknown[] = [];
    const given = refused({
      ...serverParams,
      dhparam: (...args: unknown[]) => {
        asked.push(...args);
        return "auto";
      },
    });
    expect([given, ...asked]).to.deep.equal(["taken", false, 2048]);
    expect(refused({ ...serverParams, dhparam: () => 5 })).to.match(/must return PEM/);
  });

  it("any PEM may be text or a file, and a folder may hold other things, too", () =>
    check(function* () {
      const [folder, write] = yield* pemFolder();
      write("README", "not a certificate");
      const ca = write("ca.pem", authority.certificate);
      const [server] = yield* serving({
        mode: "server",
        key: [write("key.pem", key)],
        cert: [write("cert.pem", cert)],
        ca,
      });
      for (const how of [{ ca }, { ca: [ca] }, { cafile: ca }, { capath: folder }])
        expect((yield* shake(server, how))[1]).to.equal(undefined);
    }));

  it("suites of TLS 1.3 alone do not turn TLS 1.2 off", () =>
    check(function* () {
      const ciphersuites = "TLS_AES_256_GCM_SHA384";
      const [server] = yield* serving({ ...serverParams, ciphersuites });
      const [old] = yield* shake(server, { ...trusting, protocol: "tlsv1_2" });
      expect(old.info()[0]?.protocol).to.equal("TLSv1.2");
      const [newer] = yield* shake(server, trusting);
      expect(newer.info()[0]?.cipher).to.equal(ciphersuites);
    }));

  it("what becomes of the parameters after the context is made does not matter", () =>
    check(function* () {
      const [server] = yield* serving(serverParams);
      const given: TlsParams = { verify: "peer" };
      const context = socket.tls.newcontext(given);
      const before = context.identity("localhost");
      given.verify = "none";
      given.servername = "other.test";
      expect(context.identity("localhost")).to.equal(before);
      expect((yield* shake(server, context))[1]).to.match(/^certificate verify failed/);
    }));

  it("the identity of a connection is that of its parameters and its name", () => {
    const id = (given: TlsParams, host = "h"): string =>
      socket.tls.newcontext(given).identity(host);
    const base = id(trusting);
    expect(id({ ...trusting })).to.equal(base);
    expect(id({ ...trusting, servername: "h" }, "elsewhere")).to.equal(base);
    expect(id({ ...trusting, sni: { names: "h" } }, "elsewhere")).to.equal(base);
    const others: TlsParams[] = [
      {},
      { ...trusting, verify: "none" },
      { ...trusting, servername: "" },
      { ...trusting, servername: "other" },
      { ...trusting, session: Buffer.from("x") },
      { ...trusting, ...params(identity), mode: "client" },
      { ...trusting, alpn: "x" },
      { ...trusting, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" },
      { ...trusting, checkServerIdentity: () => undefined },
      { ...trusting, checkServerIdentity: () => undefined },
    ];
    const all = others.map((given) => id(given));
    expect(new Set([base, ...all]).size).to.equal(all.length + 1);
  });

  it("bad parameters close the connection: nothing goes on in the clear", () =>
    check(function* () {
      const bad: unknown[] = [
        { verfy: "none" },
        { key: "/no/such.pem", certificate: cert },
        { ciphers: "nope" },
        { sni: { names } },
      ];
      for (const given of bad) {
        const [client, served] = yield* pair();
        expect(() => client.dohandshake(given as TlsParams)).to.throw(TypeError);
        expect(client.closed).to.equal(true);
        expect((yield* client.send("in the clear?"))[1]).to.equal("closed");
        expect((yield* served.receive())[1]).to.equal("closed");
      }
      const [client] = yield* pair();
      expect(() => client.dohandshake({}, NaN)).to.throw(/a number of seconds, not NaN/);
      expect(client.closed).to.equal(true);
    }));

  it("an encrypted connection survives a second handshake that is refused", () =>
    check(function* (): Operation<void> {
      const [server] = yield* serving(serverParams);
      const [client] = yield* shake(server, trusting);
      expect(() => client.dohandshake({ mode: "both" as never })).to.throw(TypeError);
      yield* echoes(client);
    }));
});
