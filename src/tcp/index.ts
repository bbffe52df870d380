/** The TCP object. */
export { Tcp } from "./tcp.js";
