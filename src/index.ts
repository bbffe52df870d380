/**
 * cosocket: LuaSocket and Copas for TypeScript.
 *
 * General layout: reactor/ is the engine and knows nothing of sockets; src/ is LuaSocket's API on it. Here, `socket.ts` is
 * the namespace; `stream/` is what every stream object shares; `tcp/` is the TCP object; `network/` is the only place
 * that touches Node's network modules. Imports point down only: src -> reactor -> effection (test/imports.test.ts).
 */
export {
  type Boundary,
  Fiber,
  type FiberInfo,
  type FiberState,
  fibers,
  fork,
  type ForkOptions,
  HaltedError,
  ReactorError,
  run,
  sleep,
  type Status,
  status,
  useFiber,
} from "../reactor/index.js";
export { isFatal, type SocketError } from "./errors.js";
export { type Protected, SocketException, type Try } from "./protect.js";
export type { AddressResult, Failure, Result, Success } from "./result.js";
export { type ErrorHandler, type Handler, serve, type ServeOptions } from "./serve.js";
export { socket } from "./socket.js";
export type { BytePattern, TextPattern } from "./stream/patterns.js";
export type { Encoding } from "./stream/receive-buffer.js";
export type { Data } from "./stream/send.js";
export type { Linger, OptionValue } from "./tcp/options.js";
export { Tcp } from "./tcp/tcp.js";
export type { TimeoutMode } from "./timeouts.js";
