/**
 * Certificates for trying things out, made with node:crypto alone: an X.509 certificate is a small tree of DER (RFC 5280).
 * Not for production: there are authorities for that.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

export interface Certificate {
  /** PEM, as TLS parameters take them. */
  certificate: string;
  key: string;
  /** For certificates that this one signs. */
  name: string;
  privateKey: KeyObject;
}

export interface CertificateOptions {
  /** Who signs it; default: it signs itself. */
  issuer?: Certificate;
  /** Whether it may sign others. */
  authority?: boolean;
  /** Default: from an hour ago, for a day. */
  from?: Date;
  to?: Date;
}

const HOUR = 3_600_000;

/** A certificate for host names and IP addresses; the first one is its subject. */
export function certificate(names: string[], options: CertificateOptions = {}): Certificate {
  const { issuer, authority = false } = options;
  const { from = new Date(Date.now() - HOUR), to = new Date(Date.now() + 24 * HOUR) } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = names[0]!;
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_SHA256,
    subject(issuer?.name ?? name),
    sequence(time(from), time(to)),
    subject(name),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(basicConstraints(authority), alternativeNames(names))),
  );
  const signature = sign("sha256", body, issuer?.privateKey ?? privateKey);
  const whole = sequence(body, ECDSA_SHA256, tagged(0x03, Buffer.of(0), signature));
  return {
    certificate: pem("CERTIFICATE", whole),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    name,
    privateKey,
  };
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const identifier = (...bytes: number[]): Buffer => tagged(0x06, Buffer.of(...bytes));

// 1.2.840.10045.4.3.2
const ECDSA_SHA256 = sequence(identifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** A distinguished name with nothing but a common name. */
function subject(name: string): Buffer {
  return sequence(
    tagged(0x31, sequence(identifier(0x55, 0x04, 0x03), tagged(0x0c, Buffer.from(name)))),
  );
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return tagged(0x18, Buffer.from(digits));
}

function basicConstraints(authority: boolean): Buffer {
  const critical = tagged(0x01, Buffer.of(0xff));
  const value = authority ? sequence(tagged(0x01, Buffer.of(0xff))) : sequence();
  return sequence(identifier(0x55, 0x1d, 0x13), critical, tagged(0x04, value));
}

function alternativeNames(names: string[]): Buffer {
  const list = names.map((name) =>
    isIP(name) === 4
      ? tagged(0x87, Buffer.from(name.split(".").map(Number)))
      : tagged(0x82, Buffer.from(name)),
  );
  return sequence(identifier(0x55, 0x1d, 0x11), tagged(0x04, sequence(...list)));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
