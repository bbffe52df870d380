/**
 * A connection of node:net or node:tls.
 *
 * Bytes are taken by overriding `push`, and written by calling `_write` and `_writev`: the hooks that Node's stream
 * documentation gives to implementers. They pass Node's own queues by, since there is one here already; what that
 * gains and what it rests on is in docs/rationale.md. An idle connection keeps no closure.
 */
import * as net from "node:net";
import process from "node:process";
import type { Chunk, Endpoint, KeepAlive, Protocol, TlsFacts, Transport } from "./network.js";

const kTransport = Symbol("cosocket.transport");

/** A socket with what is set on it here. */
interface Hooked extends net.Socket {
  [kTransport]?: SocketTransport;
}

function push(this: Hooked, chunk: Buffer | null): boolean {
  return this[kTransport]!.pushed(chunk);
}

function onError(this: Hooked, error: Error): void {
  this[kTransport]!.failed(error);
}

/** What is used of Node's internal handle. */
interface Handle {
  getpeername?(into: object): number;
  getsockname?(into: object): number;
  readStart?(): number;
}

const [uvMajor = 0, uvMinor = 0] = process.versions.uv.split(".").map(Number);
/** Up to then (Node 20 and 22) libuv told a reset that came together with the last bytes as an end. */
export const HIDES_RESETS = uvMajor === 1 && uvMinor < 52;

/** From Node 24.18 and 26.4 on. */
interface Probing {
  setKeepAlive(on: boolean, idle: number, interval: number, count: number): void;
}

/** Otherwise what is beyond the second is ignored. */
export const KEEP_ALIVE_PROBES = net.Socket.prototype.setKeepAlive.length > 2;

export class SocketTransport implements Transport {
  protocol: Protocol | null = null;
  /** A write was told of it that the connection is broken: then the kernel says "end" to reads, as after FIN. */
  protected failure: Error | null = null;
  /** It was read again behind an end. */
  private readAgain = false;

  constructor(readonly socket: Hooked) {
    socket[kTransport] = this;
    socket.push = push;
    socket.on("error", onError);
  }

  get needsFin(): boolean {
    return false;
  }
  get tls(): TlsFacts | null {
    return null;
  }

  get writable(): boolean {
    return true;
  }

  attach(protocol: Protocol): void {
    this.protocol = protocol;
  }

  /** Leave the socket as Node made it, for TLS to take over. */
  release(): net.Socket {
    this.protocol = null;
    // What was overridden is an own property; behind it is the method of the class.
    delete (this.socket as Partial<Hooked>).push;
    return this.socket;
  }

  duplex(_busy: boolean): net.Socket {
    const socket = this.release();
    socket.removeListener("error", onError);
    delete this.socket[kTransport];
    // It may have been told to stop, or that it reads: so it does.
    this.read();
    return socket;
  }

  pushed(chunk: Buffer | null): boolean {
    const { protocol } = this;
    if (protocol === null) return false;
    if (chunk !== null) return protocol.arrived(chunk);
    if (!this.asksAgain()) protocol.ended(this.failure ?? undefined);
    return false;
  }

  /** An end of what is no connection any more may be a reset: the next read tells. */
  private asksAgain(): boolean {
    if (!HIDES_RESETS || this.readAgain) return false;
    const { _handle: handle } = this.socket as { _handle?: Handle | null };
    // Unix sockets have no such question.
    if (handle?.readStart === undefined || handle.getpeername?.({}) === 0) return false;
    this.readAgain = true;
    return handle.readStart() === 0;
  }

  failed(error: Error): void {
    // The end was one, and later the peer did not want to read.
    if (this.readAgain && (error as NodeJS.ErrnoException).code === "EPIPE") this.protocol?.ended();
    this.protocol?.broke(error);
  }

  write(chunk: Chunk["chunk"], encoding: Chunk["encoding"]): void {
    this.socket._write(chunk, encoding as BufferEncoding, this.callback());
  }

