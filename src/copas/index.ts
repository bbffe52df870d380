/**
 * Copas: servers and threads on a loop, by Copas's names. `lock`, `semaphore` and `queue` need no loop: each works in any fiber and
 * in any Effection task.
 */
export { copas, type CopasStatus } from "./copas.js";
export { Future, type Outcome } from "./future.js";
export { Lock, lock } from "./lock.js";
export { Queue, queue, type QueueOptions, type WorkerErrorHandler } from "./queue.js";
export { Semaphore, semaphore } from "./semaphore.js";
export { Thread, type ThreadErrorHandler } from "./thread.js";
export { Timer, type TimerOptions } from "./timer.js";
