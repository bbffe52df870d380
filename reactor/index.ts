/** The engine: fibers, waits, deadlines, fairness, cancellation. It knows nothing of sockets. */
export {
  all,
  allSettled,
  Channel,
  channel,
  each,
  type Each,
  event,
  OnceEvent,
  type Performable,
  type Performables,
  race,
  type Received,
  scoped,
  type Sent,
  type SettledAll,
  within,
  type Within,
} from "./combinators/index.js";
export { channels, type FiberEvent } from "./channels.js";
export { type Context, contextHere } from "./context.js";
export { checkSignal } from "./abort.js";
export { type Alarm, type Clock, dateOf, monotonicMicroseconds, systemClock } from "./clock.js";
export { type Pause, pauseOf, wordsOf } from "./effects.js";
export { HaltedError, ReactorError } from "./errors.js";
export { Fifo } from "./fifo.js";
export { fork, forkIn, useFiber, useFiberParent } from "./fork.js";
export type { ForkOptions } from "./fork-options.js";
export { measureTurns } from "./meters.js";
export { mustBePlain, notAsync } from "./functions.js";
export { Deadline, type Expiring } from "./deadline.js";
export { Heap, type Placed } from "./heap.js";
export { type FiberInfo, fibers, liveFibers, type Status, status } from "./inspect.js";
export type { Joinable, Joiner } from "./join.js";
export {
  type Check,
  checkOptionNames,
  checkOptions,
  mustBe,
  nearest,
  unknownName,
} from "./names.js";
export {
  observeOperations,
  observer,
  type OperationObserver,
  tellOfOperations,
} from "./observer.js";
export {
  notPerformed,
  operation,
  performing,
  shownAs,
  type Step,
  type Yieldable,
  type YieldStarMissing,
  yieldedOnly,
} from "./operation.js";
export { Mapped } from "./mapped.js";
export type { Unperformed } from "./place.js";
/** @internal */
export { isOwn, pathIn } from "./place.js";
export { Query } from "./query.js";
export { QueuedWait } from "./queued-wait.js";
export type { Flushable } from "./flush-list.js";
export { reactor, Reactor } from "./reactor.js";
export { STANDS_FOR } from "./resources.js";
export { type Run, run, type RunOptions } from "./run.js";
export { asError, kindOf, oneLine, shown, textOf, told } from "./show.js";
export { Sleep, sleep } from "./sleep.js";
export { type Timers } from "./timers.js";
export type {
  Boundary,
  Fiber,
  FiberParent,
  FiberState,
  Halting,
  Meter,
  Resource,
  Resumer,
  Supervisor,
  Waiting,
  WaitKind,
} from "./types.js";
export { awaited, toPromise } from "./to-promise.js";
export { recordStacks } from "./stacks.js";
export { TryFirst } from "./try-first.js";
export { OperationRecord, type TraceBudget } from "./unperformed.js";
export { Until } from "./until.js";
export { PENDING, type Pending, Wait } from "./wait.js";
export { WaitList } from "./wait-list.js";
