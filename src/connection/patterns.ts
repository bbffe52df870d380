import { shown } from "../../reactor/index.js";

/** Patterns that give text: a line, a line as it came, everything. As in LuaSocket, the first letter after the "*" counts, and the "*" may be left out. */
export type TextPattern = "*l" | "*L" | "*a" | "*line" | "*all" | "l" | "L" | "a" | "line" | "all";
/** Patterns that give bytes: how many. */
export type BytePattern = number | `${number}`;

/** As LuaSocket looks at a pattern. */
function firstLetter(pattern: unknown): "*l" | "*L" | "*a" | undefined {
  if (typeof pattern !== "string") return undefined;
  const letter = pattern[pattern.startsWith("*") ? 1 : 0];
  if (letter === "l") return "*l";
  if (letter === "L") return "*L";
  return letter === "a" ? "*a" : undefined;
}

/** The text pattern that `pattern` is, or null if it may be a number of bytes. Misuse throws TypeError. */
export function textPattern(pattern: unknown, prefix: unknown): "*l" | "*L" | "*a" | null {
  const text = pattern === "*l" ? pattern : firstLetter(pattern);
  if (text !== undefined) {
    if (typeof prefix !== "string") {
      throw new TypeError(
        `receive("${text}", prefix) gives text: the prefix must be a string, not ${shown(prefix)}`,
      );
    }
    return text;
  }
  if (typeof prefix !== "string" && !(prefix instanceof Uint8Array)) {
    throw new TypeError(`receive: the prefix must be a string or bytes, not ${shown(prefix)}`);
  }
  return null;
}

/** The number of bytes that `pattern` asks for. */
export function bytePattern(pattern: unknown): number {
  // Numeric strings count as numbers, as in Lua.
  const count =
    typeof pattern === "string" && /^\s*\d+\s*$/.test(pattern) ? Number(pattern) : pattern;
  if (count === Infinity || (Number.isInteger(count) && (count as number) >= 0))
    return count as number;
  throw new TypeError(
    `invalid receive pattern ${shown(pattern)}: use "*l" for a line, "*a" for everything, or a number of bytes`,
  );
}
