/** A URL and its parts: taken apart, put together, resolved. */
import { shown } from "../../reactor/index.js";
import type { Result } from "../object/index.js";
import { withoutDots } from "./dots.js";

/** The parts of a URL, by LuaSocket's names; those that it does not have are missing. */
export interface ParsedUrl {
  scheme?: string | undefined;
  /** `userinfo@host:port` */
  authority?: string | undefined;
  /** `user:password` */
  userinfo?: string | undefined;
  user?: string | undefined;
  password?: string | undefined;
  /** Without the brackets of an IPv6 address. */
  host?: string | undefined;
  /** As it is written: text. `build` takes a number, too. */
  port?: string | number | undefined;
  /** With the slash before it. */
  path?: string | undefined;
  params?: string | undefined;
  query?: string | undefined;
  fragment?: string | undefined;
}

/** Cuts pieces off a text. */
class Rest {
  constructor(public text: string) {}
  /** What the first group of `pattern` matches; it is gone then. */
  cut(pattern: RegExp): string | undefined {
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.text = this.text.slice(0, match.index) + this.text.slice(match.index + match[0].length);
    return match[1];
  }
}

/** Sets what is there; what is not leaves the default. */
function set(parsed: ParsedUrl, name: keyof ParsedUrl, value: string | undefined): void {
  if (value !== undefined) parsed[name] = value;
}

function parseAuthority(parsed: ParsedUrl, authority: string): void {
  const rest = new Rest(authority);
  set(parsed, "userinfo", rest.cut(/^([^@]*)@/));
  set(parsed, "port", rest.cut(/:([^:\]]*)$/));
  if (rest.text !== "") parsed.host = /^\[([^]+)\]$/.exec(rest.text)?.[1] ?? rest.text;
  if (parsed.userinfo === undefined) return;
  const user = new Rest(parsed.userinfo);
  set(parsed, "password", user.cut(/:([^:]*)$/));
  parsed.user = user.text;
}

/** @see url.parse */
export function parse(
  url: string | undefined,
  defaults: ParsedUrl = {},
): Result<ParsedUrl, undefined, "invalid url"> {
  if (url !== undefined && typeof url !== "string")
    throw new TypeError(`url.parse takes a string, not ${shown(url)}`);
  if (typeof defaults !== "object" || defaults === null)
    throw new TypeError(`url.parse takes the defaults as an object, not ${shown(defaults)}`);
  if (url === undefined || url === "") return [undefined, "invalid url", undefined];
  const parsed: ParsedUrl = { ...defaults };
  const rest = new Rest(url);
  set(parsed, "scheme", rest.cut(/^([A-Za-z0-9][A-Za-z0-9+.-]*):/));
  set(parsed, "authority", rest.cut(/^\/\/([^/]*)/));
  set(parsed, "fragment", rest.cut(/#([^]*)$/));
  set(parsed, "query", rest.cut(/\?([^]*)/));
  set(parsed, "params", rest.cut(/;([^]*)/));
  if (rest.text !== "") parsed.path = rest.text;
  if (parsed.authority !== undefined) parseAuthority(parsed, parsed.authority);
  return [parsed];
}

function authorityOf({ host, port, user, password, userinfo, authority }: ParsedUrl) {
  if (host === undefined) return authority;
  const name = host.includes(":") ? `[${host}]` : host;
  const place = port === undefined ? name : `${name}:${port}`;
  const secret = password === undefined ? "" : `:${password}`;
  const who = user === undefined ? userinfo : user + secret;
  return who === undefined ? place : `${who}@${place}`;
}

/** @see url.build */
export function build(parsed: ParsedUrl): string {
  if (typeof parsed !== "object" || parsed === null)
    throw new TypeError(`url.build takes the parts of a URL, not ${shown(parsed)}`);
  const authority = authorityOf(parsed);
  let url = parsed.path ?? "";
  if (parsed.params !== undefined) url += `;${parsed.params}`;
  if (parsed.query !== undefined) url += `?${parsed.query}`;
  if (authority !== undefined) url = `//${authority}${url}`;
  if (parsed.scheme !== undefined) url = `${parsed.scheme}:${url}`;
  if (parsed.fragment !== undefined) url += `#${parsed.fragment}`;
  return url;
}

function absolutePath(base: string, relative: string): string {
  if (relative.startsWith("/")) return withoutDots(relative);
  const folder = base.slice(0, base.lastIndexOf("/") + 1);
  return withoutDots(`${folder === "" ? "/" : folder}${relative}`);
}

/** What a relative URL has not is that of the base, up to the first that it has. */
function resolve(base: ParsedUrl, relative: ParsedUrl): ParsedUrl {
  const { scheme } = base;
  if (relative.authority !== undefined) return { ...relative, scheme };
  const { authority } = base;
  if (relative.path !== undefined)
    return { ...relative, scheme, authority, path: absolutePath(base.path ?? "", relative.path) };
  const { path } = base;
  if (relative.params !== undefined) return { ...relative, scheme, authority, path };
  const { params } = base;
  return { ...relative, scheme, authority, path, params, query: relative.query ?? base.query };
}

/** @see url.absolute */
export function absolute(base: string | ParsedUrl | undefined, relative?: string): string {
  const [whole, parts] =
    typeof base === "object" ? [build(base), base] : [base ?? "", parse(base)[0]];
  const [parsed] = parse(relative);
  if (parts === undefined) {
    if (relative === undefined) throw new TypeError("url.absolute takes a URL, and got none");
    return withoutDots(relative);
  }
  if (parsed === undefined) return withoutDots(whole);
  if (parsed.scheme !== undefined) return withoutDots(relative!);
  return withoutDots(build(resolve(parts, parsed)));
}
