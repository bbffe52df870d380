/** What `serve` is given, checked: a misspelt option would be one that does nothing. */
import { type Check, checkOptions, mustBePlain, notAsync, shown } from "../../reactor/index.js";
import { endpointOf, listening } from "../connect/index.js";
import { instead } from "../object/index.js";
import { type TlsContext, type TlsParams, toContext } from "../tls/index.js";
import { Trusted } from "../proxy/index.js";
import { Udp } from "../udp/index.js";
import { Unix } from "../unix/index.js";
import { ProxyPolicy } from "./proxied.js";

/** Those of serve's options that do not depend on what is served. */
export interface Settings {
  name: string;
  maxConnections: number;
  grace: number;
  idle: "close" | undefined;
  handshakeTimeout: number;
  tls: TlsContext | undefined;
  proxy: ProxyPolicy | undefined;
}

const seconds = (value: unknown): boolean => typeof value === "number" && value >= 0;
const isProxy = (value: unknown): boolean => value === "require" || Array.isArray(value);
const isFunction = (value: unknown): boolean => typeof value === "function";

/** What each option has to be, in words and by test. */
const OPTIONS: Readonly<Record<string, Check>> = {
  name: ["a string", (value) => typeof value === "string"],
  maxConnections: [
    "a positive whole number, or Infinity",
    (value) => value === Infinity || (Number.isInteger(value) && (value as number) > 0),
  ],
  grace: ["a number of seconds, 0 or more", seconds],
  idle: ['"close"', (value) => value === "close"],
  errorhandler: ["a function (error, fiber, client)", isFunction],
  tls: [
    "parameters of dohandshake, or a context",
    (value) => typeof value === "object" && value !== null,
  ],
  proxy: ['"require", or an array of addresses and networks', isProxy],
  proxyTimeout: ["a positive number of seconds", (value) => seconds(value) && value !== 0],
  onproxyerror: ["a function (error, client, peer)", isFunction],
  handshakeTimeout: ["a positive number of seconds", (value) => seconds(value) && value !== 0],
  onhandshakeerror: ["a function (error, client, peer)", isFunction],
};

/** Throws TypeError for what cannot be served, and for options that are wrong. */
export function checkServe(server: unknown, handler: unknown, options: unknown): Settings {
  if (typeof handler !== "function")
    throw new TypeError(
      `serve takes a handler, serve(server, function* (client) { ... }), not ${shown(handler)}`,
    );
  notAsync(handler, "serve");
  const given = checked(options) as Partial<Omit<Settings, "tls" | "proxy">> & {
    tls?: TlsParams | TlsContext;
    proxy?: "require" | readonly unknown[];
    proxyTimeout?: number;
  };
  mustServe(server);
  if (server instanceof Udp) checkDatagramOptions(given);
  const tls = given.tls && toContext(given.tls, "server");
  if (tls?.mode === "client")
    throw new TypeError('serve: tls is for a server: make the context with mode "server"');
  const proxy = proxyPolicy(server, given.proxy, given.proxyTimeout);
  const { name = "server", maxConnections = Infinity, grace = 0, handshakeTimeout = 60 } = given;
  return { name, maxConnections, grace, idle: given.idle, handshakeTimeout, tls, proxy };
}

function proxyPolicy(
  server: unknown,
  proxy: "require" | readonly unknown[] | undefined,
  seconds: number | undefined,
): ProxyPolicy | undefined {
  if (proxy === undefined) return undefined;
  if (proxy === "require") return new ProxyPolicy("all", seconds);
  if (server instanceof Unix)
    throw new TypeError('serve: who connects to a Unix socket has no address: proxy: "require"');
  return new ProxyPolicy(new Trusted(proxy), seconds);
}

function checked(options: unknown): object {
  checkOptions("serve", options, OPTIONS);
  for (const [key, value] of Object.entries(options as object))
    if (typeof value === "function") mustBePlain(value, `serve: ${key}`);
  return options as object;
}

function mustServe(server: unknown): void {
  const endpoint = endpointOf(server);
  if (endpoint !== null) listening(endpoint, "serve");
  else if (server instanceof Udp) {
    if (!server.closed && server.getsockname()[1] === 0) throw unbound(server);
  } else if (Array.isArray(server))
    throw new TypeError(
      "serve takes a server, not the result that it comes in: const [server, err] = yield* socket.bind(...)",
    );
  else
    throw new TypeError(
      `serve takes a TCP or Unix server, or a bound UDP object, not ${instead(server)}: see socket.bind`,
    );
}

function unbound(udp: Udp): TypeError {
  return new TypeError(`serve: nothing can arrive at ${String(udp)}: setsockname first`);
}

const DATAGRAM_HAS_NONE = [
  ...["tls", "handshakeTimeout", "onhandshakeerror", "maxConnections", "idle"],
  ...["proxy", "proxyTimeout", "onproxyerror"],
];

/** What a UDP object has no use for. */
function checkDatagramOptions(options: object): void {
  for (const key of DATAGRAM_HAS_NONE) {
    if ((options as Record<string, unknown>)[key] === undefined) continue;
    throw new TypeError(
      key === "tls"
        ? "serve: there is no TLS over UDP"
        : `serve: a UDP object has no connections, and no use for ${key}`,
    );
  }
}
