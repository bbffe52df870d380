/** The accept loop: one fiber for each client. */
export { inTheManner } from "./handing.js";
export { nodeHandler } from "./node-handler.js";
export { serve } from "./serve.js";
export type { ErrorHandler, Handler, Servable, ServeOptions } from "./types.js";
