/**
 * cosocket: LuaSocket and Copas for TypeScript.
 *
 * General layout: reactor/ is the engine and knows nothing of sockets; src/ is LuaSocket's API on it, in storeys, each of which uses
 * only those below (test/imports.test.ts has them in order). `socket.ts` is the namespace; `tcp/`, `unix/`, `udp/` and `stream/` are
 * the objects; `connection/`, `connect/` and `tls/` are what they have inside; `network/` is the only place that touches Node's network
 * modules. `copas/` and `testing/` are doors of their own (cosocket/copas, cosocket/testing).
 */
import "./environment/index.js";
export {
  all,
  allSettled,
  type Boundary,
  Channel,
  channel,
  each,
  type Each,
  event,
  type Fiber,
  type FiberParent,
  type FiberEvent,
  type FiberInfo,
  type FiberState,
  fibers,
  fork,
  type ForkOptions,
  HaltedError,
  type Halting,
  OnceEvent,
  type Performable,
  type Performables,
  race,
  ReactorError,
  type Received,
  type Resource,
  type Resumer,
  run,
  type Run,
  type RunOptions,
  type Sent,
  type SettledAll,
  sleep,
  type Step,
  useFiber,
  type Wait,
  type Waiting,
  type WaitKind,
  within,
  type Within,
  type Yieldable,
  type YieldStarMissing,
} from "../reactor/index.js";
export {
  type AddressResult,
  type Callback,
  causeOf,
  type Data,
  type Dynamic,
  type Encoding,
  type Failure,
  type FailureDetails,
  type HasOptions,
  isFatal,
  type Linger,
  type OptionValue,
  type Plain,
  type Result,
  type Setting,
  type Settable,
  type SocketError,
  SocketException,
  type Success,
  type TimeoutMode,
} from "./object/index.js";
export {
  type AddressInfo,
  type Protected,
  type Resolved,
  type Selected,
  type SinkMode,
  type SocketSink,
  type SocketSource,
  type SourceMode,
  type Try,
} from "./lua/index.js";
export { pump, type PumpStep, type Sink, type Source } from "./ltn12/index.js";
export type { ProxyAddress, ProxyEnd, ProxyHeader, ProxyParams, ProxyTlv } from "./proxy/index.js";
export type {
  ConnectOptions,
  InheritedSocket,
  PoolOptions,
  ProxyInfo,
  TcpConnectOptions,
} from "./connect/index.js";
export type {
  CommonOptions,
  Kind as ObjectKind,
  Membership,
  OptionsOf,
  SettingsOf,
} from "./options/index.js";
export {
  type ErrorHandler,
  type Handler,
  type Servable,
  nodeHandler,
  serve,
  type ServeOptions,
} from "./serve/index.js";
export {
  Backoff,
  type BackoffOptions,
  type Connected,
  type Jitter,
  type Reconnecting,
  reconnecting,
  type ReconnectOptions,
} from "./reconnect/index.js";
export type { Port } from "./address/index.js";
export { type DescriptorMode, type Status, status, type TransportName } from "./network/index.js";
export { socket } from "./socket.js";
export type { BoundaryReader, BytePattern, TextPattern } from "./connection/index.js";
export {
  type DuplexOptions,
  type NodeMethods,
  type OpenRestyMethods,
  type Sequence,
  Stream,
  type StreamObject,
  type Streams,
  type WebStreams,
} from "./stream/index.js";
export { type FamilyName, Tcp } from "./tcp/index.js";
export {
  type AlpnChoice,
  type Mode as TlsMode,
  type SecureMethods,
  TlsContext,
  type TlsInfo,
  type TlsParams,
} from "./tls/index.js";
export { type DatagramResult, Udp } from "./udp/index.js";
export { Unix } from "./unix/index.js";
