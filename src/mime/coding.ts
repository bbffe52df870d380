/** The protocol of what encodes and decodes, in LuaSocket's C: what is left of one piece goes before the next. */
import type { Data } from "../object/index.js";
import { bytesOf } from "./output.js";

/** What a coding gives: bytes; undefined at the end, when there are no more. With it the bytes that are left for the next time. */
export type Coded = [coded: Buffer | undefined, rest: Buffer | undefined];

export const NOTHING = Buffer.alloc(0);

/**
 * `code(piece)` codes a whole; `code(rest, piece)` goes on, and gives the rest that is to be given with the next piece.
 *
 * @param code codes as many bytes as it can, and gives what is left besides
 * @param finish codes what was left
 */
export function coding(
  what: string,
  code: (bytes: Buffer) => [coded: Buffer, rest: Buffer],
  finish: (bytes: Buffer) => Buffer,
): (first?: Data, second?: Data) => Coded {
  return (first, second) => {
    if (first === undefined) return [undefined, undefined];
    const begun = bytesOf(what, first);
    if (second === undefined) {
      const [coded, rest] = code(begun);
      const last = finish(rest);
      const whole = last.length === 0 ? coded : Buffer.concat([coded, last]);
      return [whole.length === 0 ? undefined : whole, undefined];
    }
    const piece = bytesOf(what, second);
    const bytes = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
    const [coded, rest] = code(bytes);
    // Not a view: the piece may be large, and its memory used again.
    return [coded, rest.length === 0 ? NOTHING : Buffer.from(rest)];
  };
}
