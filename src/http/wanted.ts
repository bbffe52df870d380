/** What a request asks for, in full: LuaSocket's `adjustrequest`. */
import { domainToASCII } from "node:url";
import { type ParsedUrl, url } from "../url/index.js";
import { fieldsOf } from "./fields.js";
import type { HttpRequest, HttpSettings } from "./types.js";

/** Where to, and what to say there. Each character of a text that is sent is a byte. */
export interface Wanted {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly proxy: Proxy | undefined;
  readonly method: string;
  readonly uri: string;
  readonly fields: ReadonlyMap<string, string>;
  /** What redirects are relative to. */
  readonly base: string;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** "proxy-authorization". */
  readonly authorization: string | undefined;
}

type Known<T> = [T, undefined?] | [undefined, `invalid ${string}`];

const PROXY_PORT = 3128;

/** A query may follow the host at once: RFC 3986's authority ends there, LuaSocket's with a slash only. */
function withPath(text: string): string {
  return text.replace(/^([A-Za-z0-9+.-]+:)?\/\/[^/?#]*(?=[?#])/, "$&/");
}

/** The parts of a request's URL: those that stand in the request by themselves go before. */
export function partsOf(request: HttpRequest<string>): ParsedUrl {
  const given = request.url === undefined ? undefined : withPath(request.url);
  const [parsed = {}] = given === undefined ? [] : url.parse(given, { path: "/", scheme: "http" });
  const parts: ParsedUrl = { ...parsed };
  for (const name of PARTS) if (request[name] !== undefined) parts[name] = request[name] as string;
  return parts;
}

/** Names of the parts of a URL. */
export const PARTS = [
  "scheme",
  "authority",
  "userinfo",
  "user",
  "password",
  "host",
  "port",
  "path",
  "params",
  "query",
  "fragment",
] as const;

/** A name that can be looked up, and stand in a field. */
function hostOf(name: string | undefined): Known<string> {
  if (name === undefined || name === "") return [undefined, `invalid host '${name ?? "nil"}'`];
  const ascii = /^[\0-\x7f]*$/.test(name) ? name : domainToASCII(name);
  if (ascii === "" || /[\0-\x20\x7f/?#@\\]/.test(ascii))
    return [undefined, `invalid host '${printable(name)}'`];
  return [ascii];
}

function portOf(port: string | number | undefined, otherwise: number): Known<number> {
  if (port === undefined || port === "") return [otherwise];
  const number = /^\d{1,5}$/.test(String(port)) ? Number(port) : Infinity;
  if (number > 65535) return [undefined, `invalid port '${printable(String(port))}'`];
  return [number];
}

/** For the text of an error. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\uffff]/g, (character) =>
    JSON.stringify(character).slice(1, -1),
  );
}

/** An IPv6 address stands in brackets wherever a port may follow. */
export function placeOf(host: string, port: number | undefined): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

/** Base64, as LuaSocket's mime.b64. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function proxyOf(text: string | undefined): Known<Proxy | undefined> {
  if (text === undefined) return [undefined];
  const [parsed = {}] = url.parse(text);
  const [host, wrongHost] = hostOf(parsed.host);
  if (host === undefined) return [undefined, `invalid proxy: ${wrongHost!}`];
  const [port, wrongPort] = portOf(parsed.port, PROXY_PORT);
  if (port === undefined) return [undefined, `invalid proxy: ${wrongPort!}`];
  if (parsed.scheme !== undefined && parsed.scheme !== "http")
    return [
      undefined,
      `invalid proxy: a proxy is spoken to in http, not ${printable(parsed.scheme)}`,
    ];
  const { user, password } = parsed;
  const known = user !== undefined && password !== undefined;
  return [{ host, port, authorization: known ? basic(user, password) : undefined }];
}

/** What stands in the request line. */
function uriOf(request: HttpRequest<string>, parts: ParsedUrl, whole: boolean): Known<string> {
  const { path, params, query } = parts;
  if (path === undefined && request.uri === undefined) return [undefined, "invalid path 'nil'"];
  const place = whole ? { scheme: parts.scheme, host: parts.host, port: parts.port } : {};
  const uri = request.uri ?? url.build({ ...place, path, params, query });
  if (uri === "" || /\p{Cc}/u.test(uri))
    return [undefined, "invalid url: it has control characters in its path or query"];
  // A blank would end it, and others are no characters of a URL: they are written as browsers do.
  return [
    uri.replace(/[^\x21-\x7e]+/g, (part) =>
      Buffer.from(part).toString("hex").replace(/../g, "%$&").toUpperCase(),
    ),
  ];
}

/** Everything that a request asks for; or what is wrong with it, which may have come from outside. */
export function wantedOf(
  request: HttpRequest<string>,
  settings: HttpSettings,
  tlsPort: number,
): Known<Wanted> {
  const parts = partsOf(request);
  const scheme = (parts.scheme ?? "http").toLowerCase();
  if (scheme !== "http" && scheme !== "https")
    return [undefined, `invalid scheme '${printable(scheme)}'`];
  const [host, noHost] = hostOf(parts.host);
  if (host === undefined) return [undefined, noHost!];
  const usual = scheme === "http" ? settings.PORT : tlsPort;
  const [port, noPort] = portOf(parts.port, usual);
  if (port === undefined) return [undefined, noPort!];
  const [proxy, noProxy] = proxyOf(request.proxy ?? settings.PROXY);
  if (noProxy !== undefined) return [undefined, noProxy];
  const plain = proxy !== undefined && scheme === "http";
  const [uri, noUri] = uriOf(request, { ...parts, scheme, host, port }, plain);
  if (uri === undefined) return [undefined, noUri!];
  const method = request.method || "GET";
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(method))
    return [undefined, `invalid method '${printable(method)}'`];
  const [fields, noFields] = fieldsOf(request, defaults());
  if (fields === undefined) return [undefined, noFields!];
  return [
    {
      scheme,
      host,
      port,
      proxy,
      // As node:http sends it.
      method: method.toUpperCase(),
      uri,
      fields,
      base: url.build({ ...parts, scheme }),
    },
  ];

  function defaults(): Map<string, string> {
    const { user, password } = parts;
    const lower = new Map([
      ["user-agent", settings.USERAGENT],
      ["host", placeOf(host!, port === usual ? undefined : port)],
      ["connection", "close, TE"],
      ["te", "trailers"],
    ]);
    if (user !== undefined && password !== undefined)
      lower.set("authorization", basic(url.unescape(user), url.unescape(password)));
    if (plain && proxy.authorization !== undefined)
      lower.set("proxy-authorization", proxy.authorization);
    return lower;
  }
}
