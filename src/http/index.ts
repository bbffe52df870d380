/** LuaSocket's socket.http: requests of HTTP over our sockets, spoken by node:http. (cosocket/http) */
import "../environment/index.js";

export { type GenericForm, http, type Http, type HttpFunctions } from "./http.js";
export type {
  Created,
  HttpConnect,
  HttpError,
  HttpHeaders,
  HttpRequest,
  HttpResult,
  HttpSettings,
  HttpSocket,
  HttpsParams,
} from "./types.js";
/** @internal */
export { functionsOf, settings } from "./http.js";
/** @internal */
export type { Dialect } from "./dialect.js";
