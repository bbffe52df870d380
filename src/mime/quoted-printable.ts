/** Quoted-printable, as LuaSocket has it. (RFC 2045, 6.7) */
import type { Data } from "../object/index.js";
import { type Coded, coding, NOTHING } from "./coding.js";
import { bytesOf, CR, CRLF, EQUALS, LF, Output } from "./output.js";
import { wrapping } from "./wrapping.js";

const SPACE = 0x20;
const TAB = 0x09;
const SOFT_BREAK = Buffer.from("=\r\n");
const DIGITS = Buffer.from("0123456789ABCDEF");

function isPlain(byte: number): boolean {
  return byte > SPACE && byte < 0x7f && byte !== EQUALS;
}

function quote(byte: number, to: Output): void {
  to.byte(EQUALS);
  to.byte(DIGITS[byte >> 4]!);
  to.byte(DIGITS[byte & 15]!);
}

/** A space before the end of a line is quoted; that this is not one shows two bytes later. */
function encoding(marker: Uint8Array): (bytes: Buffer) => [Buffer, Buffer] {
  return (bytes) => {
    const to = new Output(bytes.length + (bytes.length >> 2) + 16);
    const { length } = bytes;
    let at = 0;
    for (; at < length; at++) {
      const byte = bytes[at]!;
      if (isPlain(byte)) to.byte(byte);
      else if (byte === CR) {
        if (at + 1 >= length) break;
        if (bytes[at + 1] === LF) {
          to.bytes(marker);
          at++;
        } else quote(byte, to);
      } else if (byte === SPACE || byte === TAB) {
        if (at + 2 >= length) break;
        if (bytes[at + 1] === CR && bytes[at + 2] === LF) quote(byte, to);
        else to.byte(byte);
      } else quote(byte, to);
    }
    return [to.done(), bytes.subarray(at)];
  };
}

/** At the end everything that is not plain is quoted, and a soft line break follows. */
function encodeRest(rest: Buffer): Buffer {
  if (rest.length === 0) return rest;
  const to = new Output(16);
  for (const byte of rest)
    if (isPlain(byte)) to.byte(byte);
    else quote(byte, to);
  to.bytes(SOFT_BREAK);
  return to.done();
}

/** @see mime.qp */
export function qp(first?: Data, second?: Data, marker: Data = CRLF): Coded {
  return coding("mime.qp", encoding(bytesOf("mime.qp", marker)), encodeRest)(first, second);
}

/** What a byte is worth as a hexadecimal digit; 16 if it is none. */
const VALUES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte);
  return /[0-9A-Fa-f]/.test(text) ? parseInt(text, 16) : 16;
});

function decode(bytes: Buffer): [Buffer, Buffer] {
  const to = new Output(bytes.length);
  const { length } = bytes;
  let at = 0;
  for (; at < length; at++) {
    const byte = bytes[at]!;
    if (byte === EQUALS) {
      if (at + 2 >= length) break;
      const next = bytes[at + 1]!;
      const last = bytes[at + 2]!;
      const high = VALUES[next]!;
      const low = VALUES[last]!;
      if (high < 16 && low < 16) to.byte((high << 4) + low);
      else if (next !== CR || last !== LF) to.bytes(bytes.subarray(at, at + 3));
      at += 2;
    } else if (byte === CR) {
      if (at + 1 >= length) break;
      if (bytes[at + 1] === LF) to.bytes(CRLF);
      at++;
    } else if (byte === TAB || (byte >= SPACE && byte < 0x7f)) to.byte(byte);
  }
  return [to.done(), bytes.subarray(at)];
}

export const unqp = coding("mime.unqp", decode, () => NOTHING);

/** @see mime.qpwrp */
export const qpwrp = wrapping("mime.qpwrp", SOFT_BREAK, 1, 3);
