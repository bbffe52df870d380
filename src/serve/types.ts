/** What `serve` takes. */
import type { Operation } from "effection";
import type { Fiber } from "../../reactor/index.js";
import type { Plain } from "../object/index.js";
import type { Tcp } from "../tcp/index.js";
import type { TlsContext, TlsParams } from "../tls/index.js";
import type { Udp } from "../udp/index.js";
import type { Unix } from "../unix/index.js";

/** What can be served: a TCP or Unix server, or a bound UDP object. */
export type Servable = Tcp | Unix | Udp;

/** Runs one connection; a plain function, if it does not have to wait. The client is closed when it ends. */
export type Handler<Client extends Servable = Tcp> = (client: Client) => Operation<unknown> | Plain;

/** Takes the error of a handler. (Copas: seterrorhandler) */
export type ErrorHandler<Client extends Servable = Tcp> = (
  error: unknown,
  fiber: Fiber,
  client: Client,
) => void;

/** What `getpeername` gives for a client. */
export type Peer<Client extends Servable = Tcp> = ReturnType<Client["getpeername"]>;

/** Options of `serve`. TypeError for others, at the call. See docs/serve.md. */
export interface ServeOptions<Client extends Servable = Tcp> {
  /** Name of the server in `fibers()` and in error reports; its handlers are `<name>:client_<n>`. Default "server". */
  name?: string;
  /** Most clients at a time; further ones wait to be accepted, as many as the backlog. Default: no limit. */
  maxConnections?: number;
  /** Seconds that handlers may go on when the server is halted, before they are halted, too. Default 0. */
  grace?: number;
  /**
   * "close": when the server wants to end, it closes each connection that is between requests, at once; `grace` is for the others. Between
   * requests is one whose handler waits to receive, has sent something since it last received, and has nothing of the next
   * request; and one that has not said anything for 5 seconds since it came. See docs/serve.md. Default: none is closed.
   */
  idle?: "close" | undefined;
  /**
   * Takes errors of handlers; the server goes on, also if this throws itself. A plain function: it cannot wait. Default: prints them
   * on stderr, with names, the whole stack, and causes.
   */
  errorhandler?: ErrorHandler<Client>;
  /**
   * Encrypt each connection before its handler begins: parameters of dohandshake (mode "server"), or a context. A client
   * whose handshake fails never reaches the handler.
   */
  tls?: TlsParams | TlsContext;
  /**
   * A proxy stands in front of the server and says who the client is, by a header of the PROXY protocol (version 1 or 2), before anything else, TLS too: `getpeername` is
   * the client's address then. "require": every connection begins with one; addresses and networks, "10.0.0.0/8": those from there do, and
   * a header of anybody else is an error. See docs/proxy.md.
   */
  proxy?: "require" | readonly string[] | undefined;
  /** Seconds that a header may take. Default 10. */
  proxyTimeout?: number;
  /**
   * Told why there was no header, or none to be believed; the handler does not run, or is halted. `peer` is who has connected, the proxy or somebody else: the client's own
   * `getpeername` may be over. Default: nobody is.
   */
  onproxyerror?: (error: string, client: Client, peer: ReturnType<Client["getpeername"]>) => void;
  /** Seconds that a handshake may take. Default 60. */
  handshakeTimeout?: number;
  /**
   * Told of handshakes that failed. The client is closed: `peer` is what its `getpeername` said before, behind a proxy the address that the proxy has told. Default: nobody is; half the internet
   * knocks at every port.
   *
   * @example
   * const onhandshakeerror: ServeOptions["onhandshakeerror"] = (error, _client, [ip]) => console.warn(`${ip}: ${error}`);
   * yield* serve(server, handler, { tls: params, onhandshakeerror });
   */
  onhandshakeerror?: (
    error: string,
    client: Client,
    peer: ReturnType<Client["getpeername"]>,
  ) => void;
}
