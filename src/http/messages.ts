/** What is said over the connection of a request: the bytes that node:http writes go out, what comes goes to it. */
import type { IncomingMessage } from "node:http";
import type { Operation } from "effection";
import { givesAway, ltn12, pump, type Sink, type Source } from "../ltn12/index.js";
import {
  causeOf,
  type Data,
  type Failure,
  isFailure,
  joined,
  type Result,
  withoutPartial,
} from "../object/index.js";
import { reuse } from "../network/index.js";
import type { Exchange } from "./exchange.js";
import { failed, type Failed, faultOf, misunderstood } from "./failures.js";
import { received, textOf } from "./fields.js";
import type { HttpHeaders, HttpRequest, HttpSocket } from "./types.js";

/** Bytes that are received at a time. */
const BLOCK = 64 * 1024;
/** Bytes of a wrong status line that are told at most. */
const LONGEST_STATUS = 16 * 1024;

type Piece = Result<Data | undefined, undefined, string>;

/** An answer, up to its body. */
export interface Answer {
  readonly code: number;
  readonly headers: HttpHeaders;
  readonly status: string;
  /** HTTP/0.9: there is nothing but a body. */
  readonly bare: boolean;
}

/** What node:http has written is sent. */
export function* sent(skt: HttpSocket, exchange: Exchange): Operation<Failed | null> {
  const bytes = exchange.taken();
  if (bytes.length === 0) return null;
  const result = yield* skt.send(bytes);
  return isFailure(result) ? withoutPartial(result) : null;
}

/** The body of a request. Null: all of it is sent; `lost`: it cannot be, and the source is not to blame. */
export function* sendBody(
  skt: HttpSocket,
  exchange: Exchange,
  source: Source<string>,
  { length, step }: { length: number | "" | undefined; step: HttpRequest["step"] },
): Operation<{ failure: Failed; lost: boolean } | null> {
  let given = 0;
  let lost = false;
  function* sink(piece?: Data, error?: string): Operation<Result<1, undefined, string>> {
    // There is no end after an error: half a body must not look whole.
    if (piece === undefined && error !== undefined) return [1];
    const bytes = joined(piece ?? "", "utf8");
    given += bytes.length;
    if (typeof length === "number" && (piece === undefined ? given < length : given > length))
      return failed(`content-length is ${length}, but the source gave ${given} bytes`);
    if (piece === undefined) exchange.end();
    else exchange.write(bytes);
    const unsent = yield* sent(skt, exchange);
    lost = unsent?.[1] === "closed";
    return unsent ?? [1];
  }
  const failure = yield* moved(source, sink, step);
  return failure && { failure, lost };
}

/** From a source to a sink, to the end. Null: all of it. */
export function* moved(
  source: Source<string>,
  sink: Sink<string> = ltn12.sink.null(),
  step?: HttpRequest["step"],
): Operation<Failed | null> {
  const result = yield* pump.all(source, sink, step);
  return isFailure(result) ? (result as Failed) : null;
}

/** The status line and the fields of the answer; or of what is no HTTP/1 (RFC 9110 calls it 0.9), that it has none. */
export function* head(skt: HttpSocket, exchange: Exchange): Operation<[Answer] | Failed> {
  const begin = yield* skt.peek(5);
  if (isFailure(begin)) return withoutPartial(begin);
  if (begin[0].toString("latin1") !== "HTTP/")
    return [{ code: 200, headers: received([]), status: "", bare: true }];
  const response = yield* answer(skt, exchange);
  if (Array.isArray(response)) return response;
  const { httpVersion, rawHeaders, statusCode = 0, statusMessage = "" } = response;
  const reason = textOf(statusMessage);
  return [
    {
      code: statusCode,
      headers: received(rawHeaders),
      status: `HTTP/${httpVersion} ${statusCode}${reason && ` ${reason}`}`,
      bare: false,
    },
  ];
}

