/**
 * Copas's lock, semaphore and queue, by Copas's names. They need no dispatcher: each works in any fiber and in any Effection task.
 */
export { Lock, lock } from "./lock.js";
export { Queue, queue, type QueueOptions, type WorkerErrorHandler } from "./queue.js";
export { Semaphore, semaphore } from "./semaphore.js";
