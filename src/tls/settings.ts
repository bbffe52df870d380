/** Parameters made ready: files read, LuaSec's names and Node's made one. From here on nothing of the user's objects is looked at. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { shown, unknownName } from "../../reactor/index.js";
import {
  defaultCiphers,
  type CheckServerIdentity,
  type SecureContextOptions,
} from "../network/index.js";
import { openSslOptions } from "./options.js";
import type { AlpnChoice, KeyPair, Pem, Params } from "./params.js";
import { readAuthorities, readFile, readFolder, readPem, type PemKind } from "./pem.js";
import { trustOf } from "./session.js";

/** Of whatever they can be made ready as. */
type AnyParams = Params<unknown>;

/** Which side of a TLS handshake it is. */
export type Mode = "client" | "server";

/** Whether to ask for a certificate, to refuse one that cannot be verified, and to insist on one. */
export interface Checks {
  request: boolean;
  verify: boolean;
  required: boolean;
}

export interface Settings {
  mode: Mode;
  /** For OpenSSL's context. */
  openSsl: SecureContextOptions;
  checks: Checks;
  /** Client: the name to ask for and to verify; "": ask for none; undefined: the host. */
  servername: string | undefined;
  alpn: string[] | AlpnChoice | undefined;
  session: { bytes: Buffer; trust: string | undefined } | undefined;
  checkServerIdentity: CheckServerIdentity | undefined;
  minDHSize: number | undefined;
  psk: AnyParams["pskCallback"];
  pskIdentityHint: string | undefined;
  /** A cut is taken for an end. */
  lenient: boolean;
}

export function settings(params: AnyParams, mode: Mode): Settings {
  const options = openSslOptions(list(params.options), params.secureOptions);
  const openSsl = contextOptions(params, options.bits);
  checkKeys(params, openSsl, mode);
  const { session, checkServerIdentity, minDHSize, pskCallback, pskIdentityHint } = params;
  return {
    mode,
    openSsl,
    checks: verification(params, mode),
    servername: servername(params),
    alpn: alpn(params, mode),
    // The user may write over his buffer; that it is a session of ours is known of the buffer itself.
    session: session && { bytes: Buffer.from(session), trust: trustOf(session) },
    checkServerIdentity,
    minDHSize,
    psk: pskCallback,
    pskIdentityHint,
    lenient: options.ignoreEof,
  };
}

export function servername({ sni, servername }: AnyParams): string | undefined {
  if (typeof sni?.names !== "string") return servername;
  if (servername !== undefined && servername !== sni.names)
    throw new TypeError(
      `TLS: sni asks for ${shown(sni.names)}, servername for ${shown(servername)}`,
    );
  return sni.names;
}

function alpn(params: AnyParams, mode: Mode): string[] | AlpnChoice | undefined {
  const { alpn, ALPNProtocols, ALPNCallback } = params;
  if (ALPNCallback !== undefined)
    return (protocols, servername) => ALPNCallback({ servername, protocols });
  if (typeof alpn === "function") {
    if (mode === "server") return alpn;
    throw new TypeError(
      "TLS: only a server chooses alpn by a function: a client names its protocols",
    );
  }
  const names = alpn ?? ALPNProtocols;
  if (names === undefined) return undefined;
  return typeof names === "string" ? [names] : [...names];
}

/** Of LuaSec's words, as of OpenSSL's bits, each adds something, and "none" nothing. */
function verification(params: AnyParams, mode: Mode): Checks {
  const { verify, rejectUnauthorized = true, requestCert = false } = params;
  const goOn = list(params.verifyext).includes("lsec_continue");
  for (const word of list(params.verifyext)) checkVerifyExt(word, params);
  const words = list(verify);
  const asked = verify === undefined ? undefined : words.some((word) => word !== "none");
  if (mode === "client")
    return { request: true, verify: (asked ?? rejectUnauthorized) && !goOn, required: true };
  const request = asked ?? requestCert;
  const required =
    asked === undefined
      ? requestCert && rejectUnauthorized
      : words.includes("fail_if_no_peer_cert");
  return { request, required, verify: request && (asked ?? rejectUnauthorized) && !goOn };
}

const VERIFYEXT = ["lsec_continue", "crl_check", "crl_check_chain"];

function checkVerifyExt(word: string, { crl }: AnyParams): void {
  if (word === "lsec_continue") return;
  if (word === "crl_check" || word === "crl_check_chain") {
    if (crl !== undefined) return;
    throw new TypeError(`TLS: verifyext ${shown(word)} needs a revocation list: give crl`);
  }
  throw new TypeError(
    word === "lsec_ignore_purpose"
      ? `TLS: verifyext ${shown(word)}: Node always looks at a certificate's purpose`
      : `TLS: verifyext has no word ${unknownName(word, VERIFYEXT)}`,
  );
}

// ---- OpenSSL's part -------------------------------------------------------------------------------------------------

function contextOptions(params: AnyParams, bits: number): SecureContextOptions {
  const { password, passphrase, dhparam, pfx, crl } = params;
  const given: SecureContextOptions = {};
  for (const key of AS_THEY_ARE) if (params[key] !== undefined) given[key] = params[key] as never;
  return {
    ...given,
    ...present("ticketKeys", params.ticketKeys && Buffer.from(params.ticketKeys)),
    ...versions(params),
    ...present("key", keys(params)),
    ...present("cert", certificates(params)),
    ...present("ca", authorities(params)),
    ...present("crl", crl === undefined ? undefined : pems("crl", crl, "revocation list")),
    ...present(
      "pfx",
      pfx === undefined
        ? undefined
        : typeof pfx === "string"
          ? readFile("pfx", pfx)
          : Buffer.from(pfx),
    ),
    ...present("passphrase", secret(password) ?? passphrase),
    ...present("ciphers", ciphers(params)),
    ...present("ecdhCurve", params.curveslist ?? params.curve ?? params.ecdhCurve),
    ...present("dhparam", dhparam === undefined ? undefined : parameters(dhparam)),
    ...present("secureOptions", bits === 0 ? undefined : bits),
  };
}

