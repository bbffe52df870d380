/** One stream inside: its two halves, buffers, waiting readers and senders, and its end. No public names. */
export { Connection } from "./connection.js";
export { mustBeClient, type Holder, type Role } from "./holder.js";
export { Barrier } from "./left-behind.js";
export type { BytePattern, TextPattern } from "./patterns.js";
export type { ReadHalf } from "./read-half.js";
export { type BoundaryReader, boundaryReader, Peek, ReceiveAny } from "./receive-any.js";
export { ChunkedBody, ReceiveChunk } from "./receive-chunk.js";
export { byPattern } from "./receive.js";
export { Flush, Send, SendText } from "./send.js";
