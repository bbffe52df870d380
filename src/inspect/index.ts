/** Seeing a program run: what every fiber waits for, every socket and server, as data. (cosocket/inspect) */
export type {
  FiberFacts,
  Frame,
  ReactorFacts,
  ServerFacts,
  Snapshot,
  SocketFacts,
} from "./facts.js";
export { snapshot } from "./snapshot.js";
export { record, type Recording, trace, type TraceOptions } from "../trace/index.js";
export { inspect, type Inspector } from "./inspect.js";
export type { InspectOptions } from "./server/options.js";
