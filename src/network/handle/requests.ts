/** Reads, writes and shutdowns of a handle. What their answers were is known from one state that all handles share. */
import process from "node:process";
import type { Chunk } from "../network.js";
import {
  type Binding,
  handles,
  type OtherRequest,
  type StreamHandle,
  type WriteRequest,
  type Written,
} from "./binding.js";

/** Whoever asks. */
export interface Requester {
  /** The write is over: 0, or libuv's number of an error. */
  wrote(status: number): void;
  finished(): void;
}

// Nobody comes here without handles.
const { stream } = (handles ?? { stream: {} }) as Binding;
const { streamBaseState: state, WriteWrap, ShutdownWrap } = stream;
const READ = stream.kReadBytesOrError;
const ASYNC = stream.kLastWriteWasAsync;
const ERROR = stream.kLastWriteErr;

/** How many bytes have been read, or libuv's number. */
export function lastRead(): number {
  return state[READ]!;
}

type Owned<Request> = Request & { requester?: Requester };

function onWrote(this: Owned<WriteRequest>, status: number): void {
  this.requester!.wrote(status);
}

function onFinished(this: Owned<OtherRequest>): void {
  this.requester!.finished();
}

/** For the next write, which uses it up only if it does not end at once. */
let spare: WriteRequest | null = null;

function request(): WriteRequest | null {
  return ERROR === undefined ? (spare ??= new WriteWrap()) : null;
}

export function write(
  requester: Requester,
  handle: StreamHandle,
  chunk: Chunk["chunk"],
  encoding: Chunk["encoding"],
): void {
  let written: Written;
  if (typeof chunk !== "string") written = handle.writeBuffer(request(), chunk);
  else if (encoding === "latin1") written = handle.writeLatin1String(request(), chunk);
  else written = handle.writeUtf8String(request(), chunk);
  dispatched(requester, written, chunk);
}

export function writev(requester: Requester, handle: StreamHandle, chunks: Chunk[]): void {
  const onlyBytes = chunks.every(({ chunk }) => typeof chunk !== "string");
  const list = onlyBytes
    ? chunks.map(({ chunk }) => chunk)
    : chunks.flatMap(({ chunk, encoding }) => [chunk, encoding]);
  dispatched(requester, handle.writev(request(), list, onlyBytes), list);
}

function dispatched(requester: Requester, written: Written, data: unknown): void {
  if (typeof written === "number" && (written !== 0 || ERROR !== undefined || state[ASYNC] === 0))
    return requester.wrote(written);
  const pending: Owned<WriteRequest> = typeof written === "number" ? spare! : written;
  if (pending === spare) spare = null;
  const error = ERROR === undefined ? 0 : state[ERROR]!;
  if (error !== 0) return requester.wrote(error);
  pending.requester = requester;
  pending.oncomplete = onWrote;
  pending.buffer = data;
  const { writeStatus } = pending;
  if (writeStatus === undefined || writeStatus === null) return;
  pending.writeStatus = null;
  requester.wrote(writeStatus);
}

/** Send FIN when what was written has left. */
export function finish(requester: Requester, handle: StreamHandle): void {
  const pending: Owned<OtherRequest> = new ShutdownWrap();
  pending.requester = requester;
  pending.oncomplete = onFinished;
  // What cannot be said need not be waited for. Not on the stack of who asks.
  if (handle.shutdown(pending) !== 0) process.nextTick(() => requester.finished());
}
