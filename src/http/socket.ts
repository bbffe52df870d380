/** The socket of a request: made, told its timeouts, connected, encrypted. */
import type { Operation } from "effection";
import { isFailure, operationOf, type Result } from "../object/index.js";
import { TlsContext, type TlsParams } from "../tls/index.js";
import { httpSocket, tlsOf } from "./check.js";
import type { Dialect } from "./dialect.js";
import { Exchange } from "./exchange.js";
import { failed, type Failed } from "./failures.js";
import { written } from "./fields.js";
import { head, sent } from "./messages.js";
import type { HttpRequest, HttpSocket } from "./types.js";
import { placeOf, type Proxy, type Wanted } from "./wanted.js";

/** What `create` makes. (LuaSocket: socket.try(create())) */
export function* made(
  dialect: Dialect,
  request: HttpRequest<string>,
): Operation<Result<HttpSocket, undefined, string>> {
  const given = yield* operationOf(dialect.create(request));
  if (!Array.isArray(given)) return [httpSocket(given)];
  // Its words may be anybody's.
  if (isFailure(given)) return given as unknown as [undefined, string, undefined];
  return [httpSocket(given[0])];
}

/** Ready for the request: the caller closes it, however this ends. */
export function* reach(
  skt: HttpSocket,
  dialect: Dialect,
  request: HttpRequest<string>,
  wanted: Wanted,
): Operation<Failed | null> {
  limit(skt, request.timeout ?? dialect.settings.TIMEOUT, dialect.settings.TIMEOUT);
  const { host, port, proxy, scheme } = wanted;
  const connected = yield* skt.connect(proxy?.host ?? host, proxy?.port ?? port);
  if (isFailure(connected)) return connected;
  // One of the caller's may have been encrypted when it was connected.
  if (scheme === "http" || skt.info()[0] !== undefined) return null;
  if (proxy !== undefined) {
    const refused = yield* tunnel(skt, wanted, proxy);
    if (refused !== null) return refused;
  }
  const shaken = yield* skt.dohandshake(named(tlsOf(request), host));
  return isFailure(shaken) ? shaken : null;
}

/** settimeout, or Copas's settimeouts. What sets a total timeout beside it keeps it. */
function limit(
  skt: HttpSocket,
  timeout: HttpRequest["timeout"] | undefined,
  otherwise: number | undefined,
): void {
  if (typeof timeout !== "object") return void skt.settimeout(timeout);
  const { connect = otherwise, send = otherwise, receive = otherwise } = timeout;
  // undefined would leave it as it is.
  skt.settimeouts(connect ?? -1, send ?? -1, receive ?? -1);
}

/** For this host: behind a proxy, and of a socket with a `connect` of its own, nobody else knows the name. */
function named(params: TlsParams | TlsContext, host: string): TlsParams | TlsContext {
  if (params instanceof TlsContext) return params;
  const { servername, sni } = params;
  return servername === undefined && sni === undefined ? { ...params, servername: host } : params;
}

/** A way through a proxy, on which nobody but the host understands what is said. (RFC 9110, 9.3.6) */
function* tunnel(
  skt: HttpSocket,
  { host, port, fields }: Wanted,
  proxy: Proxy,
): Operation<Failed | null> {
  const place = placeOf(host, port);
  const lines = new Map([["host", place]]);
  const agent = fields.get("user-agent");
  if (agent !== undefined) lines.set("user-agent", agent);
  if (proxy.authorization !== undefined) lines.set("proxy-authorization", proxy.authorization);
  const exchange = new Exchange({ method: "CONNECT", uri: place, headers: written(lines) });
  try {
    yield* exchange.begin();
    exchange.end();
    const gone = yield* sent(skt, exchange);
    if (gone !== null) return gone;
    const [answer, error] = yield* head(skt, exchange);
    if (answer === undefined) return failed(error!);
    if (answer.bare || answer.code < 200 || answer.code > 299)
      return failed(`proxy refused: ${answer.status || "it speaks no HTTP"}`);
    if (exchange.rest?.length !== 0) return failed("unread data before the tls handshake");
    return null;
  } finally {
    exchange.close();
  }
}
