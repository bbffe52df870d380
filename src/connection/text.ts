/** Lines as text. */
import { constants } from "node:buffer";

/** Longest string that V8 makes. */
export const LONGEST_TEXT = constants.MAX_STRING_LENGTH;

/** Bytes of the UTF-8 character that begins with `byte`; 1 where none does. */
function characterLength(byte: number): number {
  if (byte >= 0xf0) return byte <= 0xf4 ? 4 : 1;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc2 ? 2 : 1;
}

/** How many of the last of `n` bytes begin a UTF-8 character that ends behind them (0 to 3). @param last the `back`-th byte from the end, from 1 */
export function unfinished(n: number, last: (back: number) => number): number {
  for (let back = 1; back <= Math.min(3, n); back++) {
    const byte = last(back);
    if ((byte & 0xc0) === 0x80) continue;
    return characterLength(byte) > back ? back : 0;
  }
  return 0;
}

/** LuaSocket drops every CR of a line, not only the one before the LF. */
export function dropCR(text: string): string {
  const first = text.indexOf("\r");
  if (first < 0) return text;
  return first === text.length - 1 ? text.slice(0, first) : text.replaceAll("\r", "");
}
