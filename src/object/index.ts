/** What every I/O object has, whatever its domain: results and their errors, timeouts, readiness, what is sent; and the engine inside of it. Knows no connection. */
export { Awaiting, awaiting } from "./awaiting.js";
export { Limits } from "./call-timeout.js";
export { type Callback, isOperation, operationOf, type Plain, toPerform } from "./callback.js";
export { byteLength, checkSend, type Data, type Encoding, joined } from "./data.js";
export { byDefault, Engine } from "./engine.js";
export { errorParts, errorText, errorWord, isFatal, print, type SocketError } from "./errors.js";
export { SocketException } from "./exception.js";
export { Fifo } from "../../reactor/index.js";
export { changed, type Selectable, standsFor, standsForWhat, unwatch, watch } from "./readiness.js";
export { sendWhole } from "./unread.js";
export { Open, open } from "./open.js";
export { idOf, socketChannels, type SocketEvent, tracer, wordsOfTheProgram } from "./told.js";
export { family, SLOT, type WorkerFacts, type Workers } from "./workers.js";
export {
  type Dynamic,
  type HasOptions,
  type Linger,
  type OptionAccess,
  type OPTIONS,
  type OptionValue,
  type Settable,
  type Setting,
} from "./option-access.js";
export {
  type AddressResult,
  causeOf,
  detailsOf,
  explained,
  fail,
  type Failure,
  type FailureDetails,
  isFailure,
  type Result,
  type Success,
  withoutPartial,
} from "./result.js";
export {
  ENGINE,
  engineOf,
  instead,
  isForeign,
  isSocketObject,
  SocketObject,
} from "./socket-object.js";
export { type Directed, type Direction, SocketWait } from "./socket-wait.js";
export { copasTimeouts, seconds, type TimeoutMode, type Timeouts } from "./timeouts.js";
