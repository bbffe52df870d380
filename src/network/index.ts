import type { Network } from "./network.js";
import { nodeNetwork } from "./node.js";

/** The network in use. */
export const current: { network: Network } = { network: nodeNetwork };

export * from "./secure.js";
export { type DescriptorMode, openDescriptor } from "./descriptor.js";
export { streamWire } from "./stream-wire.js";
export type * from "./network.js";
