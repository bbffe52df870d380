/** Transports: bytes to and from Node, and its resolver; nothing of Lua. Another object of type {@link Network} may stand in for it. */
export { current } from "./current.js";
export { unsentOf } from "./below.js";
export { closeByReset } from "./resets.js";
export * from "./secure.js";
export type * from "./sides.js";
export { type DescriptorMode, openDescriptor } from "./descriptor.js";
export { mustNotBePolled } from "./holders.js";
export { streamTransport } from "./stream-transport.js";
export { TransportStream } from "./transport-stream.js";
export { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from "node:net";
export type { Server as NodeServer, Socket } from "node:net";
export type * from "./network.js";
export { type Status, status } from "./status.js";
export { canShare, keep, type KeptSocket } from "./shared.js";
export { reuse } from "./handle/index.js";
export { joined } from "./chunks.js";
export type {
  Address,
  Attempt,
  Chunk,
  DatagramProtocol,
  DatagramOptions,
  DatagramSocket,
  ListenerHandle,
  Endpoint,
  Protocol,
  Inherited,
  ListenAddress,
  ListenPlace,
  ConnectAddress,
  TlsFacts,
  Transport,
  TransportName,
} from "./network.js";
