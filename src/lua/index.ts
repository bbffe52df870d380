/** LuaSocket's functions beside its objects: select, dns, protect, sources and sinks. */
export { type AddressInfo, dns, type Resolved } from "./dns.js";
export {
  sink,
  type SinkMode,
  type SocketSink,
  type SocketSource,
  source,
  type SourceMode,
} from "./ltn12.js";
export { newtry, protect, type Protected, skip, type Try } from "./protect.js";
export { select, type Selected } from "./select.js";
