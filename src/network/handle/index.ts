/** Connections on Node's own stream handles, where it is known how those behave; see binding.ts first. */
export { adoptHandle } from "./adopt.js";
export { type Binding, handles } from "./binding.js";
export { connectHandle } from "./connect.js";
export { systemError } from "./errors.js";
export { reuse } from "./memory.js";
export { takeHandles } from "./listen.js";
