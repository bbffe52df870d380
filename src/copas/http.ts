/** Copas's http: LuaSocket's, with redirects between http and https. */
import {
  type Dialect,
  functionsOf,
  type HttpFunctions,
  type HttpSettings,
  settings,
} from "../http/index.js";
import { Tcp } from "../tcp/index.js";
import { wrap } from "./sockets.js";

/** Copas's module http: its settings, and its functions. */
export interface CopasHttp extends HttpSettings, HttpFunctions {
  /** Of URLs of https without a port: 443. */
  SSLPORT: number;
  /** Copas's name for `genericform`. (Copas: http.parseRequest) */
  parseRequest: HttpFunctions["genericform"];
}

const own = { ...settings(), SSLPORT: 443 };

const dialect: Dialect = {
  name: "copas.http",
  settings: own,
  tlsPort: () => own.SSLPORT,
  create: (request) => (request.create === undefined ? wrap(Tcp.make(0)) : request.create(request)),
  downgrade: ({ redirect }) => (redirect === "all" ? "follow" : "error"),
};

const functions = functionsOf(dialect);

export const http: CopasHttp = Object.assign(own, functions, {
  parseRequest: functions.genericform,
});
