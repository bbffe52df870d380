/** What a request is made of, and what comes of it. */
import type { Operation } from "effection";
import type { PumpStep, Sink, Source } from "../ltn12/index.js";
import type { Result, SocketError } from "../object/index.js";
import type { StreamObject } from "../stream/index.js";
import type { TlsContext, TlsParams } from "../tls/index.js";
import type { ParsedUrl } from "../url/index.js";

/** What a request may fail with: the words of sockets, and those of this module. */
export type HttpError =
  | SocketError
  /** A status line that is none: all of it. */
  | `HTTP/${string}`
  | "malformed response headers"
  | "response headers too long"
  /** What cannot be asked for: "invalid host 'nil'", "invalid header 'x-name'", ... */
  | `invalid ${string}`
  | `content-length is ${number}, but the source gave ${string}`
  | `proxy refused: ${string}`
  | "Unallowed insecure redirect https to http";

/** Fields of an answer, by their names in lower case; those that came several times are joined by ", ". No prototype. */
export type HttpHeaders = Record<string, string>;

/**
 * What a request gives: the body (of the generic form 1), the status code, the fields, the status line; or undefined and the error. The
 * first tells: `if (body === undefined)`.
 */
export type HttpResult<Body, Word extends string = HttpError> =
  | [body: Body, code: number, headers: HttpHeaders, status: string]
  | [body: undefined, error: Word, headers?: undefined, status?: undefined];

/** Connects, as TCP's `connect` does; one of another domain may know by itself where to. */
export type HttpConnect = (host: string, port: number) => Operation<Result<1>>;

/** What `create` makes: a TCP object, or anything that has these methods, which are called in this order. */
export interface HttpSocket extends Pick<
  StreamObject,
  | "settimeout"
  | "settimeouts"
  | "dohandshake"
  | "info"
  | "send"
  | "peek"
  | "receiveany"
  | "close"
  | "closed"
> {
  readonly connect: HttpConnect;
  /** Where there is one, a request that is broken off before all of it is sent sets "linger", so that nobody waits for a server that does not read. */
  readonly setoption?:
    ((name: "linger", value: { on: boolean; timeout: number }) => unknown) | undefined;
}

/** What `create` may return: a socket, or a result; a generator function may return either. */
export type Created = HttpSocket | [HttpSocket] | [undefined, string, ...unknown[]];

/** LuaSec's parameters that may stand among the others; `sslparams` takes all. */
export type HttpsParams = Pick<
  TlsParams,
  | "protocol"
  | "options"
  | "verify"
  | "verifyext"
  | "key"
  | "certificate"
  | "certificates"
  | "cafile"
  | "capath"
  | "ciphers"
  | "ciphersuites"
  | "curve"
  | "curveslist"
  | "alpn"
  | "servername"
>;

/** The generic form of a request. Parts of the URL may stand in it by themselves, and go before those in `url`. */
export interface HttpRequest<Word extends string = never> extends ParsedUrl, HttpsParams {
  /** `http://` or `https://`. */
  url?: string | undefined;
  /** What stands in the request line, instead of path and query. */
  uri?: string | undefined;
  /** "GET" unless it is said. */
  method?: string | undefined;
  /** Fields to send, before those of this module. A value is text, or a number; undefined is none. */
  headers?: Readonly<Record<string, string | number | undefined>> | undefined;
  /** Gives the body. Without a "content-length" it is sent in chunks. */
  source?: Source<Word> | undefined;
  /** Takes the body of the answer, if there can be one. Default: it is dropped. */
  sink?: Sink<Word> | undefined;
  /** Moves a piece of either. Default: `ltn12.pump.step`. */
  step?: PumpStep | undefined;
  /** URL of a proxy. Default: `PROXY`. */
  proxy?: string | undefined;
  /** False: not to follow redirects. "all" (copas.http): also from https to http. */
  redirect?: boolean | "all" | undefined;
  /** How many to follow (default 5); false: without a limit. */
  maxredirects?: number | false | undefined;
  /** Makes the socket, for each connection anew. In copas.http it gets the request. */
  create?: ((request?: HttpRequest<string>) => Created | Operation<Created>) | undefined;
  /** Of copas.http: seconds, for each wait, or for those of each sort. Default: `TIMEOUT`. */
  timeout?: number | { connect?: number; send?: number; receive?: number } | undefined;
  /** Parameters of TLS, all that `dohandshake` takes, or a context. */
  sslparams?: TlsParams | TlsContext | undefined;
  /** What `genericform` gives: the pieces of the body. */
  target?: unknown[] | undefined;
}

/** What can be set of the module, for all requests that begin later. */
export interface HttpSettings {
  /** Seconds that a socket may wait, each time (settimeout); negative or undefined: for ever. Default 60. */
  TIMEOUT: number | undefined;
  /** Of URLs of http without a port: 80. */
  PORT: number;
  /** URL of a proxy for all requests. Default: none. */
  PROXY: string | undefined;
  /** What is sent as "user-agent". */
  USERAGENT: string;
}
