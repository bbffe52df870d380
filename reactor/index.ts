/** The engine: fibers, waits, deadlines, fairness, cancellation. It knows nothing of sockets. */
export { Ask } from "./ask.js";
export type { Belonging } from "./belongings.js";
export { type Context, contextHere } from "./context.js";
export { type Alarm, type Clock, systemClock } from "./clock.js";
export { HaltedError, ReactorError } from "./errors.js";
export type { Family } from "./family.js";
export { Fiber, type FiberState } from "./fiber.js";
export type { HaltWait } from "./join.js";
export { fork, forkIn, useFamily, useFiber } from "./fork.js";
export { mustBePlain, notAsync } from "./functions.js";
export { Heap, type Placed } from "./heap.js";
export {
  channels,
  type FiberEvent,
  type FiberInfo,
  fibers,
  type Status,
  status,
} from "./inspect.js";
export { checkOptionNames, unknownName } from "./names.js";
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
export { type Flushable, type Meter, reactor, Reactor, type Resumer } from "./reactor.js";
export { type Run, run, type RunOptions } from "./run.js";
export { oneLine, shown } from "./show.js";
export { Rest, sleep } from "./sleep.js";
export type { Boundary, ForkOptions, Supervisor } from "./supervisor.js";
export { Deadline, type Expiring, type Timers } from "./timers.js";
export { Turn } from "./turn.js";
export { Until } from "./until.js";
export { PENDING, type Pending, Wait, type WaitKind } from "./wait.js";
export { WaitList } from "./wait-list.js";
