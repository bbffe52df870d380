/**
 * Who may see it. The page is meant for one person at one machine: whoever listens beyond that wants a token. What a browser is talked into by
 * another page is kept out as well: requests of other sites, and names that suddenly lead here (DNS rebinding).
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "../../network/index.js";

/** What to answer instead. */
export interface Refusal {
  status: number;
  reason: string;
  headers?: Record<string, string>;
}

export interface Rules {
  /** It is the first thing that each has to show; null: whoever gets here may see it. */
  token: string | null;
  /** Names that lead here, beside addresses and "localhost"; null: nobody says any (Unix sockets). */
  hosts: readonly string[] | null;
  /** Of the cookie that keeps the token: cookies of one host are those of all its ports. */
  cookie: string;
}

const REFUSED = {
  method: { status: 405, reason: "only GET", headers: { Allow: "GET, HEAD" } },
  body: { status: 413, reason: "a request has no body here" },
  host: {
    status: 403,
    reason: "this name is not known here: use the address, or name it in inspect's `hosts`",
  },
  site: { status: 403, reason: "not from another site" },
  token: {
    status: 401,
    reason: "it wants its token: open the address that was printed, with ?token=...",
    headers: { "WWW-Authenticate": 'Bearer realm="cosocket"' },
  },
} satisfies Record<string, Refusal>;

/** Null: it may pass. */
export function refusal(request: IncomingMessage, rules: Rules): Refusal | null {
  const { method, headers } = request;
  if (method !== "GET" && method !== "HEAD") return REFUSED.method;
  // It would be read to its end, however long that is.
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0)
    return REFUSED.body;
  if (rules.hosts !== null && !isHere(request.headersDistinct["host"], rules.hosts))
    return REFUSED.host;
  const site = headers["sec-fetch-site"];
  // Only the page itself may be led to from elsewhere: what it shows stays in its window.
  const opened = headers["sec-fetch-mode"] === "navigate" && pathnameOf(request) === "/";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !opened)
    return REFUSED.site;
  if (headers.origin !== undefined && !isSameOrigin(headers.origin, headers.host))
    return REFUSED.site;
  if (rules.token !== null && !tokens(request, rules).some((token) => same(token, rules.token!)))
    return REFUSED.token;
  return null;
}

/** Browsers that do not know Sec-Fetch-Site, or do not send it to this address, say at least who wants to read an answer. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** An address has no name that could lead elsewhere tomorrow. */
function isHere(host: readonly string[] = [], hosts: readonly string[]): boolean {
  // Of two, whoever is in between may have looked at the other.
  if (host.length !== 1) return false;
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host[0]!)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return name === "localhost" || isIP(name.replace(/^\[|\]$/g, "")) !== 0 || hosts.includes(name);
}

/** Those that it shows. */
function tokens(request: IncomingMessage, { cookie }: Rules): string[] {
  const { authorization = "", cookie: cookies = "" } = request.headers;
  return [
    tokenIn(request.url),
    /^Bearer (\S+)$/i.exec(authorization)?.[1],
    ...cookies
      .split(/; */)
      .map((one) => (one.startsWith(`${cookie}=`) ? one.slice(cookie.length + 1) : undefined)),
  ].filter((token) => token !== undefined);
}

/** In the time that it takes whatever is wrong. */
function same(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

export function pathnameOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0]!;
}

/** The one in an address. */
export function tokenIn(url: string | undefined): string | undefined {
  return queryOf(url).get("token") ?? undefined;
}

export function queryOf(url = "/"): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at));
}
