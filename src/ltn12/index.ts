/** LTN12: sources, sinks, filters and the pump, as LuaSocket's ltn12 has them. (cosocket/ltn12) */
export { ltn12 } from "./ltn12.js";
export { pump, type PumpStep } from "./pump.js";
export { sink, type TakingSink } from "./sink.js";
export { type GivingSource, type RewindSource, source } from "./source.js";
export { filter } from "./filter.js";
export type { FancySink, FancySource, Filter, Sink, Source } from "./types.js";
