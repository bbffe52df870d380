/** Patterns that give text. */
export type TextPattern = "*l" | "*L" | "*a";
/** Patterns that give bytes: how many. */
export type BytePattern = number | `${number}`;

/** The text pattern that `pattern` is, or null if it may be a number of bytes. Misuse throws TypeError. */
export function textPattern(pattern: unknown, prefix: unknown): TextPattern | null {
  if (pattern === "*l" || pattern === "*L" || pattern === "*a") {
    if (typeof prefix !== "string") {
      throw new TypeError(
        `receive("${pattern}", prefix) gives text: the prefix must be a string, not bytes`,
      );
    }
    return pattern;
  }
  if (typeof prefix !== "string" && !(prefix instanceof Uint8Array)) {
    throw new TypeError(`receive: the prefix must be a string or bytes, not ${typeof prefix}`);
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
    `invalid receive pattern ${JSON.stringify(pattern) ?? String(pattern)}: ` +
      'use "*l" for a line, "*a" for everything, or a number of bytes',
  );
}
