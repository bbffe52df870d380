/**
 * The part of a line that a receive had to give up, and that comes back as the prefix of the next one. From a peer that sends
 * byte by byte it grows byte by byte, and must not be counted as a whole each time.
 */
import { byteLength, type Encoding } from "../object/index.js";

/** Up to here counting anew costs less than remembering. */
const SHORT = 1024;

export class Partial {
  /** The long one that was counted last. */
  private last = "";
  private bytes = 0;

  /** How many bytes `text` is. */
  bytesOf(text: string, encoding: Encoding): number {
    if (text.length <= SHORT) return byteLength(text, encoding);
    if (text !== this.last) this.remember(text, byteLength(text, encoding));
    return this.bytes;
  }

  /** `text` behind `prefix`. */
  extend(prefix: string, text: string, encoding: Encoding): string {
    const all = prefix + text;
    if (all.length > SHORT)
      this.remember(all, this.bytesOf(prefix, encoding) + byteLength(text, encoding));
    return all;
  }

  private remember(text: string, bytes: number): void {
    this.last = text;
    this.bytes = bytes;
  }
}