const AS_THEY_ARE = [
  "allowPartialTrustChain",
  "honorCipherOrder",
  "sessionIdContext",
  "sessionTimeout",
  "sigalgs",
] as const;

function present<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
}

const VERSIONS = {
  tlsv1: "TLSv1",
  tlsv1_1: "TLSv1.1",
  tlsv1_2: "TLSv1.2",
  tlsv1_3: "TLSv1.3",
} as const;

function versions({ protocol = "any", minVersion, maxVersion }: AnyParams): SecureContextOptions {
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion)
    throw new TypeError(`TLS: minVersion ${minVersion} is above maxVersion ${maxVersion}`);
  if (protocol === "any" || protocol === "sslv23")
    return { ...present("minVersion", minVersion), ...present("maxVersion", maxVersion) };
  if (minVersion !== undefined || maxVersion !== undefined)
    throw new TypeError(
      `TLS: protocol ${shown(protocol)} is that version alone: leave minVersion and maxVersion out`,
    );
  return { minVersion: VERSIONS[protocol], maxVersion: VERSIONS[protocol] };
}

/** Node takes both kinds in one list; of one kind alone it would turn the other off. */
function ciphers({ ciphers, ciphersuites }: AnyParams): string | undefined {
  if (ciphersuites === undefined) return ciphers;
  return `${ciphersuites}:${ciphers ?? defaultCiphers()}`;
}

function keys({ key, certificates }: AnyParams): SecureContextOptions["key"] {
  if (certificates !== undefined)
    return certificates.map(({ key, password }) => ({
      pem: readPem("certificates: key", key, "key"),
      ...present("passphrase", secret(password)),
    }));
  if (key === undefined) return undefined;
  if (!isList(key)) return readPem("key", key, "key");
  return key.map((one) => {
    if (typeof one === "string" || one instanceof Uint8Array)
      return { pem: readPem("key", one, "key") };
    return { ...one, pem: readPem("key", one.pem, "key") };
  });
}

function certificates({ certificate, certificates, cert }: AnyParams): string[] | undefined {
  if (certificates !== undefined)
    return certificates.map(({ certificate }) =>
      readPem("certificates: certificate", certificate, "certificate"),
    );
  if (certificate !== undefined) return [readPem("certificate", certificate, "certificate")];
  return cert === undefined ? undefined : pems("cert", cert, "certificate");
}

function authorities({ cafile, capath, ca }: AnyParams): string[] | undefined {
  if (cafile === undefined && capath === undefined && ca === undefined) return undefined;
  return [
    ...(cafile === undefined ? [] : [readAuthorities("cafile", cafile)]),
    ...(capath === undefined ? [] : readFolder(capath)),
    ...(ca === undefined ? [] : (isList(ca) ? ca : [ca]).map((one) => readAuthorities("ca", one))),
  ];
}

function parameters(dhparam: NonNullable<AnyParams["dhparam"]>): string {
  const value = typeof dhparam === "function" ? dhparam(false, 2048) : dhparam;
  if (typeof value !== "string" && !((value as unknown) instanceof Uint8Array))
    throw new TypeError("TLS: the dhparam function must return PEM");
  return value === "auto" ? value : readPem("dhparam", value, "DH parameter");
}

function secret(password: KeyPair["password"]): string | undefined {
  const value: unknown = typeof password === "function" ? password() : password;
  if (value !== undefined && typeof value !== "string")
    throw new TypeError("TLS: the password function must return a string");
  return value;
}

function pems(name: string, value: Pem | readonly Pem[], kind: PemKind): string[] {
  return (isList(value) ? value : [value]).map((one) => readPem(name, one, kind));
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

// ---- key and certificate --------------------------------------------------------------------------------------------

/** Each key belongs to a certificate, and each certificate to a key. */
function checkKeys(params: AnyParams, { key, cert, passphrase }: SecureContextOptions, mode: Mode) {
  if (key === undefined && cert === undefined) {
    const { pfx, pskCallback, SNICallback } = params;
    if (mode === "server" && !(pfx ?? pskCallback ?? SNICallback))
      throw new TypeError("TLS: a server needs a key and a certificate (or pfx)");
    return;
  }
  if (cert === undefined) throw new TypeError("TLS: there is a key without a certificate");
  if (key === undefined) throw new TypeError("TLS: there is a certificate without a key");
  const given = (Array.isArray(key) ? key : [{ pem: key }]) as KeyWithPassphrase[];
  const [own, owners] = parsed(given, cert as string[], passphrase);
  const fits =
    own.every((one) => owners.some((owner) => owner.checkPrivateKey(one))) &&
    owners.every((owner) => own.some((one) => owner.checkPrivateKey(one)));
  if (!fits) throw new TypeError("TLS: the key does not match the certificate");
}

interface KeyWithPassphrase {
  pem: string;
  passphrase?: string;
}

function parsed(
  keys: KeyWithPassphrase[],
  certificates: string[],
  passphrase: string | undefined,
): [KeyObject[], X509Certificate[]] {
  try {
    return [
      keys.map((key) =>
        createPrivateKey({
          key: key.pem,
          ...present("passphrase", key.passphrase ?? passphrase),
        }),
      ),
      certificates.map((pem) => new X509Certificate(pem)),
    ];
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    throw Object.assign(
      new TypeError(`TLS: the key, its passphrase or the certificate is wrong: ${message}`),
      code && { code },
    );
  }
}
