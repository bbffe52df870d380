/**
 * cosocket: LuaSocket and Copas for TypeScript.
 *
 * General layout: reactor/ is the engine and knows nothing of sockets; src/ is LuaSocket's API on it. Here, `socket.ts` is
 * the namespace. `stream/` is what every stream object shares, `tls/` encrypts it, `domain/` is what listens and connects; `tcp/`,
 * `unix/` and `udp/` are the objects, `options/` the table of their options. `copas/` and `testing/` are doors of their own (cosocket/copas, cosocket/testing). `network/` is the only place that touches Node's network
 * modules. Imports point down only: src -> reactor -> effection (test/imports.test.ts).
 */
export {
  type Boundary,
  Fiber,
  type FiberEvent,
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
  type Yieldable,
  type YieldStarMissing,
} from "../reactor/index.js";
export type { Callback, Plain } from "./callback.js";
export { isFatal, type SocketError } from "./errors.js";
export { type Protected, SocketException, type Try } from "./protect.js";
export {
  causeOf,
  type AddressResult,
  type Failure,
  type FailureDetails,
  type Result,
  type Success,
} from "./result.js";
export type { AddressInfo, Resolved } from "./dns.js";
export type { ConnectOptions, PoolOptions } from "./domain/pool-options.js";
export {
  pump,
  type PumpStep,
  type Sink,
  type SinkMode,
  type SocketSink,
  type SocketSource,
  type Source,
  type SourceMode,
} from "./ltn12.js";
export type {
  Dynamic,
  Linger,
  Membership,
  OptionsOf,
  OptionValue,
  Setting,
  SettingsOf,
} from "./options/index.js";
export type { Selected } from "./select.js";
export {
  type ErrorHandler,
  type Handler,
  type Servable,
  serve,
  type ServeOptions,
} from "./serve.js";
export { socket } from "./socket.js";
export type { BytePattern, TextPattern } from "./stream/patterns.js";
export type { Data, Encoding } from "./stream/data.js";
export { Stream, type Streams } from "./stream/duplex.js";
export type { BoundaryReader } from "./stream/receive-any.js";
export type { StreamObject } from "./stream/stream-object.js";
export { Tcp } from "./tcp/tcp.js";
export { TlsContext } from "./tls/context.js";
export type { AlpnChoice, TlsParams } from "./tls/params.js";
export type { SecureMethods, TlsInfo } from "./tls/methods.js";
export type { TimeoutMode } from "./timeouts.js";
export { type DatagramResult, Udp } from "./udp/udp.js";
export { Unix } from "./unix/unix.js";
