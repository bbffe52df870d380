/** What is inside of the objects, for tests of the inside only. */
export { endpointOf } from "../../src/domain/endpoint.js";
export { engineOf } from "../../src/socket-object.js";
export { connectionOf } from "../../src/stream/stream-object.js";
