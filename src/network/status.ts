/** What goes on, in numbers, and on which transport. */
import { status as counts, type Status as Counts } from "../../reactor/index.js";
import type { TransportName } from "./network.js";
import { current } from "./current.js";

/** Counts in the manner of Copas's `status`, of fibers. */
export interface Status extends Counts {
  /**
   * What connections are made on: `"handle"`, Node's own stream handles; `"socket"`, sockets of node:net (on a Node, or a system, on which
   * the handles have not been tested, under the permission model and `--pending-deprecation`, and where the environment says
   * `COSOCKET_TRANSPORT=socket`); `"simulated"`, in a simulation. They differ in speed only.
   */
  transport: TransportName;
}

/**
 * How many fibers there are, what they wait for, and what connections are made on.
 *
 * @example
 * const { fibers, read, transport } = status();
 * console.log(`${fibers} fibers, ${read} of them reading, on ${transport}`);
 */
export function status(): Status {
  return { ...counts(), transport: current.network.transport };
}
