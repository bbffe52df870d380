/** LuaSocket's functions beside its objects: select, dns, protect, sources and sinks. */
export { type AddressInfo, dns, type Resolved } from "./dns.js";
export {
  pump,
  type PumpStep,
  type Sink,
  sink,
  type SinkMode,
  type SocketSink,
  type SocketSource,
  type Source,
  source,
  type SourceMode,
} from "./ltn12.js";
export { newtry, protect, type Protected, skip, type Try } from "./protect.js";
export { select, type Selected } from "./select.js";
