/** The accept loop: one fiber for each client. */
export { inTheManner } from "./handing.js";
export { nodeHandler } from "./node-handler.js";
export {
  type ErrorHandler,
  type Handler,
  type Servable,
  serve,
  type ServeOptions,
} from "./serve.js";
