/** What a handshake is told: LuaSec's names and Node's, side by side, made one. */
import { constants } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckServerIdentity, SecureContextOptions } from "../network/index.js";
import type { TlsContext } from "./context.js";

type Verify = "none" | "peer" | "client_once" | "fail_if_no_peer_cert";
type Protocol = "any" | "sslv23" | "tlsv1" | "tlsv1_1" | "tlsv1_2" | "tlsv1_3";
/** The contents of a PEM file, or (LuaSec) its name: what has no "-----BEGIN" in it is a name. */
type Pem = string | Buffer;

/** How to choose a protocol: `offered` are the client's, in its order. undefined refuses the connection. */
export type AlpnChoice = (offered: string[], servername: string) => string | undefined;

/** LuaSec's parameters. */
interface LuaSec {
  /** Default: "server" for an accepted connection, otherwise "client". */
  mode?: "client" | "server";
  /** Exactly this version. Default "any": TLS 1.2 and 1.3. */
  protocol?: Protocol;
  key?: Pem;
  password?: string;
  certificate?: Pem;
  /** Certificates of the authorities that are trusted, instead of those that Node comes with. */
  cafile?: Pem;
  /** A folder with such files. */
  capath?: string;
  /**
   * Client: "peer" (default) or "none". Server: "none" (default); "peer" asks for a certificate and verifies it;
   * with "fail_if_no_peer_cert" the client must show one.
   */
  verify?: Verify | readonly Verify[];
  /** OpenSSL's options, without `SSL_OP_`: "no_tlsv1_2", "no_ticket", "cipher_server_preference", "all" ... */
  options?: string | readonly string[];
  /** Ciphers up to TLS 1.2, and suites of TLS 1.3, as OpenSSL names them, with ":" between. */
  ciphers?: string;
  ciphersuites?: string;
  curve?: string;
  curveslist?: string;
  dhparam?: Pem;
  /** Protocols to offer or to accept, the first one first; a server may choose by itself. */
  alpn?: string | readonly string[] | AlpnChoice;
  /** Copas: a client's name to ask for, or a server's contexts by name; `strict` refuses names that are not there. */
  sni?: { names: string | Readonly<Record<string, TlsParams | TlsContext>>; strict?: boolean };
  /** Copas: the parameters, or a context, below `sni`. */
  wrap?: TlsParams | TlsContext;
}

/** Node's parameters, of tls.connect, tls.createServer and tls.createSecureContext. */
interface Node extends Pick<
  SecureContextOptions,
  | "ca"
  | "cert"
  | "crl"
  | "ecdhCurve"
  | "honorCipherOrder"
  | "maxVersion"
  | "minVersion"
  | "passphrase"
  | "pfx"
  | "secureOptions"
  | "sessionIdContext"
  | "sigalgs"
  | "ticketKeys"
> {
  /** The name to ask for, and to find in the certificate. Default: the host that was connected to. */
  servername?: string;
  rejectUnauthorized?: boolean;
  requestCert?: boolean;
  ALPNProtocols?: readonly string[];
  checkServerIdentity?: CheckServerIdentity;
  /** To be resumed: what `getsession` gave. */
  session?: Buffer;
}

export type TlsParams = LuaSec & Node;

const KEYS: readonly string[] = (
  "mode protocol key password certificate cafile capath verify options ciphers ciphersuites curve curveslist dhparam " +
  "alpn sni wrap ca cert crl ecdhCurve honorCipherOrder maxVersion minVersion passphrase pfx secureOptions " +
  "sessionIdContext sigalgs ticketKeys servername rejectUnauthorized requestCert ALPNProtocols checkServerIdentity session"
).split(" ");

const VERSIONS = {
  tlsv1: "TLSv1",
  tlsv1_1: "TLSv1.1",
  tlsv1_2: "TLSv1.2",
  tlsv1_3: "TLSv1.3",
} as const;

/** Misuse throws TypeError: a misspelt name here would be a hole. */
export function checkParams(params: unknown): asserts params is TlsParams {
  if (typeof params !== "object" || params === null)
    throw new TypeError(`TLS parameters must be an object, not ${String(params)}`);
  for (const key of Object.keys(params)) {
    if (!KEYS.includes(key))
      throw new TypeError(`unknown TLS parameter "${key}": there are ${KEYS.join(", ")}`);
  }
  const { mode } = params as TlsParams;
  if (mode !== undefined && mode !== "client" && mode !== "server")
    throw new TypeError(`TLS: mode must be "client" or "server", not ${JSON.stringify(mode)}`);
}

