/** The stream object: LuaSocket's methods on a connection; and any stream of Node's as one. */
export { StreamObject } from "./stream-object.js";
export type { Sequence } from "./items.js";
export { clientOf, connectionOf } from "./inside.js";
export type { WebStreams } from "./web-streams.js";
export { fd, opened, Stream, stream, type Streams } from "./stream.js";
export { type DuplexOptions, given, type NodeMethods } from "./node-streams.js";
export type { OpenRestyMethods } from "./openresty.js";
