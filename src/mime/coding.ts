/** The protocol of what encodes and decodes, in LuaSocket's C: what is left of one piece goes before the next. */
import type { Data } from "../object/index.js";
import { bytesOf } from "./output.js";

/** What a coding gives: bytes; undefined at the end, when there are no more. With it the bytes that are left for the next time. */
export type Coded = [coded: Buffer | undefined, rest: Buffer | undefined];

const NOTHING = Buffer.alloc(0);

/**
 * `code(piece)` codes a whole; `code(rest, piece)` goes on, and gives the rest that is to be given with the next piece.
 *
 * @param code codes as many bytes as it can; gives them, and how many these are
 * @param finish codes what was left
 */
export function coding(
  what: string,
  code: (bytes: Buffer) => [coded: Buffer, used: number],
  finish: (bytes: Buffer) => Buffer,
): (first?: Data, second?: Data) => Coded {
  return (first, second) => {
    if (first === undefined) return [undefined, undefined];
    const begun = bytesOf(what, first);
    if (second === undefined) {
      const [coded, used] = code(begun);
      const whole = Buffer.concat([coded, finish(begun.subarray(used))]);
      return [whole.length === 0 ? undefined : whole, undefined];
    }
    const piece = bytesOf(what, second);
    const bytes = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
    const [coded, used] = code(bytes);
    return [coded, used === bytes.length ? NOTHING : Buffer.from(bytes.subarray(used))];
  };
}
