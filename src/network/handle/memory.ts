/** Memory that handles read into. */

/** As much as libuv reads at once. */
const SIZE = 64 * 1024;
/** Where all handles read that do not get much: libuv tells of each read before the next. */
export const shared = Buffer.allocUnsafeSlow(SIZE);
/** What was read has been received, and nobody has any of it: filling it again costs less than new memory. A few, for a few busy connections. */
const spares: Buffer[] = [];
const SPARES = 8;

export function freshMemory(): Buffer {
  return spares.pop() ?? Buffer.allocUnsafeSlow(SIZE);
}

/** @param memory that was given (see Protocol), and nobody uses any more */
export function reuse(memory: Buffer): void {
  if (spares.length < SPARES) spares.push(memory);
}
