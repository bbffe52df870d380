/** Misuse is told at the call; what may have come from outside (a URL, a field) is a result. */
import { checkOptionNames, shown } from "../../reactor/index.js";
import { instead } from "../object/index.js";
import { TlsContext, type TlsParams } from "../tls/index.js";
import type { HttpRequest, HttpSocket } from "./types.js";

const TLS_NAMES = [
  "protocol",
  "options",
  "verify",
  "verifyext",
  "key",
  "certificate",
  "certificates",
  "cafile",
  "capath",
  "ciphers",
  "ciphersuites",
  "curve",
  "curveslist",
  "alpn",
  "servername",
] as const;

const TEXTS = [
  "url",
  "uri",
  "method",
  "proxy",
  "scheme",
  "authority",
  "userinfo",
  "user",
  "password",
  "host",
  "path",
  "params",
  "query",
  "fragment",
] as const;

const FUNCTIONS = ["source", "sink", "step", "create"] as const;

const NAMES: readonly string[] = [
  ...TLS_NAMES,
  ...TEXTS,
  ...FUNCTIONS,
  "port",
  "headers",
  "redirect",
  "maxredirects",
  "timeout",
  "sslparams",
  "target",
];

/** @param what the function, for the texts of errors */
export function checkRequest(what: string, request: HttpRequest<string>): void {
  checkOptionNames(what, request, NAMES);
  for (const name of TEXTS) must(what, name, request[name], "a string", isText);
  for (const name of FUNCTIONS) must(what, name, request[name], "a function", isFunction);
  must(what, "port", request.port, "a number", (port) => isText(port) || typeof port === "number");
  must(what, "headers", request.headers, "an object of strings and numbers", isFields);
  must(what, "redirect", request.redirect, 'true, false or "all"', (value) =>
    [true, false, "all"].includes(value as boolean),
  );
  must(
    what,
    "maxredirects",
    request.maxredirects,
    "a number, or false for no limit",
    (value) => value === false || (typeof value === "number" && value >= 0),
  );
  if (typeof request.timeout === "object" && request.timeout !== null) {
    checkOptionNames(`${what}: timeout`, request.timeout, ["connect", "send", "receive"]);
    for (const [name, value] of Object.entries(request.timeout))
      must(what, `timeout.${name}`, value, "a number of seconds", isSeconds);
  } else must(what, "timeout", request.timeout, "a number of seconds", isSeconds);
  tlsOf(request);
}

const isText = (value: unknown): boolean => typeof value === "string";
const isFunction = (value: unknown): boolean => typeof value === "function";
const isSeconds = (value: unknown): boolean => typeof value === "number" && !Number.isNaN(value);
const isFields = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Map) &&
  Object.values(value).every((each) => ["string", "number", "undefined"].includes(typeof each));

function must(
  what: string,
  name: string,
  value: unknown,
  right: string,
  is: (value: unknown) => boolean,
): void {
  if (value === undefined || is(value)) return;
  const wrong = name === "password" ? typeof value : shown(value);
  throw new TypeError(`${what}: ${name} is ${right}, not ${wrong}`);
}

/** Parameters for TLS, wherever they stand in a request. */
export function tlsOf(request: HttpRequest<string>): TlsParams | TlsContext {
  const flat = Object.fromEntries(
    TLS_NAMES.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]),
  ) as TlsParams;
  const { sslparams } = request;
  if (sslparams === undefined) return flat;
  if (Object.keys(flat).length > 0)
    throw new TypeError(
      `http.request: give parameters for TLS in sslparams or beside it, not both: ${Object.keys(flat).join(", ")}`,
    );
  return sslparams;
}

const METHODS = [
  "settimeout",
  "connect",
  "info",
  "dohandshake",
  "send",
  "peek",
  "receiveany",
  "close",
];

/** What `create` made. */
export function httpSocket(given: unknown): HttpSocket {
  const lacking = METHODS.find(
    (name) => typeof (given as Record<string, unknown> | null | undefined)?.[name] !== "function",
  );
  if (lacking === undefined) return given as HttpSocket;
  throw new TypeError(
    `create gives a socket, as socket.tcp() is one, not ${instead(given)}: it has no ${lacking}`,
  );
}
