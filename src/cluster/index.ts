/** Many cores: one program, several processes of it, supervised, reloaded and drained; the processes are node:cluster's. (cosocket/cluster) */
import "../environment/index.js";

export { cluster } from "./cluster.js";
export { ClusterError } from "./errors.js";
export type {
  ClusterEvent,
  ClusterOptions,
  Primary,
  Received,
  Sent,
  Status,
  Worker,
  WorkerFibers,
  WorkerProcess,
  WorkerState,
  WorkerStatus,
} from "./types.js";
