/** Memory that handles read into. */
import process from "node:process";

/** As much as libuv reads at once. */
const SIZE = 64 * 1024;
/** Where all handles read that do not get much: libuv tells of each read before the next. */
export const shared = Buffer.allocUnsafeSlow(SIZE);
/** What was read has been received, and nobody has any of it: filling it again costs less than new memory. A few, for a few busy connections, or a file that a MiB waits for. */
const spares: Buffer[] = [];
const SPARES = 16;

/** What is in use: nothing else is read into again, and nothing twice. */
const used = new WeakSet<ArrayBufferLike>();

export function freshMemory(): Buffer {
  const memory = spares.pop() ?? Buffer.allocUnsafeSlow(SIZE);
  used.add(memory.buffer);
  return memory;
}

/** @param memory that was given (see Protocol), and nobody uses any more; what is only a part of such memory, or is other memory, is left alone */
export function reuse(memory: Buffer): void {
  if (memory.length === SIZE && used.delete(memory.buffer) && spares.length < SPARES)
    spares.push(memory);
}

/** Whoever reads into memory of its own. */
interface Mover {
  /** Nobody knows where it reads: read where all do. */
  returnToShared(): void;
}

/** Whose last read went into memory of its own, or whose next one shall. */
let moving: Mover | null = null;
let watched = false;

/**
 * Where the next read goes is what `onread` returns, and Node drops that if an exception comes out of it, or out of what runs behind it
 * (process.nextTick): the memory that was given away would be read into. A program may go on after an exception.
 */
export function setMoving(mover: Mover | null): void {
  moving = mover;
  if (watched || mover === null) return;
  watched = true;
  process.on("uncaughtExceptionMonitor", () => moving?.returnToShared());
}

/** It reads no more. */
export function stoppedMoving(mover: Mover): void {
  if (moving === mover) moving = null;
}