  writev(chunks: Chunk[]): void {
    // Node's own types leave this hook optional and know no "buffer"; net.Socket has it, and streams pass it so.
    this.socket._writev!(chunks as { chunk: unknown; encoding: BufferEncoding }[], this.callback());
  }

  /** Made for each write, not once: an idle connection keeps none. */
  private callback(): (error?: Error | null) => void {
    return (error) => {
      // EPIPE is no such news: the peer may have sent all, closed, and then refused to read.
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") this.failure ??= error;
      this.protocol?.wrote(error ?? null);
    };
  }

  unsent(): number {
    // Node's own idle timeout looks at the same figure, which it shows only on the internal handle.
    const { _handle: handle } = this.socket as { _handle?: { writeQueueSize?: number } | null };
    return handle?.writeQueueSize ?? 0;
  }

  read(): void {
    if (!this.socket.destroyed) this.socket._read(0);
  }

  finish(): void {
    this.socket.end(() => this.sentEnd());
  }
  /** All that was sent is in the kernel, the end, too. */
  protected sentEnd(): void {
    this.protocol?.finished();
  }

  destroy(): void {
    this.protocol = null;
    this.socket.destroy();
  }

  reset(): void {
    const { socket } = this;
    this.protocol = null;
    // Node throws for a Unix socket, which has no RST.
    if (this.peer() === undefined) socket.destroy();
    // While FIN is on its way libuv refuses it, and Node would lose the descriptor.
    else if (socket.writableEnded && !socket.writableFinished)
      socket.once("finish", () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  }

  hold(on: boolean): void {
    if (on) this.socket.ref();
    else this.socket.unref();
  }

  setNoDelay(on: boolean): void {
    this.socket.setNoDelay(on);
  }

  setKeepAlive({ on, idle, interval, count }: KeepAlive): void {
    const { socket } = this;
    if (!KEEP_ALIVE_PROBES) socket.setKeepAlive(on, idle * 1000);
    // The types are an older Node's.
    else (socket as unknown as Probing).setKeepAlive(on, idle * 1000, interval * 1000, count);
  }

  local(): Endpoint | undefined {
    return this.name("getsockname");
  }

  peer(): Endpoint | undefined {
    return this.name("getpeername");
  }

  /** Of the kernel: Node remembers what it has once been told, also when there is no connection any more. */
  private name(question: Question): Endpoint | undefined {
    const { _handle: handle } = this.socket as { _handle?: Handle | null };
    return handle ? nameOf(handle, question) : undefined;
  }

  fd(): number {
    return handleFd(this.socket);
  }
}

/** One that was inherited. Others may have the descriptor, too, so that to close it would not end the connection. */
export class InheritedTransport extends SocketTransport {
  override get needsFin(): boolean {
    return true;
  }
}

/** The descriptor, which Node shows only on its internal handle. -1 where it does not. */
export function handleFd(owner: object): number {
  const { _handle: handle } = owner as { _handle?: { fd?: number } | null };
  return handle?.fd ?? -1;
}

type Question = "getsockname" | "getpeername";

/** What the kernel says of a handle, if it is TCP's and there is an answer. */
export function nameOf(
  handle: { [question in Question]?: (into: { address?: string; port?: number }) => number },
  question: Question,
): Endpoint | undefined {
  const name: { address?: string; port?: number } = {};
  return handle[question]?.(name) === 0 ? endpoint(name.address, name.port) : undefined;
}

export function endpoint(
  address: string | undefined,
  port: number | undefined,
): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  // A dual-stack socket shows IPv4 peers as mapped addresses.
  const mapped = address.startsWith("::ffff:") && net.isIPv4(address.slice(7));
  if (mapped) return { address: address.slice(7), port, family: "inet" };
  return { address, port, family: net.isIPv6(address) ? "inet6" : "inet" };
}
