/** Base64, by Node's Buffer, which is exact as long as the text is clean. (RFC 2045, 6.8) */
import { coding } from "./coding.js";

export const b64 = coding(
  "mime.b64",
  (bytes) => {
    const used = bytes.length - (bytes.length % 3);
    return [Buffer.from(bytes.toString("base64", 0, used), "latin1"), used];
  },
  (rest) => Buffer.from(rest.toString("base64"), "latin1"),
);

/** What is none of the 64 characters, nor padding, is passed over. (RFC 2045, 6.8) */
const OTHERS = /[^A-Za-z0-9+/=]+/g;

/** Four characters: padding counts as zeros, and says in the third and fourth place how many bytes there are. */
function atom(text: string): Buffer {
  const three = Buffer.from(text.replaceAll("=", "A"), "base64");
  return three.subarray(0, text[2] === "=" ? 1 : text[3] === "=" ? 2 : 3);
}

function decoded(text: string): Buffer {
  const clean = text.indexOf("=");
  if (clean < 0) return Buffer.from(text, "base64");
  const pieces: Buffer[] = [Buffer.from(text.slice(0, clean - (clean % 4)), "base64")];
  for (let at = clean - (clean % 4); at < text.length; at += 4)
    pieces.push(atom(text.slice(at, at + 4)));
  return Buffer.concat(pieces);
}

export const unb64 = coding(
  "mime.unb64",
  (bytes) => {
    const text = bytes.toString("latin1").replace(OTHERS, "");
    const rest = text.length % 4;
    let used = bytes.length;
    for (let left = rest; left > 0; used--) if (isOfBase64(bytes[used - 1]!)) left--;
    return [decoded(rest === 0 ? text : text.slice(0, -rest)), used];
  },
  () => Buffer.alloc(0),
);

function isOfBase64(byte: number): boolean {
  return /[A-Za-z0-9+/=]/.test(String.fromCharCode(byte));
}
