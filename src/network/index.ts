/** Transports: bytes to and from Node, and its resolver; nothing of Lua. Another object of type {@link Network} may stand in for it. */
import type { Network } from "./network.js";
import { nodeNetwork } from "./node.js";

/** The network in use. */
export const current: { network: Network } = { network: nodeNetwork };

export * from "./secure.js";
export type * from "./sides.js";
export { type DescriptorMode, openDescriptor } from "./descriptor.js";
export { streamTransport } from "./stream-transport.js";
export type * from "./network.js";
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
  ListenAddress,
  ConnectAddress,
  TlsFacts,
  Transport,
} from "./network.js";
