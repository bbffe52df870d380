/** Starting a process for a slot. */
import nodeCluster, { type Worker as NodeWorker } from "node:cluster";
import { EventEmitter } from "node:events";
import { SLOT } from "../object/index.js";

/** Start one. What prevents it is told as an "error" of a worker without a process, as Node does for some reasons, and throws others. */
export function startWorker(slot: number, workers: number): NodeWorker {
  try {
    return nodeCluster.fork({ [SLOT]: `${slot}/${workers}` });
  } catch (error) {
    return unborn(error);
  }
}

export function unborn(error: unknown): NodeWorker {
  const process = { pid: undefined, connected: false, kill: () => false };
  const worker = Object.assign(new EventEmitter(), { id: 0, process });
  setImmediate(() => worker.emit("error", error));
  // It is asked for nothing else.
  return worker as unknown as NodeWorker;
}
