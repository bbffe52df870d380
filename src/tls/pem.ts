/** Keys and certificates, given as text or by the name of a file. */
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Pem } from "./params.js";

/** What a PEM file must have in it. */
const LABELS = {
  key: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/,
  certificate: /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/,
  "revocation list": /-----BEGIN X509 CRL-----/,
  "DH parameter": /-----BEGIN (?:X9\.42 )?DH PARAMETERS-----/,
} as const;

const CERTIFICATES = new RegExp(
  `${LABELS.certificate.source}[^]*?(?:-----END [A-Z0-9 ]+-----|$)`,
  "g",
);

export type PemKind = keyof typeof LABELS;

/** The text of `value`. Throws TypeError if there is no such file, or if it holds something else. */
export function readPem(name: string, value: Pem, kind: PemKind): string {
  const named = typeof value === "string" && !value.includes("-----BEGIN");
  const bytes = named ? readFile(name, value) : value;
  const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
  if (!LABELS[kind].test(text))
    throw new TypeError(`TLS: ${name} holds no ${kind} in PEM ("-----BEGIN ...")`);
  return text;
}

/**
 * Certificates of authorities. OpenSSL reads them up to the first one that it does not understand, and says nothing: those behind it, or
 * all, would not be trusted. Throws TypeError for such a one.
 */
export function readAuthorities(name: string, value: Pem): string {
  const text = readPem(name, value, "certificate");
  for (const [certificate] of text.matchAll(CERTIFICATES)) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      const { message } = error as Error;
      throw new TypeError(`TLS: ${name}: a certificate cannot be read: ${message}`, {
        cause: error,
      });
    }
  }
  return text;
}

/** Contents of a file. Throws TypeError if it cannot be read; a value that looks like no name may be a secret, and is not shown. */
export function readFile(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code = "unknown" } = error as { code?: string };
    const shown =
      file.length <= 200 && /\.[\w-]{1,10}$/.test(file) ? ` ${JSON.stringify(file)}` : "";
    const text = `TLS: ${name}: cannot read the file${shown} (${code}), and it is no PEM text`;
    throw Object.assign(new TypeError(text), { code });
  }
}

/** The certificates in a folder; other files in it are passed over. */
export function readFolder(capath: string): string[] {
  let entries;
  try {
    entries = readdirSync(capath, { withFileTypes: true });
  } catch (error) {
    const { code = "unknown" } = error as { code?: string };
    throw Object.assign(new TypeError(`TLS: capath: cannot read the folder (${code})`), { code });
  }
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => readFile("capath", join(capath, entry.name)).toString("latin1"))
    .filter((text) => LABELS.certificate.test(text));
}
