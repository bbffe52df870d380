/** The TCP object, and what makes one. */
export { bind, connect, type FamilyName } from "./functions.js";
export { Tcp } from "./tcp.js";
