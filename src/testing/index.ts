/**
 * Testing what is built with cosocket: whole programs on a virtual clock and a simulated network, with faults that replay from a seed;
 * and helpers for tests on either network.
 */
export { checkStream, type CheckStreamOptions } from "./check-stream.js";
export { explore, type Exploration, type ExploreOptions, type Program } from "./explore.js";
export { ALL_FAULTS, type Chance, type Faults, type Schedule } from "./faults.js";
export { type Entry } from "./log.js";
export { type Line, streamPair, type StreamPairKind } from "./pairs.js";
export { SimulationError } from "./report.js";
export { sequencer, type Sequencer } from "./sequencer.js";
export { settle } from "./settle.js";
export { type Run, simulate } from "./simulate.js";
export type { SimulateOptions } from "./simulate-options.js";
export type { CheckedStream } from "./stream-promises.js";
export type { World } from "./world.js";
export { assertDoesNotYield, assertYields } from "./yields.js";
