/** A trace: what every fiber did, and when, in Chrome's JSON, for Perfetto and the page's timeline. It uses nothing but the reactor. */
export { type About, joined, type Part } from "./chrome.js";
export { gauges } from "./gauges.js";
export { ownFile } from "./own-file.js";
export { checkFile, type TraceOptions } from "./options.js";
export { traceProcess, yieldToSimulation } from "./process.js";
export { record } from "./record.js";
export { type Recording, recordLast } from "./recording.js";
export { Ring } from "./store.js";
export { trace } from "./trace.js";
/** @internal */
export { next } from "./trace.js";
export type { Cause, Traced, Tracer } from "./tracer.js";
