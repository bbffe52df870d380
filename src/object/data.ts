/** What is sent: checked, and made bytes. */
import { shown } from "../../reactor/index.js";

/** How strings are sent, lines and "*a" received. */
export type Encoding = "utf8" | "latin1";

/** What `send` takes; an array, nested or not, is sent as if joined. */
export type Data = string | Uint8Array | readonly Data[];

function checkLatin1(text: string): void {
  const place = text.search(/[^\0-\xff]/);
  if (place >= 0) {
    throw new TypeError(
      `send: ${JSON.stringify(text.charAt(place))} is no Latin-1 character, and the socket's encoding is latin1: ` +
        'setencoding("utf8"), or send bytes',
    );
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** All of it as one piece of bytes; bytes are not copied. */
export function joined(data: Data, encoding: Encoding): Buffer {
  if (typeof data === "string") return Buffer.from(data, encoding);
  if (data instanceof Uint8Array) return view(data);
  return Buffer.concat(pieces(data, encoding, []));
}

function pieces(data: Data, encoding: Encoding, list: Buffer[]): Buffer[] {
  if (typeof data === "string") list.push(Buffer.from(data, encoding));
  else if (data instanceof Uint8Array) list.push(view(data));
  else for (const piece of data) pieces(piece, encoding, list);
  return list;
}

/** Misuse of `send` is a bug, and said at the call. */
export function checkSend(data: unknown, i: unknown, j: unknown, encoding: Encoding): void {
  checkData(data, encoding);
  for (const index of [i, j]) {
    if (index !== undefined && !Number.isInteger(index)) {
      throw new TypeError(`send: the byte range must be integers, 1-based, not ${shown(index)}`);
    }
  }
}

function checkData(data: unknown, encoding: Encoding): void {
  if (typeof data === "string") {
    if (encoding === "latin1") checkLatin1(data);
  } else if (Array.isArray(data)) {
    for (const piece of data) checkData(piece, encoding);
  } else if (!(data instanceof Uint8Array)) {
    throw new TypeError(
      `send takes a string, a Uint8Array, or an array of them, not ${shown(data)}` +
        (typeof data === "number" ? ": write String(n)" : ""),
    );
  }
}

export function byteLength(text: string, encoding: Encoding): number {
  return encoding === "utf8" ? Buffer.byteLength(text) : text.length;
}
