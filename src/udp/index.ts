/** The UDP object. */
export type { DatagramResult } from "./transfer.js";
export { DATAGRAMSIZE, Udp } from "./udp.js";
export { UdpEndpoint } from "./endpoint.js";
