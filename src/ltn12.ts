/** LTN12 in operations: sources and sinks over a connection, and the pump between them. */
import type { Operation } from "effection";
import { fail, type Result } from "./result.js";
import { checkSend, joined, type Data } from "./stream/data.js";
import { ChunkedBody, ReceiveChunk } from "./stream/receive-chunk.js";
import { StreamSocket } from "./stream/stream-socket.js";

/** Gives the next piece each time; undefined when there are no more. */
export type Source = () => Operation<Result<Data | undefined>>;
/** Takes the next piece each time; undefined when there are no more, with the error if that is why. */
export type Sink = (piece?: Data, error?: string) => Operation<Result<1>>;

/** Bytes of a piece at most. */
const BLOCKSIZE = 64 * 1024;

export type SourceMode = "by-length" | "until-closed" | "http-chunked" | "default";
export type SinkMode = "close-when-done" | "keep-open" | "http-chunked" | "default";

/** Everything until the peer closes; then the socket is closed, as LuaSocket does. */
function untilClosed(socket: StreamSocket): Source {
  let over = false;
  return function* () {
    if (over) return [undefined];
    const [piece, error] = yield* socket.receiveany(BLOCKSIZE);
    if (error === undefined) return [piece];
    if (error !== "closed" || socket.inputCut) return fail(error);
    over = true;
    socket.close();
    return [undefined];
  };
}

/** Exactly so many bytes. The end before is the error "closed". */
function byLength(socket: StreamSocket, length: number): Source {
  let left = length;
  return function* () {
    if (left <= 0) return [undefined];
    const [piece, error] = yield* socket.receiveany(Math.min(BLOCKSIZE, left));
    if (error) return fail(error);
    left -= piece.length;
    return [piece];
  };
}

/** HTTP's chunked transfer coding. Extensions and trailer fields are read and dropped. */
function chunked(socket: StreamSocket): Source {
  const body = new ChunkedBody();
  return () => new ReceiveChunk(socket, body);
}

function* sendAll(socket: StreamSocket, piece: Data): Operation<Result<1>> {
  const [, error] = yield* socket.send(piece);
  return error ? fail(error) : [1];
}

function keepOpen(socket: StreamSocket): Sink {
  return function* (piece) {
    return piece === undefined ? [1] : yield* sendAll(socket, piece);
  };
}

function closeWhenDone(socket: StreamSocket): Sink {
  return function* (piece) {
    if (piece !== undefined) return yield* sendAll(socket, piece);
    socket.close();
    return [1];
  };
}

/** An empty piece is passed over: as a chunk it would be the end. After an error there is no end either. */
function chunking(socket: StreamSocket): Sink {
  return function* (piece, error) {
    if (piece === undefined) return error ? [1] : yield* sendAll(socket, "0\r\n\r\n");
    checkSend(piece, undefined, undefined, socket.encoding);
    const bytes = joined(piece, socket.encoding);
    if (bytes.length === 0) return [1];
    return yield* sendAll(socket, [`${bytes.length.toString(16)}\r\n`, bytes, "\r\n"]);
  };
}

/** What LuaSocket's select looks at. */
type WithSocket<F> = F & Pick<StreamSocket, "getfd" | "dirty">;

function over<F extends object>(flow: F, socket: StreamSocket): WithSocket<F> {
  return Object.assign(flow, { getfd: () => socket.getfd(), dirty: () => socket.dirty() });
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
  const modes = Object.keys(makers).map((mode) => JSON.stringify(mode));
  throw new TypeError(`${what}: unknown key (${String(mode)}): there are ${modes.join(", ")}`);
}

/** @see socket.source */
export function source(mode: SourceMode, socket: StreamSocket, length?: number): WithSocket<Source>;
export function source(socket: StreamSocket): WithSocket<Source>;
export function source(
  mode: SourceMode | StreamSocket,
  socket?: StreamSocket,
  length?: number,
): WithSocket<Source> {
  if (typeof mode === "object") return source("default", mode);
  const make = choose(SOURCES, "source", mode);
  const from = client("source", socket);
  if (make === byLength && !(Number.isInteger(length) && length! >= 0))
    throw new TypeError(`source("by-length") takes a number of bytes, not ${String(length)}`);
  return over(make(from, length!), from);
}

/** @see socket.sink */
export function sink(mode: SinkMode, socket: StreamSocket): WithSocket<Sink>;
export function sink(socket: StreamSocket): WithSocket<Sink>;
export function sink(mode: SinkMode | StreamSocket, socket?: StreamSocket): WithSocket<Sink> {
  if (typeof mode === "object") return sink("default", mode);
  const to = client("sink", socket);
  return over(choose(SINKS, "sink", mode)(to), to);
}

function client(what: string, socket: StreamSocket | undefined): StreamSocket {
  if (socket instanceof StreamSocket) return socket;
  throw new TypeError(`${what} takes a connection, not ${String(socket)}`);
}

type Step = (from: Source, to: Sink) => Operation<Result<1 | undefined>>;

/** From a source to a sink. (LTN12: pump) */
export const pump: {
  readonly step: Step;
  readonly all: (from: Source, to: Sink, step?: Step) => Operation<Result<1>>;
} = {
  /**
   * One piece. `[1]`; `[undefined]` when the source has no more (the sink has been told); or the error of either.
   * (LTN12: pump.step)
   */
  *step(from: Source, to: Sink): Operation<Result<1 | undefined>> {
    const [piece, error] = yield* from();
    const [, failure] = yield* to(piece, error);
    if (error) return fail(error);
    if (failure) return fail(failure);
    return [piece === undefined ? undefined : 1];
  },

  /** Everything: `[1]`, or the error. Cancelling leaves off between pieces. (LTN12: pump.all) */
  *all(from: Source, to: Sink, step: Step = pump.step): Operation<Result<1>> {
    for (;;) {
      const [more, error] = yield* step(from, to);
      if (error) return fail(error);
      if (more === undefined) return [1];
    }
  },
};
