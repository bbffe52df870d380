/**
 * The objects and functions of `cosocket` for async functions: what is performed there with `yield*` is awaited here, and gives the same
 * results. Nothing is written twice: types and objects are made from those with operations.
 */
import "../environment/index.js";
export { HaltedError, run, type Run, type RunOptions } from "../../reactor/index.js";
export {
  type AnySink,
  type AnySource,
  operationSink,
  operationSource,
  promisedSink,
  promisedSource,
  type Step,
} from "./flows.js";
export { http, type HttpRequest, type PromisedCreated, type PromisedHttp } from "./http.js";
export type {
  GenericForm,
  HttpError,
  HttpHeaders,
  HttpResult,
  HttpSettings,
  HttpSocket,
} from "../http/index.js";
export { pump, type Sink, type Source } from "./lua.js";
export { promised } from "./promised.js";
export {
  type ErrorHandler,
  type Handler,
  type HandlerContext,
  nodeHandler,
  type Servable,
  serve,
  type ServeOptions,
} from "./serve.js";
export {
  type PromisedNamespace,
  type PromisedSink,
  type PromisedSource,
  type StreamLike,
  sleep,
  socket,
} from "./socket.js";
export type {
  Abortable,
  Operations,
  Promised,
  PromisedFunction,
  PromisedMember,
  PromisedMembers,
  Stream,
  Tcp,
  Udp,
  Unix,
  Value,
} from "./types.js";
