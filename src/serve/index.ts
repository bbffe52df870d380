/** The accept loop: one fiber for each client. */
export {
  type ErrorHandler,
  type Handler,
  type Servable,
  serve,
  type ServeOptions,
} from "./serve.js";
