/** Base64, by Node's Buffer, which is exact as long as the text is clean. (RFC 2045, 6.8) */
import { coding, NOTHING } from "./coding.js";

export const b64 = coding(
  "mime.b64",
  (bytes) => {
    const used = bytes.length - (bytes.length % 3);
    return [Buffer.from(bytes.toString("base64", 0, used), "latin1"), bytes.subarray(used)];
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

/** Whole atoms. */
function decoded(text: string): Buffer {
  const padding = text.indexOf("=");
  if (padding < 0) return Buffer.from(text, "base64");
  let at = padding - (padding % 4);
  const pieces: Buffer[] = [Buffer.from(text.slice(0, at), "base64")];
  for (; at < text.length; at += 4) pieces.push(atom(text.slice(at, at + 4)));
  return Buffer.concat(pieces);
}

export const unb64 = coding(
  "mime.unb64",
  (bytes) => {
    const text = bytes.toString("latin1").replace(OTHERS, "");
    const whole = text.length - (text.length % 4);
    return [decoded(text.slice(0, whole)), Buffer.from(text.slice(whole), "latin1")];
  },
  () => NOTHING,
);
