/** The network in use: Node's, unless a simulation has put its own in its place. */
import { handles } from "./handle/index.js";
import type { Network } from "./network.js";
import { networkOn } from "./node.js";

export const current: { network: Network } = { network: networkOn(handles) };
