import type { Network } from "./network.js";
import { nodeNetwork } from "./node.js";

/** The network in use. */
export const current: { network: Network } = { network: nodeNetwork };

export type { Address, Attempt, Chunk, Door, Endpoint, Link, Network, Wire } from "./network.js";
