/** LTN12: sources, sinks, filters and the pump, as LuaSocket's ltn12 has them. (cosocket/ltn12) */
/** @internal For mime, which needs nothing else of this. */
export { filter } from "./filter.js";
/** @internal For sources of this library. */
export { givesAway } from "./given.js";
export { ltn12 } from "./ltn12.js";
export { pump, type PumpStep } from "./pump.js";
export type { TakingSink } from "./sink.js";
export type { GivingSource, RewindSource } from "./source.js";
export type { FancySink, FancySource, Filter, Sink, Source } from "./types.js";
