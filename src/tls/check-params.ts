/** Which values the parameters of a handshake may have. Misuse throws TypeError. */
import { shown, unknownName } from "../../reactor/index.js";
import type { KeyPair, Params, Pem } from "./params.js";

/** Of whatever they can be made ready as. */
type AnyParams = Params<unknown>;

type Test = (value: unknown) => boolean;
type Rule = readonly [test: Test, what: string, only?: "client" | "server"];

const isText: Test = (value) => typeof value === "string" && value !== "";
const isBytes: Test = (value) => value instanceof Uint8Array;
const isPem: Test = (value) => isText(value) || isBytes(value);
const isObject: Test = (value) => typeof value === "object" && value !== null;
const isFunction: Test = (value) => typeof value === "function";
const isFlag: Test = (value) => typeof value === "boolean";
const isCount: Test = (value) => Number.isInteger(value) && (value as number) >= 0;
const either =
  (...tests: Test[]): Test =>
  (value) =>
    tests.some((test) => test(value));
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const oneOf =
  (...words: string[]): Test =>
  (value) =>
    words.includes(value as string);
const isProtocolName: Test = (value) => isText(value) && Buffer.byteLength(value as string) < 256;
const isKeyPair: Test = (value) =>
  isObject(value) && isPem((value as KeyPair).key) && isPem((value as KeyPair).certificate);
const isKeyWithPassphrase: Test = (value) => isObject(value) && isPem((value as { pem: Pem }).pem);

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
const VERIFY = ["none", "peer", "client_once", "fail_if_no_peer_cert"];

const text: Rule = [isText, "a string that is not empty"];
const texts: Rule = [either(isText, listOf(isText)), "a string, or an array of strings"];
const flag: Rule = [isFlag, "true or false"];
const pem: Rule = [isPem, "PEM, or the name of a file"];
const pems: Rule = [
  either(isPem, listOf(isPem)),
  "PEM, or the name of a file, or an array of them",
];
const version: Rule = [oneOf(...VERSIONS), `one of ${VERSIONS.join(", ")}`];
const names: Rule = [listOf(isProtocolName), "an array of names, of 1 to 255 bytes each"];

