/** Text in lines of a length at most. */
import type { Data } from "../object/index.js";
import { bytesOf, checkNumber, CR, CRLF, EQUALS, LF, Output } from "./output.js";

type Wrap = (
  left: number,
  piece?: Data,
  length?: number,
) => [wrapped: Buffer | undefined, left: number];

/**
 * @param what the function, for its errors
 * @param lineBreak where a line would become too long
 * @param least when so much room is left, it would
 * @param leastOfEquals the same, for what begins with "="
 */
export function wrapping(
  what: string,
  lineBreak: Buffer,
  least: number,
  leastOfEquals: number,
): Wrap {
  return (left, piece, length = 76) => {
    checkNumber(what, left);
    if (piece === undefined) return [left < length ? lineBreak : undefined, length];
    const bytes = bytesOf(what, piece);
    const to = new Output(bytes.length + (bytes.length >> 4) + 16);
    let room = left;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (byte === CR) continue;
      if (byte === LF) {
        to.bytes(CRLF);
        room = length;
        continue;
      }
      if (room <= (byte === EQUALS ? leastOfEquals : least)) {
        to.bytes(lineBreak);
        room = length;
      }
      to.byte(byte);
      room--;
    }
    return [to.done(), room];
  };
}
