/** A trace: what every fiber did, and when, in Chrome's JSON, for Perfetto and the page's timeline. It uses nothing but the reactor. */
export { record, type Recording } from "./record.js";
export { trace } from "./trace.js";
export type { TraceOptions } from "./options.js";