const RULES = {
  mode: [oneOf("client", "server"), '"client" or "server"'],
  protocol: [
    oneOf("any", "sslv23", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3"),
    '"any", "tlsv1", "tlsv1_1", "tlsv1_2" or "tlsv1_3"',
  ],
  key: [
    either(isPem, listOf(either(isPem, isKeyWithPassphrase))),
    "PEM, or the name of a file, or an array of them or of { pem, passphrase }",
  ],
  password: [either((value) => typeof value === "string", isFunction), "a string, or a function"],
  certificate: pem,
  certificates: [listOf(isKeyPair), "an array of { key, certificate, password }"],
  cafile: pem,
  capath: text,
  verify: [
    (value) =>
      Array.isArray(value)
        ? value.length > 0 && value.every(oneOf(...VERIFY))
        : oneOf(...VERIFY)(value),
    '"none", "peer", "fail_if_no_peer_cert", or an array of these',
  ],
  verifyext: texts,
  options: texts,
  ciphers: text,
  ciphersuites: [
    (value) => isText(value) && (value as string).split(":").every((name) => /^!?TLS_/.test(name)),
    'suites of TLS 1.3 ("TLS_..."), with ":" between',
  ],
  curve: text,
  curveslist: text,
  dhparam: [either(isPem, isFunction), "PEM, the name of a file, or a function", "server"],
  alpn: [
    either(isProtocolName, listOf(isProtocolName), isFunction),
    "a name of 1 to 255 bytes, an array of them, or (a server) a function",
  ],
  sni: [
    (value) =>
      isObject(value) &&
      (typeof (value as { names: unknown }).names === "string" ||
        isObject((value as { names: unknown }).names)),
    "{ names, strict }, names being a client's name or a server's contexts by name",
  ],
  wrap: [isObject, "parameters, or a context"],
  allowPartialTrustChain: flag,
  ca: pems,
  cert: pems,
  crl: pems,
  ecdhCurve: text,
  honorCipherOrder: [isFlag, "true or false", "server"],
  maxVersion: version,
  minVersion: version,
  passphrase: [(value) => typeof value === "string", "a string"],
  pfx: [isPem, "bytes, or the name of a file"],
  secureOptions: [isCount, "OpenSSL's bits, a whole number"],
  sessionIdContext: [isText, "a string that is not empty", "server"],
  sessionTimeout: [isCount, "a whole number of seconds", "server"],
  sigalgs: text,
  ticketKeys: [isBytes, "48 bytes", "server"],
  servername: [(value) => typeof value === "string", "a name", "client"],
  rejectUnauthorized: flag,
  requestCert: [isFlag, "true or false", "server"],
  ALPNProtocols: names,
  ALPNCallback: [isFunction, "a function", "server"],
  SNICallback: [isFunction, "a function", "server"],
  checkServerIdentity: [isFunction, "a function", "client"],
  session: [isBytes, "what getsession gave", "client"],
  minDHSize: [
    (value) => isCount(value) && (value as number) > 0,
    "a positive number of bits",
    "client",
  ],
  pskCallback: [isFunction, "a function"],
  pskIdentityHint: [isText, "a string that is not empty", "server"],
} satisfies Record<keyof AnyParams, Rule>;

/** Names that LuaSec or Node knows, and what to do without them. */
const REFUSED: Readonly<Record<string, string>> = {
  depth: "Node verifies to OpenSSL's depth of 100: leave it out",
  dane: "Node has no DANE: compare the TLSA record in checkServerIdentity",
  secureProtocol: "use protocol, or minVersion and maxVersion",
  secureContext: "give the context itself, made by socket.tls.newcontext",
  clientCertEngine: "OpenSSL 3 has no engines here: give key and cert",
  privateKeyEngine: "OpenSSL 3 has no engines here: give key",
  privateKeyIdentifier: "OpenSSL 3 has no engines here: give key",
  certificateCompression: "it is not supported: leave it out",
  enableTrace: "start Node with --trace-tls",
  handshakeTimeout: "dohandshake has a timeout, and serve has handshakeTimeout in seconds",
  timeout: "use settimeout",
  requestOCSP: "node:tls verifies no OCSP answers: use crl",
  host: "connect decides where to; servername is the name to verify",
  port: "connect decides where to",
  path: "connect decides where to",
  socket: "the object itself is encrypted",
  isServer: "use mode",
  server: "use serve",
  lookup: "resolve the name with socket.dns, and connect to the address",
  allowHalfOpen: "it always is",
  highWaterMark: "the buffers are bounded anyway",
  onread: "use receive",
  pauseOnConnect: "nothing is read unasked anyway",
  signal: "halt the task",
};

/** Pairs that say the same, or decide the same. */
const SAME: readonly (readonly [keyof AnyParams, keyof AnyParams])[] = [
  ["certificate", "cert"],
  ["certificate", "certificates"],
  ["cert", "certificates"],
  ["key", "certificates"],
  ["password", "passphrase"],
  ["password", "certificates"],
  ["curve", "curveslist"],
  ["curve", "ecdhCurve"],
  ["curveslist", "ecdhCurve"],
  ["alpn", "ALPNProtocols"],
  ["alpn", "ALPNCallback"],
  ["ALPNProtocols", "ALPNCallback"],
  ["verify", "rejectUnauthorized"],
  ["verify", "requestCert"],
];

/** A copy of what is set. Misuse throws TypeError: a misspelt name would be a hole, and so would a value that says nothing. */
export function checkParams<Context>(params: unknown): Params<Context> {
  if (typeof params !== "object" || params === null || Array.isArray(params))
    throw new TypeError(`TLS parameters must be an object, not ${shape(params)}`);
  const set = Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== undefined),
  ) as Params<Context>;
  for (const [name, value] of Object.entries(set)) {
    if (Object.hasOwn(REFUSED, name))
      throw new TypeError(`TLS: parameter ${shown(name)}: ${REFUSED[name]}`);
    if (!Object.hasOwn(RULES, name))
      throw new TypeError(`TLS: there is no parameter ${unknownName(name, Object.keys(RULES))}`);
    const [test, what] = RULES[name as keyof AnyParams];
    if (!test(value)) throw new TypeError(`TLS: ${name} must be ${what}, not ${shape(value)}`);
  }
  for (const [one, other] of SAME)
    if (one in set && other in set)
      throw new TypeError(`TLS: give either ${one} or ${other}, not both`);
  return set;
}

/** Parameters that are for the other side have no effect, which nobody may believe: TypeError. */
export function checkMode(params: AnyParams, mode: "client" | "server"): void {
  for (const name of Object.keys(params) as (keyof AnyParams)[]) {
    const only = (RULES[name] as Rule)[2];
    if (only !== undefined && only !== mode)
      throw new TypeError(`TLS: only a ${only} has ${name}; this is a ${mode}`);
  }
}

/** A value for people, but never more of it than a short word: it may be a secret. */
function shape(value: unknown): string {
  if (typeof value === "string")
    return value.length <= 24 && /^[\w. -]*$/.test(value) ? JSON.stringify(value) : "that string";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "that array";
  return shown(value);
}
