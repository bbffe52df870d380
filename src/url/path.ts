/** Paths and their segments. */
import { shown } from "../../reactor/index.js";
import { escaping, unescaped } from "./escape.js";

/** The segments of a path, unescaped. */
export interface PathSegments extends Array<string> {
  /** The path begins with a slash. */
  is_absolute?: 1 | true | undefined;
  /** It ends with one. */
  is_directory?: 1 | true | undefined;
}

/** What may not stand as it is in a segment. */
const UNSAFE = /[^A-Za-z0-9_\-.!~*'():@&=+$,]+/g;

/** @see url.parse_path */
export function parsePath(path = ""): PathSegments {
  if (typeof path !== "string")
    throw new TypeError(`url.parse_path takes a string, not ${shown(path)}`);
  const segments: PathSegments = path
    .split("/")
    .filter((segment) => segment !== "")
    .map(unescaped);
  if (path.startsWith("/")) segments.is_absolute = 1;
  if (path.endsWith("/")) segments.is_directory = 1;
  return segments;
}

/** @see url.build_path */
export function buildPath(segments: PathSegments, unsafe = false): string {
  if (!Array.isArray(segments) || segments.some((segment) => typeof segment !== "string"))
    throw new TypeError(`url.build_path takes an array of segments, not ${shown(segments)}`);
  const { is_absolute, is_directory } = segments;
  const path = segments
    .map((segment) =>
      unsafe ? segment : escaping(segment, UNSAFE).replace(/%../g, (code) => code.toUpperCase()),
    )
    .join("/");
  const end = is_directory !== undefined && segments.length > 0 ? "/" : "";
  return `${is_absolute === undefined ? "" : "/"}${path}${end}`;
}
