/** Any stream of Node's as a client: a Duplex, a Readable with a Writable, a child process, a file descriptor. */
import type { Readable, Writable } from "node:stream";
import { reactor, type Fiber, shown, unknownName } from "../../reactor/index.js";
import {
  type DescriptorMode,
  type Endpoint,
  openDescriptor,
  streamTransport,
  type Transport,
} from "../network/index.js";
import { addressResult } from "../address/index.js";
import { NamedOptions, type OptionsOf } from "../options/index.js";
import { type AddressResult, fail, type OptionAccess, type OPTIONS } from "../object/index.js";
import { Connection, type Holder } from "../connection/index.js";
import { connectionOf } from "./inside.js";
import { StreamObject } from "./stream-object.js";

/** What `socket.stream` takes: a Duplex; or something with `stdout` and `stdin`, as a child process has. */
export type Streams =
  (Readable & Writable) | { readonly stdout: Readable | null; readonly stdin: Writable | null };

/** A stream is a client from the start. */
class Client implements Holder {
  readonly connection: Connection;
  constructor(
    transport: Transport,
    private readonly what: string,
    maker: Fiber | null = reactor.current,
  ) {
    const connection = (this.connection = new Connection(this, maker));
    // A stream within the process has no handle.
    connection.deadlinesHold = true;
    connection.begin();
    connection.connected(transport);
  }
  get domain(): string {
    return "stream";
  }
  get role(): "client" {
    return "client";
  }
  get pending(): boolean {
    return false;
  }
  get peername(): undefined {
    return undefined;
  }
  get where(): undefined {
    return undefined;
  }
  get instead(): null {
    return null;
  }
  get namedOptions(): OptionAccess {
    return new NamedOptions("stream", this.connection);
  }
  connected(): void {}
  gone(): void {}
  onclose(): void {}
  fd(): number {
    return this.connection.transport?.fd() ?? -1;
  }
  toString(): string {
    return `stream{client} ${this.what}`;
  }
}

/** Any byte stream of Node's, a child process or a file descriptor, as a client object: made by `socket.stream` and `socket.fd`. It is closed, and the stream with it, when the fiber that made it ends. See docs/stream.md. */
export class Stream extends StreamObject {
  declare readonly [OPTIONS]: OptionsOf<"stream">;

  /** @internal Use `socket.stream` or `socket.fd`. */
  constructor(client: Client) {
    super(client.connection);
  }

  /**
   * Local address: `[ip, port, family]`; "socket operation on non-socket" for what has none: a pipe, a file, a Unix socket.
   * (LuaSocket: getsockname)
   *
   * @example const [ip, port] = socket.fd(3).getsockname();
   */
  getsockname(): AddressResult {
    return this.end((transport) => transport.local());
  }

  /**
   * Address of the peer, as {@link getsockname}. (LuaSocket: getpeername)
   *
   * @example const [ip, port] = socket.fd(3).getpeername();
   */
  getpeername(): AddressResult {
    return this.end((transport) => transport.peer());
  }

  private end(of: (transport: Transport) => Endpoint | undefined): AddressResult {
    const { closed, dead, transport } = connectionOf(this);
    if (closed) return fail("closed");
    if (transport === null || dead) return fail("transport endpoint is not connected");
    return addressResult(of(transport), "socket operation on non-socket");
  }

  /**
   * "inet4" or "inet6" for a TCP connection; "unspec" for anything else. (LuaSocket: getfamily)
   *
   * @example const family = socket.fd(3).getfamily(); // "inet4", or "unspec"
   */
  getfamily(): "inet4" | "inet6" | "unspec" {
    const family = connectionOf(this).transport?.local()?.family;
    if (family === undefined) return "unspec";
    return family === "inet6" ? "inet6" : "inet4";
  }
}

/** A stream object over a transport, that is called `what`. */
export function opened(transport: Transport, what: string): Stream {
  return new Stream(new Client(transport, what));
}

/** @see socket.stream */
export function stream(readable: Streams | Readable | null, writable?: Writable | null): Stream {
  const [input, output] = writable === undefined ? both(readable) : [readable, writable];
  if (input !== null && !isReadable(input)) throw notAStream("readable", input);
  if (output !== null && !isWritable(output)) throw notAStream("writable", output);
  if (input === null && output === null) throw notAStream("duplex", null);
  return opened(streamTransport(input, output), describe(input ?? output!));
}

function both(streams: Streams | Readable | null): [unknown, unknown] {
  if (isReadable(streams)) return [streams, isWritable(streams) ? streams : null];
  const { stdout, stdin } = (streams ?? {}) as { stdout?: unknown; stdin?: unknown };
  if (stdout === undefined && stdin === undefined) throw notAStream("duplex", streams);
  return [stdout ?? null, stdin ?? null];
}

function isReadable(value: unknown): value is Readable {
  return typeof (value as Partial<Readable> | null)?.read === "function";
}

function isWritable(value: unknown): value is Writable {
  return typeof (value as Partial<Writable> | null)?.write === "function";
}

function notAStream(kind: string, value: unknown): TypeError {
  return new TypeError(
    `socket.stream takes a Duplex of Node's, a child process, or a Readable and a Writable: ${shown(value)} is no ${kind} stream`,
  );
}

function describe(value: object): string {
  return value.constructor.name;
}

/** @see socket.fd */
export function fd(descriptor: number, mode?: DescriptorMode): Stream {
  if (!Number.isInteger(descriptor) || descriptor < 0 || descriptor >= 2 ** 31) {
    throw new TypeError(
      `socket.fd takes an open file descriptor, a number from 0 on, not ${shown(descriptor)}`,
    );
  }
  if (mode !== undefined && mode !== "r" && mode !== "w" && mode !== "r+") {
    throw new TypeError(`socket.fd: there is no mode ${unknownName(mode, ["r", "w", "r+"])}`);
  }
  const [input, output] = openDescriptor(descriptor, mode);
  return opened(streamTransport(input, output), `fd ${descriptor}`);
}
