/** One stream inside: its two halves, buffers, waiting readers and senders, and its end. No public names. */
export { byPattern } from "./by-pattern.js";
export { Connection } from "./connection.js";
export { giveAway, GivenAway } from "./given-away.js";
export { isIdle, NEWCOMER } from "./idle.js";
export { mustBeClient, type Holder, type Role } from "./holder.js";
export { Barrier } from "./left-behind.js";
export type { BytePattern, TextPattern } from "./patterns.js";
export type { ReadHalf } from "./read-half.js";
export { type Pattern, receiving } from "./receive.js";
export { AnyBytes, Bytes, NOTHING, Peeked } from "./receive-bytes.js";
export { Chunk } from "./receive-chunk.js";
export { WholeLine } from "./receive-text.js";
export { type BoundaryReader, boundaryReader } from "./receive-until.js";
export { Whole } from "./receive-whole.js";
export { Flush, Send, SendText } from "./send.js";
