/** LuaSocket's module http, by its names. */
import { operation, shown, type Yieldable } from "../../reactor/index.js";
import { ltn12 } from "../ltn12/index.js";
import { socket } from "../socket.js";
import { Tcp } from "../tcp/index.js";
import { checkRequest } from "./check.js";
import type { Dialect } from "./dialect.js";
import { perform } from "./request.js";
import type { HttpError, HttpRequest, HttpResult, HttpSettings } from "./types.js";
import { placeOf, partsOf } from "./wanted.js";

/** The functions of a module that speaks HTTP as `dialect` has it. */
export interface HttpFunctions {
  /**
   * Request a URL, with GET, or with POST if there is a body. Redirects are followed.
   *
   * @param body what to send, as "application/x-www-form-urlencoded"
   * @returns `[body, code, headers, status]`, the body as text (UTF-8); or `[undefined, error]`: the words of sockets ("timeout", "closed",
   * "connection refused", "host or service not provided, or not known", ...), "malformed response headers", "invalid chunk size",
   * "invalid host 'nil'", a status line that is none, ... A body that is cut is "closed". Each wait may last `TIMEOUT` seconds. Never throws on
   * trouble of the network or a bad URL. Cancelling closes the connection. (LuaSocket: http.request)
   *
   * @example
   * const [body, code, headers] = yield* http.request("http://example.org/");
   * if (body === undefined) throw new Error(code);
   */
  request(url: string, body?: string | Uint8Array): Yieldable<HttpResult<string>>;
  /**
   * Request in the generic form: any method, the body from a source and into a sink.
   *
   * @returns `[1, code, headers, status]`, or `[undefined, error]`, also the error of the source or the sink. TypeError for a misspelt field.
   * Cancelling closes the connection, and tells the sink nothing. (LuaSocket: http.request)
   *
   * @example
   * const pieces: Data[] = [];
   * const sink = ltn12.sink.table(pieces);
   * const [ok, code] = yield* http.request({ url: "http://example.org/", sink, headers: { accept: "text/html" } });
   */
  request<Word extends string = never>(
    request: HttpRequest<Word>,
  ): Yieldable<HttpResult<1, HttpError | Word>>;

  /**
   * What `request(url, body)` requests: a request in the generic form, whose sink puts the pieces of the body into its `target`.
   * (LuaSocket: http.genericform)
   *
   * @example
   * const form = http.genericform("http://example.org/", "a=b");
   * yield* http.request({ ...form, method: "PUT" });
   * console.log(Buffer.concat(form.target));
   */
  genericform(url: string, body?: string | Uint8Array): GenericForm;
}

/** A request in the generic form, with the pieces of the body of its answer. */
export type GenericForm = HttpRequest & { url: string; target: Buffer[] };

function genericform(what: string, url: string, body?: string | Uint8Array): GenericForm {
  if (typeof url !== "string")
    throw new TypeError(`${what}: the url is a string, not ${shown(url)}`);
  if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array))
    throw new TypeError(`${what}: the body is a string or bytes, not ${shown(body)}`);
  const target: Buffer[] = [];
  const form: GenericForm = { url, target, sink: ltn12.sink.table(target) };
  if (body === undefined) return form;
  return {
    ...form,
    method: "POST",
    source: ltn12.source.string(body),
    headers: {
      "content-length": Buffer.byteLength(body),
      "content-type": "application/x-www-form-urlencoded",
    },
  };
}

/** No more of a URL than the host: there may be secrets in the rest. */
function described(name: string, request: HttpRequest<string>): string {
  const { scheme = "http", host = "" } = partsOf(request);
  return `${name}.request ${request.method ?? "GET"} ${scheme}://${placeOf(host, undefined)}`;
}

/** Those of `cosocket/http`, or of `copas.http`. */
export function functionsOf(dialect: Dialect): HttpFunctions {
  const { name } = dialect;
  function request(
    given: string | HttpRequest<string>,
    body?: string | Uint8Array,
  ): Yieldable<HttpResult<unknown, string>> {
    if (typeof given !== "string") {
      checkRequest(`${name}.request`, given);
      return operation(described(name, given), () => perform(dialect, given));
    }
    genericform(`${name}.request`, given, body);
    return operation(described(name, { url: given }), function* () {
      // Each time anew: it can be performed again.
      const form = genericform(name, given, body);
      const result = yield* perform(dialect, form);
      // A failure is handed on as it is, with what it knows.
      if (result[0] === undefined) return result;
      const [, code, headers, status] = result;
      return [Buffer.concat(form.target).toString(), code, headers, status];
    });
  }
  return {
    // By the types above: words are those of this module, and of sources and sinks.
    request: request as HttpFunctions["request"],
    genericform: (url, body) => genericform(`${name}.genericform`, url, body),
  };
}

/** The settings that both modules have, as they are at first. */
export function settings(): HttpSettings {
  return { TIMEOUT: 60, PORT: 80, PROXY: undefined, USERAGENT: socket._VERSION };
}

/** LuaSocket's module http: its settings, and its functions. */
export interface Http extends HttpSettings, HttpFunctions {}

const own = settings();

const dialect: Dialect = {
  name: "http",
  settings: own,
  tlsPort: () => 443,
  create: ({ create }) => (create === undefined ? Tcp.make(0) : create()),
  downgrade: () => "answer",
};

/**
 * Requests of HTTP and https, as LuaSocket's `require "socket.http"` makes them (and LuaSec's `require "ssl.https"`). The settings are
 * properties: `http.TIMEOUT = 5`. See docs/http.md.
 */
export const http: Http = Object.assign(own, functionsOf(dialect));
