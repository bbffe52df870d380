/** Lines as text. */
import { constants } from "node:buffer";

/** Longest string that V8 makes. */
export const LONGEST_TEXT = constants.MAX_STRING_LENGTH;

/** Bytes of the UTF-8 character that begins with `byte`; 1 where none does. */
export function characterLength(byte: number): number {
  if (byte >= 0xf0) return byte <= 0xf4 ? 4 : 1;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc2 ? 2 : 1;
}

/** LuaSocket drops every CR of a line, not only the one before the LF. */
export function dropCR(text: string): string {
  const first = text.indexOf("\r");
  if (first < 0) return text;
  return first === text.length - 1 ? text.slice(0, first) : text.replaceAll("\r", "");
}
