/** What is inside of a stream object: where bytes stand, which no method tells. To look at, never to change. */
export { connectionOf } from "../../src/stream/inside.js";
