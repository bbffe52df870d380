/**
 * Node's own stream handles, on which node:net is made: undocumented, and so used only where they are known to be as described here.
 * docs/rationale.md says what that rests on, and how one would notice a change.
 */
import process from "node:process";

/** What a request that is under way tells when it is over: 0, or libuv's (negative) number of an error. */
export type Complete<Request> = (this: Request, status: number) => void;

export interface WriteRequest {
  oncomplete: Complete<WriteRequest>;
  /** Kept until it is over: the memory that is written. */
  buffer?: unknown;
  /** Node 26: it was over before it was returned. */
  writeStatus?: number | null;
}

export interface OtherRequest {
  oncomplete: Complete<OtherRequest>;
}

/** What a write answers: libuv's number; from Node 26 on, where it takes no request, the request if it is under way. */
export type Written = number | WriteRequest;

/** A connection of libuv's: TCP, or a pipe (Unix). Methods that give a number: 0, or libuv's number of an error. */
export interface StreamHandle {
  onread: (this: never) => void;
  readStart(): number;
  readStop(): number;
  writeLatin1String(request: WriteRequest | null, text: string): Written;
  writeUtf8String(request: WriteRequest | null, text: string): Written;
  writeBuffer(request: WriteRequest | null, bytes: Uint8Array): Written;
  /** Strings each followed by its encoding; or bytes only. */
  writev(request: WriteRequest | null, chunks: unknown[], onlyBytes: boolean): Written;
  /** Read into this memory, which must stay where it is. */
  useUserBuffer(memory: Uint8Array): void;
  shutdown(request: OtherRequest): number;
  /** Have a descriptor. */
  open(fd: number): number;
  close(): void;
  ref(): void;
  unref(): void;
  readonly fd: number;
  readonly writeQueueSize: number;
}

export interface TcpHandle extends StreamHandle {
  /** Close with RST. */
  reset(): number;
  setNoDelay(on: boolean): number;
  setKeepAlive(on: boolean, idle: number, interval?: number, count?: number): number;
  getsockname(into: SocketName): number;
  getpeername(into: SocketName): number;
  bind(address: string, port: number, flags?: number): number;
  bind6(address: string, port: number, flags: number): number;
  connect(request: OtherRequest, address: string, port: number): number;
  connect6(request: OtherRequest, address: string, port: number): number;
}

export interface PipeHandle extends StreamHandle {
  connect(request: OtherRequest, path: string): number;
}

export interface SocketName {
  address?: string;
  port?: number;
}

/** What of Node's internal modules is used. */
export interface Binding {
  stream: {
    WriteWrap: new () => WriteRequest;
    ShutdownWrap: new () => OtherRequest;
    /** What the last call, or callback, was about, at these indices. */
    streamBaseState: Int32Array;
    kReadBytesOrError: number;
    kLastWriteWasAsync: number;
    /** From Node 26 on: writes make their request themselves, when they need one. */
    kLastWriteErr?: number;
  };
  tcp: {
    TCP: new (type: number) => TcpHandle;
    TCPConnectWrap: new () => OtherRequest;
    constants: { SOCKET: number };
  };
  pipe: {
    Pipe: new (type: number) => PipeHandle;
    PipeConnectWrap: new () => OtherRequest;
    constants: { SOCKET: number };
  };
}

/** The versions of Node on which all of this has been tested. */
const TESTED = ["20", "22", "24", "26"];
const WISHES = ["handle", "socket"];

const STREAM =
  "onread readStart readStop writeLatin1String writeUtf8String writeBuffer writev useUserBuffer";
const OTHERS = "shutdown open close ref unref fd writeQueueSize connect";
const OF_TCP = "reset setNoDelay setKeepAlive getsockname getpeername bind bind6 connect6";

/** Node's handles, or why they are not used. */
function find(): Binding | string {
  const wish = process.env["COSOCKET_TRANSPORT"] ?? "";
  if (wish !== "" && !WISHES.includes(wish))
    throw new TypeError(`COSOCKET_TRANSPORT is "handle" or "socket", not ${JSON.stringify(wish)}`);
  if (wish === "socket") return "COSOCKET_TRANSPORT is socket";
  const missing = untested() ?? load();
  if (typeof missing === "string" && wish === "handle")
    throw new Error(`COSOCKET_TRANSPORT is handle, which is not possible here: ${missing}`);
  return missing;
}

function untested(): string | undefined {
  const [major = ""] = process.versions.node.split(".");
  // Other systems that say so are Node to few of their users.
  if (process.versions["bun"] !== undefined || process.versions["deno"] !== undefined)
    return "this is not Node";
  if (!TESTED.includes(major)) return `not tested on Node ${major}`;
  if (process.platform !== "linux") return `not tested on ${process.platform}`;
  return undefined;
}

/** How Node's internal modules are reached. */
interface Internal {
  binding?: (name: string) => unknown;
}

function load(): Binding | string {
  const { binding } = process as Internal;
  // With --pending-deprecation it is a function of another name, which warns.
  if (binding?.name !== "binding") return "process.binding warns, or is not there";
  try {
    const found = {
      stream: binding("stream_wrap"),
      tcp: binding("tcp_wrap"),
      pipe: binding("pipe_wrap"),
    } as Binding;
    return lacks(found) ?? found;
  } catch (error) {
    // The permission model, for instance.
    return String(error);
  }
}

/** What is not as it was in the versions that were tested. */
function lacks({ stream, tcp, pipe }: Binding): string | undefined {
  const { streamBaseState: state, kReadBytesOrError, kLastWriteWasAsync } = stream;
  for (const index of [kReadBytesOrError, kLastWriteWasAsync])
    if (typeof state[index] !== "number") return "the state of streams is not where it was";
  const handles: [name: string, handle: StreamHandle, members: string][] = [
    ["TCP", new tcp.TCP(tcp.constants.SOCKET), `${STREAM} ${OTHERS} ${OF_TCP}`],
    ["Pipe", new pipe.Pipe(pipe.constants.SOCKET), `${STREAM} ${OTHERS}`],
  ];
  let missing: string | undefined;
  for (const [name, handle, members] of handles) {
    for (const member of members.split(" "))
      if (!(member in handle)) missing ??= `${name} has no ${member}`;
    handle.close();
  }
  new stream.WriteWrap();
  new stream.ShutdownWrap();
  return missing;
}

const found = find();

/** Null where sockets of node:net are used instead. */
export const handles: Binding | null = typeof found === "string" ? null : found;
