/** Where an answer sends whoever asked. */
import { type ParsedUrl, url } from "../url/index.js";
import type { Dialect } from "./dialect.js";
import { failed, type Failed } from "./failures.js";
import type { Answer } from "./messages.js";
import type { HttpRequest } from "./types.js";
import { PARTS, partsOf, type Wanted } from "./wanted.js";

const CODES = new Set([301, 302, 303, 307]);
const MOST = 5;
/** For the one who was asked, and for nobody else. */
const PRIVATE = ["authorization", "cookie", "host"];

/**
 * The request that is to be made instead; null if the answer is the answer. LuaSocket's rules: GET and HEAD only, none that has a
 * source, and not from https to http.
 *
 * @param followed how many redirects have been followed
 */
export function redirected(
  dialect: Dialect,
  request: HttpRequest<string>,
  wanted: Wanted,
  { code, headers }: Answer,
  followed: number,
): [HttpRequest<string> | null] | Failed {
  const location = headers["location"]?.trim() ?? "";
  const { maxredirects = MOST, redirect, source } = request;
  if (location === "" || redirect === false || source !== undefined || !CODES.has(code))
    return [null];
  if (wanted.method !== "GET" && wanted.method !== "HEAD") return [null];
  if (maxredirects !== false && followed >= maxredirects) return [null];
  const target = url.absolute(wanted.base, location);
  const scheme = partsOf({ url: target }).scheme?.toLowerCase();
  if (scheme !== "http" && scheme !== "https") return [null];
  if (wanted.scheme === "https" && scheme === "http") {
    const verdict = dialect.downgrade(request);
    if (verdict === "answer") return [null];
    if (verdict === "error") return failed("Unallowed insecure redirect https to http");
  }
  return [redirectedTo(request, wanted, target, dialect)];
}

function redirectedTo(
  request: HttpRequest<string>,
  wanted: Wanted,
  target: string,
  dialect: Dialect,
): HttpRequest<string> {
  const next: HttpRequest<string> = { ...request, url: target };
  // Parts of the URL that was left.
  for (const name of ["uri", ...PARTS] as const) delete next[name];
  const parts = partsOf(next);
  if (sameOrigin(wanted, parts, dialect)) {
    const { user, password } = partsOf(request);
    return parts.user === undefined ? { ...next, user, password } : next;
  }
  const fields = Object.entries(request.headers ?? {});
  const others = fields.filter(([name]) => !isPrivate(name.toLowerCase(), wanted));
  return { ...next, headers: Object.fromEntries(others) };
}

/** The proxy is the same for all hosts. */
function isPrivate(name: string, { proxy }: Wanted): boolean {
  return PRIVATE.includes(name) || (name === "proxy-authorization" && proxy === undefined);
}

function sameOrigin(
  { scheme, host, port }: Wanted,
  parts: ParsedUrl,
  { settings, tlsPort }: Dialect,
): boolean {
  const itsScheme = parts.scheme?.toLowerCase();
  const usual = itsScheme === "http" ? settings.PORT : tlsPort();
  return (
    itsScheme === scheme &&
    parts.host?.toLowerCase() === host.toLowerCase() &&
    Number(parts.port || usual) === port
  );
}