/** The part that goes into OpenSSL's context. Throws what Node throws of a bad key, cipher, ... */
export function contextOptions(params: TlsParams): SecureContextOptions {
  const { protocol = "any", password, ciphersuites, curve, curveslist } = params;
  const given: SecureContextOptions = {};
  for (const key of NODE_KEYS) if (params[key] !== undefined) given[key] = params[key] as never;
  const cert = params.certificate === undefined ? params.cert : pem(params.certificate);
  const ciphers = [ciphersuites, params.ciphers].filter((part) => part !== undefined).join(":");
  return {
    ...given,
    ...versions(protocol),
    ...present("key", params.key === undefined ? undefined : pem(params.key)),
    ...present("cert", cert),
    ...present("ca", authorities(params) ?? params.ca),
    ...present("passphrase", password ?? params.passphrase),
    ...present("ciphers", ciphers === "" ? undefined : ciphers),
    ...present("ecdhCurve", curveslist ?? curve ?? params.ecdhCurve),
    ...present("dhparam", params.dhparam === undefined ? undefined : pem(params.dhparam)),
    ...present("secureOptions", openSslOptions(params)),
  };
}

const NODE_KEYS = [
  "crl",
  "honorCipherOrder",
  "maxVersion",
  "minVersion",
  "pfx",
  "sessionIdContext",
  "sigalgs",
  "ticketKeys",
] as const;

function present<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
}

function versions(protocol: string): SecureContextOptions {
  if (protocol === "any" || protocol === "sslv23") return {};
  if (!Object.hasOwn(VERSIONS, protocol)) {
    throw new TypeError(
      `TLS: unknown protocol ${JSON.stringify(protocol)}: there are "any", ${Object.keys(VERSIONS).join(", ")}`,
    );
  }
  const version = VERSIONS[protocol as keyof typeof VERSIONS];
  return { minVersion: version, maxVersion: version };
}

function pem(value: Pem): string | Buffer {
  return typeof value === "string" && !value.includes("-----BEGIN") ? readFileSync(value) : value;
}

function authorities({ cafile, capath }: TlsParams): (string | Buffer)[] | undefined {
  if (cafile === undefined && capath === undefined) return undefined;
  const list: (string | Buffer)[] = cafile === undefined ? [] : [pem(cafile)];
  if (capath !== undefined) {
    for (const entry of readdirSync(capath, { withFileTypes: true }))
      if (entry.isFile() || entry.isSymbolicLink())
        list.push(readFileSync(join(capath, entry.name)));
  }
  return list;
}

function openSslOptions({ options, secureOptions }: TlsParams): number | undefined {
  if (options === undefined) return secureOptions;
  let bits = secureOptions ?? 0;
  for (const option of typeof options === "string" ? [options] : options) {
    const name = `SSL_OP_${option.toUpperCase().replace("_TLSV", "_TLSv").replace("_SSLV", "_SSLv")}`;
    const bit = (constants as unknown as Record<string, number | undefined>)[name];
    if (bit === undefined)
      throw new TypeError(`TLS: unknown option ${JSON.stringify(option)}: OpenSSL has no ${name}`);
    bits |= bit;
  }
  return bits;
}

/** Whether to ask for, to verify, and to insist on a certificate. */
export function verification(
  params: TlsParams,
  mode: "client" | "server",
): { request: boolean; verify: boolean; required: boolean } {
  const { verify, rejectUnauthorized, requestCert } = params;
  const words = verify === undefined ? undefined : typeof verify === "string" ? [verify] : verify;
  for (const word of words ?? []) {
    if (!["none", "peer", "client_once", "fail_if_no_peer_cert"].includes(word))
      throw new TypeError(
        `TLS: verify takes "none", "peer", "fail_if_no_peer_cert", not ${JSON.stringify(word)}`,
      );
  }
  if (mode === "client") {
    const on = words === undefined ? rejectUnauthorized !== false : !words.includes("none");
    return { request: true, verify: on, required: true };
  }
  const asked = words !== undefined && words.some((word) => word !== "none");
  const request = requestCert ?? asked;
  const required =
    words === undefined
      ? request && rejectUnauthorized !== false
      : words.includes("fail_if_no_peer_cert");
  return { request, verify: request && rejectUnauthorized !== false, required };
}
