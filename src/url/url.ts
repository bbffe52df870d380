/** LuaSocket's url module, by its names. */
import { shown } from "../../reactor/index.js";
import { escaping, unescaped } from "./escape.js";
import { absolute, build, parse } from "./parts.js";
import { buildPath, parsePath } from "./path.js";

function checkText(what: string, text: unknown): asserts text is string {
  if (typeof text !== "string") throw new TypeError(`${what} takes a string, not ${shown(text)}`);
}

/** URLs, as LuaSocket's `require "socket.url"` has them. Text is UTF-8. See docs/ltn12.md. */
export const url = {
  /** The version of LuaSocket's module that this is. (LuaSocket: url._VERSION) */
  _VERSION: "URL 1.0.3",

  /**
   * Text that may stand in any part of a URL: all but letters, digits and "_" as "%" and two digits. (LuaSocket: url.escape)
   *
   * @example const query = `name=${url.escape("Ada & Grace")}`; // name=Ada%20%26%20Grace
   */
  escape(text: string): string {
    checkText("url.escape", text);
    return escaping(text, /[^A-Za-z0-9_]+/g);
  },

  /**
   * The text of which that was made. Escaped bytes that are not UTF-8 stay escaped. (LuaSocket: url.unescape)
   *
   * @example const name = url.unescape("Ada%20%26%20Grace");
   */
  unescape(text: string): string {
    checkText("url.unescape", text);
    return unescaped(text);
  },

  /**
   * The parts of a URL. None is unescaped.
   *
   * @param defaults parts for where the URL has none
   * @returns `[parsed]`, or `[undefined, "invalid url"]` for "" and undefined. (LuaSocket: url.parse)
   *
   * @example const [parsed, err] = url.parse("http://example.org:8080/a;b?c#d");
   */
  parse,

  /**
   * A URL of its parts. `user`, `password`, `host` and `port` come before `authority`. (LuaSocket: url.build)
   *
   * @example const text = url.build({ scheme: "http", host: "::1", port: 80, path: "/" }); // http://[::1]:80/
   */
  build,

  /**
   * The absolute URL that a relative one means, where `base` is. (LuaSocket: url.absolute)
   *
   * @param base an absolute URL, or its parts
   *
   * @example const next = url.absolute("http://example.org/a/b", "../c?d"); // http://example.org/c?d
   */
  absolute,

  /**
   * The segments of a path, unescaped; `is_absolute` and `is_directory` are 1 where it begins, and ends, with a slash. (LuaSocket:
   * url.parse_path)
   *
   * @example const segments = url.parse_path("/a%20b/c/"); // ["a b", "c"]
   */
  parse_path: parsePath,

  /**
   * A path of its segments, which are escaped unless `unsafe` is true. (LuaSocket: url.build_path)
   *
   * @example const path = url.build_path(["a b", "c"]); // a%20b/c
   */
  build_path: buildPath,
} as const;
