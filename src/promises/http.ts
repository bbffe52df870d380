/** LuaSocket's http for async functions. */
import { awaiting } from "../object/index.js";
import {
  type GenericForm,
  http as operations,
  type HttpError,
  type HttpRequest as HttpRequestOfOperations,
  type HttpResult,
  type HttpSettings,
  type HttpSocket,
} from "../http/index.js";
import {
  type AnySink,
  type AnySource,
  operationSink,
  operationSource,
  operationStep,
  type Step,
} from "./flows.js";
import { performing, unpromised } from "./promised.js";
import type { Abortable, Tcp, Unix } from "./types.js";

/** What `create` gives: an object of this module, or of `cosocket`. */
export type PromisedCreated = Tcp | Unix | HttpSocket | [undefined, string, ...unknown[]];

/** The generic form of a request: that of `cosocket/http`, with sources, sinks and a step of promises. */
export interface HttpRequest<Word extends string = never>
  extends Omit<HttpRequestOfOperations<Word>, "source" | "sink" | "step" | "create">, Abortable {
  /** Gives the body: of promises, or of operations, as those of `cosocket/ltn12`. */
  source?: AnySource<Word> | undefined;
  /** Takes the body of the answer: of promises, or of operations, as those of `cosocket/ltn12`. */
  sink?: AnySink<Word> | undefined;
  /** Moves a piece of either. */
  step?: Step | undefined;
  /** Makes the socket; may be async. */
  create?: (() => PromisedCreated | PromiseLike<PromisedCreated>) | undefined;
}

/** The type of {@link http}. */
export interface PromisedHttp extends HttpSettings {
  /**
   * Request a URL, with GET, or with POST if there is a body: as `request` of `cosocket/http`.
   *
   * @example
   * const [body, code] = await http.request("http://example.org/");
   * if (body === undefined) throw new Error(code);
   */
  request(
    url: string,
    body?: string | Uint8Array,
    options?: Abortable,
  ): Promise<HttpResult<string>>;
  /**
   * Request in the generic form. An abort closes the connection, and tells the sink nothing.
   *
   * @example
   * const [ok, code] = await http.request({ url: "http://example.org/", method: "HEAD", signal });
   */
  request<Word extends string = never>(
    request: HttpRequest<Word>,
  ): Promise<HttpResult<1, HttpError | Word>>;
  /**
   * What `request(url, body)` requests, as of `cosocket/http`: to be changed, and requested.
   *
   * @example const { target } = http.genericform("http://example.org/");
   */
  genericform(url: string, body?: string | Uint8Array): Omit<GenericForm, "step" | "create">;
}

function ofOperations(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  const { source, sink, step, create, ...rest } = given as HttpRequest<string>;
  return {
    ...rest,
    source: typeof source === "function" ? operationSource(source) : source,
    sink: typeof sink === "function" ? operationSink(sink) : sink,
    step: typeof step === "function" ? operationStep(step) : step,
    create:
      typeof create === "function"
        ? function* () {
            return unpromised(yield* awaiting("create", Promise.resolve(create())));
          }
        : create,
  };
}

const requesting = performing("http.request", (given: string, body?: string) =>
  operations.request(ofOperations(given) as string, body),
);

/** LuaSocket's http for async functions; the settings are those of `cosocket/http`. See docs/http.md. */
export const http: PromisedHttp = Object.defineProperties(
  { request: requesting, genericform: operations.genericform },
  Object.fromEntries(
    (["TIMEOUT", "PORT", "PROXY", "USERAGENT"] as const).map((name) => [
      name,
      {
        enumerable: true,
        get: () => operations[name],
        set: (value: never) => void (operations[name] = value),
      },
    ]),
  ),
  // By the types above.
) as unknown as PromisedHttp;