/** Until the head of the answer has come. */
function* answer(skt: HttpSocket, exchange: Exchange): Operation<IncomingMessage | Failed> {
  // What has been fed of the line that is not over.
  let line = Buffer.alloc(0);
  for (;;) {
    const got = yield* skt.receiveany(BLOCK);
    if (isFailure(got)) return withoutPartial(got);
    yield* exchange.feed(got[0]);
    const { failure, response } = exchange;
    if (response !== null) return response;
    const fed = Buffer.concat([line, got[0]]);
    if (failure !== null) {
      const word = faultOf(failure);
      if (word !== null) return misunderstood(word, failure);
      const place = line.length + (failure.bytesParsed ?? 0);
      const status = yield* wrongStatus(skt, fed.subarray(lineStart(fed, place)));
      return isFailure(status) ? status : misunderstood(status[0], failure);
    }
    line = fed.subarray(lineStart(fed, fed.length));
  }
}

/** Where the line begins that the byte at `place` is in. */
function lineStart(bytes: Buffer, place: number): number {
  return place === 0 ? 0 : bytes.lastIndexOf("\n", place - 1) + 1;
}

/** The whole of a status line that is none, as LuaSocket tells it: however little of it had come when that was seen. */
function* wrongStatus(skt: HttpSocket, begun: Buffer): Operation<[string] | Failed> {
  let line = begun;
  if (!line.toString("latin1", 0, 5).startsWith("HTTP/")) return ["malformed response headers"];
  while (!line.includes("\n") && line.length < LONGEST_STATUS) {
    const got = yield* skt.receiveany(BLOCK);
    if (isFailure(got)) return withoutPartial(got);
    line = Buffer.concat([line, got[0]]);
  }
  const end = line.indexOf("\n");
  const told = Math.min(end < 0 ? line.length : end, LONGEST_STATUS);
  return [line.toString("utf8", 0, told).replaceAll("\r", "")];
}

/**
 * The body of the answer: whole, or an error.
 *
 * @param own nobody else has what the socket receives
 */
export function bodyOf(skt: HttpSocket, exchange: Exchange, own: boolean): Source<string> {
  const { plainLength } = exchange;
  const coded = (): Operation<Piece> => parsed(skt, exchange, own);
  if (plainLength === null) return coded;
  let left = plainLength;
  const rest = left === Infinity ? untilClosed(skt) : () => piece(skt, left);
  function* source(): Operation<Piece> {
    // node:http would make a copy of each byte, and change none.
    const got = yield* exchange.drained ? rest() : coded();
    left -= got[0]?.length ?? 0;
    return got;
  }
  return own ? givesAway(source) : source;
}

/** The next piece of it, as node:http understands it. */
function* parsed(skt: HttpSocket, exchange: Exchange, own: boolean): Operation<Piece> {
  for (;;) {
    yield* exchange.swallowed();
    const piece = exchange.piece();
    if (piece !== undefined) return [piece];
    if (exchange.complete) return [undefined];
    const { failure } = exchange;
    if (failure !== null) return misunderstood(faultOf(failure) ?? "invalid chunk size", failure);
    const got = yield* skt.receiveany(BLOCK);
    if (got[0] !== undefined) {
      yield* exchange.feed(got[0]);
      if (own && exchange.fed) reuse(got[0]);
    } else {
      if (!endedProperly(skt, got)) return withoutPartial(got);
      yield* exchange.finish();
      if (!exchange.complete) return withoutPartial(got);
    }
  }
}

/** The next piece of so many bytes. */
function* piece(skt: HttpSocket, left: number): Operation<Piece> {
  if (left === 0) return [undefined];
  const got = yield* skt.receiveany(Math.min(left, BLOCK));
  return got[0] === undefined ? withoutPartial(got) : [got[0]];
}

/** All that comes until the peer ends the connection, properly. */
export function untilClosed(skt: HttpSocket): Source<string> {
  return function* () {
    const got = yield* skt.receiveany(BLOCK);
    if (got[0] !== undefined) return [got[0]];
    return endedProperly(skt, got) ? [undefined] : withoutPartial(got);
  };
}

/** By the peer: not cut (also TLS without its farewell), nor closed by somebody here. */
function endedProperly(skt: HttpSocket, failure: Failure<unknown>): boolean {
  return failure[1] === "closed" && causeOf(failure) === undefined && !skt.closed;
}
