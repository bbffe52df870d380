/** What is known of an encrypted connection: "closed", or "not a tls socket", where there is none. */
import { X509Certificate } from "node:crypto";
import type { TlsFacts } from "../network/index.js";
import { fail, type Failure, type Result } from "../object/index.js";
import type { Connection } from "../connection/index.js";
import type { TlsInfo } from "./methods.js";
import { rememberSession } from "./session.js";
import { certificateWord } from "./words.js";

function factsOf(connection: Connection): TlsFacts | Failure {
  if (connection.closed) return fail("closed");
  return connection.transport?.tls ?? fail("not a tls socket");
}

function tell<T>(connection: Connection, what: (facts: TlsFacts) => T): Result<T> {
  const facts = factsOf(connection);
  return Array.isArray(facts) ? facts : [what(facts)];
}

export function alpn(connection: Connection): Result<string | undefined> {
  return tell(connection, (facts) => facts.alpn());
}

export function serverName(connection: Connection): Result<string | undefined> {
  return tell(connection, (facts) => facts.servername());
}

export function peerCertificate(connection: Connection): Result<X509Certificate | undefined> {
  return tell(connection, (facts) => {
    const [first] = facts.certificates();
    return first && new X509Certificate(first);
  });
}

export function peerChain(connection: Connection): Result<X509Certificate[]> {
  return tell(connection, (facts) => facts.certificates().map((raw) => new X509Certificate(raw)));
}

export function localCertificate(connection: Connection): Result<X509Certificate | undefined> {
  return tell(connection, (facts) => {
    const certificate = facts.localCertificate();
    return certificate && new X509Certificate(certificate);
  });
}

export function verification(connection: Connection): Result<true> {
  const facts = factsOf(connection);
  if (Array.isArray(facts)) return facts;
  const why = facts.distrust();
  if (why === undefined) return [true];
  return fail(certificateWord(why), { operation: "getpeerverification", cause: why });
}

export function info(connection: Connection): Result<TlsInfo> {
  return tell(connection, (facts) => {
    const { name, standardName } = facts.cipher();
    return {
      protocol: facts.version(),
      cipher: name,
      standardName,
      reused: facts.resumed(),
      verified: facts.distrust() === undefined,
    };
  });
}

export function session(connection: Connection): Result<Buffer | undefined> {
  return tell(connection, (facts) => {
    const bytes = facts.session();
    return bytes && rememberSession(bytes, facts.trust);
  });
}

export function finished(connection: Connection, ofPeer: boolean): Result<Buffer | undefined> {
  return tell(connection, (facts) => facts.finished(ofPeer));
}

export function keyingMaterial(
  connection: Connection,
  label: string,
  length: number,
  context: string,
): Result<Buffer> {
  if (typeof label !== "string" || !Number.isInteger(length) || length < 1)
    throw new TypeError("exportkeyingmaterial takes a label and a positive number of bytes");
  return tell(connection, (facts) =>
    facts.keyingMaterial(length, label, Buffer.from(context, "latin1")),
  );
}
