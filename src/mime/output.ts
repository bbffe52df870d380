/** Bytes that are written one after the other. */
import { shown } from "../../reactor/index.js";
import { type Data, joined } from "../object/index.js";

export const CR = 0x0d;
export const LF = 0x0a;
export const EQUALS = 0x3d;
export const CRLF = Buffer.from("\r\n");

export class Output {
  private buffer: Buffer;
  private length = 0;

  /** @param size bytes that there will be, about */
  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  byte(byte: number): void {
    if (this.length === this.buffer.length) this.grow(1);
    this.buffer[this.length++] = byte;
  }

  bytes(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.buffer.length) this.grow(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(2 * this.buffer.length + bytes);
    larger.set(this.done());
    this.buffer = larger;
  }
}

/** What is given to a function of mime, as bytes: text is UTF-8. */
export function bytesOf(what: string, data: Data): Buffer {
  if (typeof data === "string" || data instanceof Uint8Array || Array.isArray(data))
    return joined(data, "utf8");
  throw new TypeError(`${what} takes a string or bytes, not ${shown(data)}`);
}

/** What a function of mime takes first: where it is. */
export function checkNumber(what: string, number: unknown): void {
  if (typeof number !== "number" || Number.isNaN(number))
    throw new TypeError(`${what} takes a number first, and then the piece, not ${shown(number)}`);
}
