/** The stream object: LuaSocket's methods on a connection; and any stream of Node's as one. */
export { clientOf, connectionOf, StreamObject } from "./stream-object.js";
export { fd, opened, Stream, stream, type Streams } from "./stream.js";
