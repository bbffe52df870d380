/** Seeing a program run: what every fiber waits for, every socket and server, as data. (cosocket/inspect) */
export type {
  FiberFacts,
  Frame,
  PromiseFacts,
  ReactorFacts,
  ServerFacts,
  Snapshot,
  SocketFacts,
} from "./facts.js";
export { dump, dumpOn } from "./dump.js";
/** @internal */
export { treeLines } from "./dump.js";
export {
  metrics,
  metricsText,
  type PromClient,
  type PromCounter,
  type PromGauge,
  type PromOptions,
  registerMetrics,
} from "./metrics.js";
export { pathOf } from "./path.js";
export { snapshot, type SnapshotOptions, totals } from "./snapshot.js";
export { watch, type WatchOptions } from "./watch.js";
export { operationChannels, type OperationEvent } from "./operations.js";
export { type SocketEvent, socketChannels } from "../object/index.js";
export { recordStacks } from "../../reactor/index.js";
export { record, type Recording, trace, type TraceOptions } from "../trace/index.js";
/** @internal For src/environment. */
export { inspectByEnvironment } from "./environment.js";
export { inspect, type Inspector } from "./inspect.js";
/** @internal For src/cluster. */
export { inspectable, pageForWorkers } from "./for-cluster.js";
/** @internal For src/cluster. */
export type { PageAnswer, PageOptions } from "./worker.js";
export type { InspectOptions } from "./server/options.js";
