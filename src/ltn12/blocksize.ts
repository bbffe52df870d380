/** How much is moved at once. */
import { shown } from "../../reactor/index.js";

let size = 64 * 1024;

export function blocksize(): number {
  return size;
}

export function setBlocksize(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw new TypeError(`BLOCKSIZE is a whole number of bytes from 1, not ${shown(bytes)}`);
  size = bytes;
}
