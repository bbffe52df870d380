/** What lines are broken, ended and stuffed by. */
import type { Data } from "../object/index.js";
import { bytesOf, checkNumber, CR, CRLF, LF, Output } from "./output.js";
import { wrapping } from "./wrapping.js";

const DOT = 0x2e;

/** @see mime.wrp */
export const wrp = wrapping("mime.wrp", CRLF, 0, 0);

/** @see mime.eol */
export function eol(
  context: number,
  piece?: Data,
  marker: Data = CRLF,
): [normalized: Buffer | undefined, context: number] {
  checkNumber("mime.eol", context);
  if (piece === undefined) return [undefined, 0];
  const bytes = bytesOf("mime.eol", piece);
  const end = bytesOf("mime.eol", marker);
  const to = new Output(bytes.length + (bytes.length >> 4) + 16);
  let last = context;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte !== CR && byte !== LF) {
      to.byte(byte);
      last = 0;
    } else if (last !== CR && last !== LF) {
      to.bytes(end);
      last = byte;
    } else {
      if (byte === last) to.bytes(end);
      last = 0;
    }
  }
  return [to.done(), last];
}

/** @see mime.dot */
export function dot(context: number, piece?: Data): [stuffed: Buffer | undefined, context: number] {
  checkNumber("mime.dot", context);
  if (piece === undefined) return [undefined, 2];
  const bytes = bytesOf("mime.dot", piece);
  const to = new Output(bytes.length + (bytes.length >> 6) + 16);
  let state = context;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    to.byte(byte);
    if (byte === DOT && state === 2) to.byte(DOT);
    state = byte === CR ? 1 : byte === LF && state === 1 ? 2 : 0;
  }
  return [to.done(), state];
}
