/** Sources and sinks over a connection. */
import type { Operation } from "effection";
import { operation, type Yieldable, shown, unknownName } from "../../reactor/index.js";
import {
  checkSend,
  type Data,
  joined,
  type Result,
  standsFor,
  withoutPartial,
} from "../object/index.js";
import { Chunk, receiving } from "../connection/index.js";
import { connectionOf, StreamObject } from "../stream/index.js";

type Read = () => Yieldable<Result<Data | undefined>>;
type Write = (piece?: Data, error?: string) => Yieldable<Result<1>>;
/** What LuaSocket's select looks at. */
type Selectable = Pick<StreamObject, "getfd" | "dirty">;

/** A source, as LTN12 has them, that reads from a connection. `socket.select` takes it, too. */
export interface SocketSource extends Selectable {
  (): Yieldable<Result<Data | undefined>>;
}
/** A sink, as LTN12 has them, that sends to a connection. `socket.select` takes it, too. */
export interface SocketSink extends Selectable {
  (piece?: Data, error?: string): Yieldable<Result<1>>;
}

/** Bytes of a piece at most. */
const BLOCKSIZE = 64 * 1024;

/** How much a source reads, and how: see `socket.source`; "default" is "until-closed". (LuaSocket: socket.source) */
export type SourceMode = "by-length" | "until-closed" | "http-chunked" | "default";
/** How a sink sends, and whether it closes: see `socket.sink`; "default" is "keep-open". (LuaSocket: socket.sink) */
export type SinkMode = "close-when-done" | "keep-open" | "http-chunked" | "default";

/** Everything until the peer closes; then the socket is closed, as LuaSocket does. */
function untilClosed(socket: StreamObject): Read {
  let over = false;
  return reading(function* () {
    if (over) return [undefined];
    const result = yield* socket.receiveany(BLOCKSIZE);
    if (result[1] === undefined) return [result[0]];
    if (result[1] !== "closed" || connectionOf(socket).reading.cut) return withoutPartial(result);
    over = true;
    socket.close();
    return [undefined];
  });
}

/** Exactly so many bytes. The end before is the error "closed". */
function byLength(socket: StreamObject, length: number): Read {
  let left = length;
  return reading(function* () {
    if (left <= 0) return [undefined];
    const result = yield* socket.receiveany(Math.min(BLOCKSIZE, left));
    if (result[1] !== undefined) return withoutPartial(result);
    left -= result[0].length;
    return [result[0]];
  });
}

/** HTTP's chunked transfer coding. Extensions and trailer fields are read and dropped. */
function chunked(socket: StreamObject): Read {
  const chunk = new Chunk();
  return () => receiving(connectionOf(socket).reading, chunk);
}

function reading(next: () => Operation<Result<Data | undefined>>): Read {
  return () => operation("source", next);
}

/** What is no data is told at the call. */
function sending(socket: StreamObject, piece: Data): Yieldable<Result<1>> {
  const sent = socket.send(piece);
  return operation("sink", function* () {
    const result = yield* sent;
    return result[1] === undefined ? [1] : withoutPartial(result);
  });
}

/** The end, for which there is nothing to send. */
function ending(finish?: () => void): Yieldable<Result<1>> {
  return operation("sink", function* () {
    finish?.();
    return [1];
  });
}

function keepOpen(socket: StreamObject): Write {
  return (piece) => (piece === undefined ? ending() : sending(socket, piece));
}

function closeWhenDone(socket: StreamObject): Write {
  return (piece) => (piece === undefined ? ending(() => socket.close()) : sending(socket, piece));
}

/** An empty piece is passed over: as a chunk it would be the end. After an error there is no end either. */
function chunking(socket: StreamObject): Write {
  return (piece, error) => {
    if (piece === undefined) return error ? ending() : sending(socket, "0\r\n\r\n");
    checkSend(piece, undefined, undefined, connectionOf(socket).encoding);
    const bytes = joined(piece, connectionOf(socket).encoding);
    if (bytes.length === 0) return ending();
    return sending(socket, [`${bytes.length.toString(16)}\r\n`, bytes, "\r\n"]);
  };
}

function over<F extends object>(flow: F, socket: StreamObject): F & Selectable {
  const methods = { getfd: () => socket.getfd(), dirty: () => socket.dirty() };
  return standsFor(Object.assign(flow, methods), connectionOf(socket));
}

const SOURCES = {
  "by-length": byLength,
  "until-closed": untilClosed,
  "http-chunked": chunked,
  default: untilClosed,
};
const SINKS = {
  "close-when-done": closeWhenDone,
  "keep-open": keepOpen,
  "http-chunked": chunking,
  default: keepOpen,
};

/** As LuaSocket's `socket.choose`: who gives no mode means the default one. */
function choose<Make extends object>(makers: Make, what: string, mode: unknown): Make[keyof Make] {
  if (typeof mode === "string" && Object.hasOwn(makers, mode)) return makers[mode as keyof Make];
  throw new TypeError(
    `${what}: unknown key (${shown(mode)}): there is no mode ${unknownName(mode, Object.keys(makers))}`,
  );
}

/** @see socket.source */
export function source(mode: SourceMode, socket: StreamObject, length?: number): SocketSource;
export function source(socket: StreamObject): SocketSource;
export function source(
  mode: SourceMode | StreamObject,
  socket?: StreamObject,
  length?: number,
): SocketSource {
  if (typeof mode === "object") return source("default", alone("source", mode, socket));
  const make = choose(SOURCES, "source", mode);
  const from = client("source", socket);
  if (make === byLength && !(Number.isInteger(length) && length! >= 0))
    throw new TypeError(`source("by-length") takes a number of bytes, not ${shown(length)}`);
  return over(make(from, length!), from);
}

/** @see socket.sink */
export function sink(mode: SinkMode, socket: StreamObject): SocketSink;
export function sink(socket: StreamObject): SocketSink;
export function sink(mode: SinkMode | StreamObject, socket?: StreamObject): SocketSink {
  if (typeof mode === "object") return sink("default", alone("sink", mode, socket));
  const to = client("sink", socket);
  return over(choose(SINKS, "sink", mode)(to), to);
}

/** A connection that was given without a mode. */
function alone(what: string, socket: StreamObject, more: unknown): StreamObject {
  if (more === undefined) return socket;
  throw new TypeError(`${what} takes the mode first, ${what}(mode, client), not ${shown(socket)}`);
}

function client(what: string, socket: StreamObject | undefined): StreamObject {
  if (socket instanceof StreamObject) return socket;
  throw new TypeError(`${what} takes a connection, not ${shown(socket)}`);
}
