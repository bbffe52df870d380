/**
 * Copas: servers and threads on a loop, by Copas's names. What threads share works without the loop, in any fiber and in any
 * Effection task: `lock.new()` and `semaphore.new()` as they are; what starts threads is made by an operation (`yield* queue.new()`,
 * `timer.new`, `limit.new`, `future.addthread`), and they are children of the caller.
 */
import "../environment/index.js";
export { copas } from "./copas.js";
export type { Debug, Logger } from "./debug.js";
export { future, type Future, type Outcome, type Task } from "./future.js";
export type { CopasHttp } from "./http.js";
export type {
  Created,
  GenericForm,
  HttpError,
  HttpFunctions,
  HttpHeaders,
  HttpRequest,
  HttpResult,
  HttpSettings,
  HttpSocket,
  HttpConnect,
} from "../http/index.js";
export { type Limit, limit } from "./limit.js";
export { type Got, type Lock, lock } from "./lock.js";
export type { Loop } from "./loop.js";
export { type Finished, type Queue, queue, type QueueOptions } from "./queue.js";
export { type Popped, type Pushed } from "./queue-waits.js";
export { type Semaphore, semaphore, type Taken } from "./semaphore.js";
export type { Named, Receive, SslParams } from "./sockets.js";
export type { CopasStatistics } from "./statistics.js";
export type { CopasStatus } from "./status.js";
export type { Body, Thread, ThreadErrorHandler } from "./thread.js";
export type { Refused } from "./waiting.js";
export { type Timer, timer, type TimerOptions } from "./timer.js";
