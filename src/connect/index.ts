/** What TCP and Unix objects have inside: connecting, through a pool; listening and accepting. */
export type { Destination } from "./connecting.js";
export { encryptByDefault } from "./encrypting.js";
export { Endpoint, endpointOf } from "./endpoint.js";
export {
  inherit,
  type InheritedSocket,
  inheritedSocket,
  isInherited,
  KINDS,
  mustBeKind,
} from "./inheriting.js";
export { Accept, BACKLOG, checkBacklog, type Listener } from "./listener.js";
export {
  accept,
  bind,
  closing,
  connect,
  type DomainMethods,
  listen,
  listening,
  getproxy,
  type ProxyInfo,
  setkeepalive,
} from "./methods.js";
export {
  attemptDelay,
  type ConnectOptions,
  mustBeNoOptions,
  type PoolOptions,
  type TcpConnectOptions,
} from "./connect-options.js";
export { IDLE_TIMEOUT, Pool } from "./pool.js";
export { wanted } from "./wanted.js";
