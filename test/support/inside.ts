/** What is inside of the objects, for tests of the inside only. */
export { endpointOf } from "../../src/connect/endpoint.js";
export { engineOf } from "../../src/object/socket-object.js";
export { connectionOf } from "../../src/stream/inside.js";
