/** In what LuaSocket's http and Copas's differ. */
import type { Operation } from "effection";
import type { Created, HttpRequest, HttpSettings } from "./types.js";

export interface Dialect {
  /** For the texts of errors: "http", "copas.http". */
  readonly name: string;
  /** Read when a request begins. */
  readonly settings: HttpSettings;
  readonly tlsPort: () => number;
  /** The socket of a request that brings none, and how one that brings it is asked for it. */
  create(request: HttpRequest<string>): Created | Operation<Created>;
  /** From https to http: whether such a redirect is followed, is the answer, or is an error. */
  downgrade(request: HttpRequest<string>): "follow" | "answer" | "error";
}
