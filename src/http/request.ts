/** Requests, one after the other until one is answered. */
import type { Operation } from "effection";
import { detailsOf, explained, isFailure, sendWhole } from "../object/index.js";
import type { Dialect } from "./dialect.js";
import { Exchange } from "./exchange.js";
import type { Failed } from "./failures.js";
import { written } from "./fields.js";
import { type Answer, bodyOf, head, moved, sendBody, sent, untilClosed } from "./messages.js";
import { redirected } from "./redirects.js";
import { made, reach } from "./socket.js";
import type { HttpRequest, HttpResult, HttpSocket } from "./types.js";
import { placeOf, type Wanted, wantedOf } from "./wanted.js";

/** An answer, and what is to be asked instead of being content with it. */
type Outcome = [answer: Answer, next: HttpRequest<string> | null] | Failed;

/** What one request has. */
interface Turn {
  readonly dialect: Dialect;
  readonly request: HttpRequest<string>;
  readonly wanted: Wanted;
  /** How many redirects have led here. */
  readonly followed: number;
}

/** A request in the generic form, and those to which its answers redirect. */
export function* perform(
  dialect: Dialect,
  first: HttpRequest<string>,
): Operation<HttpResult<1, string>> {
  let request = first;
  let location: string | undefined;
  for (let followed = 0; ; followed++) {
    const [wanted, wrong] = wantedOf(request, dialect.settings, dialect.tlsPort());
    if (wanted === undefined) return [undefined, wrong!];
    const outcome = yield* once({ dialect, request, wanted, followed });
    if (isFailure(outcome)) return located(outcome, wanted);
    const [{ code, headers, status }, next] = outcome as Exclude<Outcome, Failed>;
    if (next === null) {
      // A hint that this is not what was asked first.
      if (location !== undefined) headers["location"] ??= location;
      return [1, code, headers, status];
    }
    location ??= headers["location"];
    request = next;
  }
}

/** With no more of the URL than the host: there may be secrets in the rest. */
function located(failure: Failed, { scheme, host, port }: Wanted): [undefined, string] {
  const result: [undefined, string] = [undefined, failure[1]];
  const { operation, address, cause } = detailsOf(failure) ?? {};
  return explained(result, () => ({
    operation: operation === undefined || operation === "receive" ? "http.request" : operation,
    address: address ?? `${scheme}://${placeOf(host, port)}`,
    cause,
  }));
}

function* once(turn: Turn): Operation<Outcome> {
  const { dialect, request, wanted } = turn;
  const [skt, none] = yield* made(dialect, request);
  if (skt === undefined) return [undefined, none!, undefined];
  try {
    const unreached = yield* reach(skt, dialect, request, wanted);
    if (unreached !== null) return unreached;
    const { method, uri, fields } = wanted;
    const exchange = new Exchange({ method, uri, headers: written(fields) });
    try {
      yield* exchange.begin();
      return yield* talk(turn, skt, exchange);
    } finally {
      exchange.close();
    }
  } finally {
    skt.close();
  }
}

function* talk(turn: Turn, skt: HttpSocket, exchange: Exchange): Operation<Outcome> {
  const { dialect, request, wanted, followed } = turn;
  const asking = yield* sendWhole(
    skt,
    ask(turn, skt, exchange),
    (failed) => failed?.failure[1] === "timeout",
  );
  if (asking !== null && !asking.lost) return asking.failure;
  const got = yield* head(skt, exchange);
  // A server that has answered before may not have wanted the rest.
  if (isFailure(got)) return asking?.failure ?? got;
  const [answer] = got as [Answer];
  const turned = redirected(dialect, request, wanted, answer, followed);
  if (isFailure(turned)) return turned;
  const [next] = turned as [HttpRequest<string> | null];
  if (next === null && hasBody(wanted, answer)) {
    const from = answer.bare
      ? untilClosed(skt)
      : bodyOf(skt, exchange, request.create === undefined);
    const failure = yield* moved(from, request.sink, request.step);
    if (failure !== null) return failure;
  }
  return [answer, next];
}

/** As LuaSocket: the sink of what can have no body is not even told the end. */
function hasBody({ method }: Wanted, { code }: Answer): boolean {
  return method !== "HEAD" && method !== "CONNECT" && code >= 200 && code !== 204 && code !== 304;
}

/** Null: the request is sent. `lost`: it cannot be, and the source is not to blame. */
function* ask(
  { request: { source, step }, wanted: { fields } }: Turn,
  skt: HttpSocket,
  exchange: Exchange,
): Operation<{ failure: Failed; lost: boolean } | null> {
  if (source === undefined) exchange.end();
  const failure = yield* sent(skt, exchange);
  if (failure !== null) return { failure, lost: failure[1] === "closed" };
  if (source === undefined) return null;
  const length = fields.get("content-length");
  return yield* sendBody(skt, exchange, source, { step, length: length && Number(length) });
}
