/** A connection on Node's own handle: TCP or Unix, without a net.Socket, its streams and its queues. */
import * as net from "node:net";
import process from "node:process";
import type { Chunk, Endpoint, KeepAlive, Protocol, Transport } from "../network.js";
import { HIDES_RESETS, KEEP_ALIVE_PROBES, nameOf } from "../socket-transport.js";
import type { StreamHandle, TcpHandle } from "./binding.js";
import { END, systemError } from "./errors.js";
import { freshMemory, reuse, setMoving, shared, stoppedMoving } from "./memory.js";
import { finish, lastRead, type Requester, write, writev } from "./requests.js";

const kTransport = Symbol("cosocket.transport");

/** A handle with what is set on it here. */
type Owned = StreamHandle & Partial<TcpHandle> & { [kTransport]?: HandleTransport };

/** A read of less than this does not fill memory enough to be given away. */
const MUCH = shared.length / 2;

/** One function for all handles: an idle connection keeps no closure. What it returns is where the next read goes, if that is elsewhere. */
function onRead(this: Owned): Buffer | undefined {
  const transport = this[kTransport]!;
  const read = lastRead();
  if (read > 0) return transport.arrived(read);
  transport.stopped(read);
  return undefined;
}

export class HandleTransport implements Transport, Requester {
  private protocol: Protocol | null = null;
  /** Whether libuv reads; null before it has begun to. */
  private reading: boolean | null = null;
  /** Memory that no other handle reads into, while much is coming. */
  declare private own: Buffer | null;
  /** A write was told of it that the connection is broken: then the kernel says "end" to reads, as after FIN. */
  declare private failure: Error | null;
  /** It was read again behind an end. */
  declare private readAgain: boolean;
  /** FIN is on its way; "reset": and a reset is to follow. */
  declare private finishing: boolean | "reset";
  private readonly handle: Owned;

  constructor(handle: StreamHandle) {
    this.handle = handle;
  }

  get needsFin(): boolean {
    return false;
  }
  get tls(): null {
    return null;
  }
  get writable(): boolean {
    return true;
  }

  attach(protocol: Protocol): void {
    this.protocol = protocol;
    if (this.reading !== null) return;
    const { handle } = this;
    handle[kTransport] = this;
    handle.onread = onRead;
    handle.useUserBuffer(shared);
    this.read();
  }

  /** As a socket of Node's, which reads as it likes. */
  release(): net.Socket {
    const { handle } = this;
    stoppedMoving(this);
    this.protocol = null;
    // Nobody has read it yet: it is as Node's own server would get it.
    if (this.reading === null) return socketOf({ handle });
    if (this.reading === true) handle.readStop();
    this.reading = false;
    delete handle[kTransport];
    const onread: net.OnReadOpts = {
      buffer: shared,
      // Once told of it, a handle reads into no memory but such.
      callback: (length) => socket.push(Buffer.from(shared.subarray(0, length))),
    };
    const socket = socketOf({ handle, onread });
    return socket;
  }

  duplex(): net.Socket {
    // What it has still to write is in libuv's queue, before all else.
    return this.release();
  }

  // ---- reading ----------------------------------------------------------------------------------------------------

  read(): void {
    if (this.reading === true) return;
    this.reading = true;
    const status = this.handle.readStart();
    // Not on the stack of who asks.
    if (status !== 0) process.nextTick(() => this.stopped(status));
  }

  /** Where to read next, if that is elsewhere. */
  arrived(length: number): Buffer | undefined {
    const { own, protocol } = this;
    setMoving(own === null ? null : this);
    if (own !== null) this.own = null;
    const given = own !== null && length >= MUCH;
    const on = this.lend(own ?? shared, length, given);
    if (own !== null && !given) reuse(own);
    if (on !== true && this.reading === true && protocol === this.protocol) {
      this.reading = false;
      this.handle.readStop();
    }
    // libuv has read as much as it can at once: there is probably more.
    if (length === shared.length && this.reading === true && this.protocol !== null) {
      setMoving(this);
      this.own = freshMemory();
    }
    return this.own ?? (own === null ? undefined : shared);
  }

  returnToShared(): void {
    this.own = null;
    this.handle.useUserBuffer(shared);
  }

  private lend(memory: Buffer, length: number, given: boolean): boolean | undefined {
    const { protocol } = this;
    if (protocol?.lent !== undefined) return protocol.lent(memory, length, given);
    return protocol?.arrived(Buffer.from(memory.subarray(0, length)));
  }

  /** An end, or an error. */
  stopped(status: number): void {
    const { protocol } = this;
    if (status === 0 || protocol === null) return;
    this.reading = false;
    if (status !== END) this.broke(systemError(status, "read"));
    else if (!this.asksAgain()) protocol.ended(this.failure ?? undefined);
  }

  /** An end of what is no connection any more may be a reset: the next read tells. */
  private asksAgain(): boolean {
    const { handle } = this;
    // Unix sockets have no such question.
    if (!HIDES_RESETS || this.readAgain || handle.getpeername?.({}) === 0) return false;
    this.reading = this.readAgain = true;
    return handle.readStart() === 0;
  }

  private broke(error: Error): void {
    // The end was one, and later the peer did not want to read.
    if (this.readAgain && (error as NodeJS.ErrnoException).code === "EPIPE") this.protocol?.ended();
    const { protocol } = this;
    this.destroy();
    protocol?.broke(error);
  }

  // ---- writing ----------------------------------------------------------------------------------------------------

  write(chunk: Chunk["chunk"], encoding: Chunk["encoding"]): void {
    write(this, this.handle, chunk, encoding);
  }

  writev(chunks: Chunk[]): void {
    writev(this, this.handle, chunks);
  }

  wrote(status: number): void {
    if (status === 0) return this.protocol?.wrote(null);
    const error = systemError(status, "write");
    // EPIPE is no such news: the peer may have sent all, closed, and then refused to read.
    if (this.protocol !== null && error.code !== "EPIPE") this.failure ??= error;
    this.protocol?.wrote(error);
  }

  unsent(): number {
    return this.handle.writeQueueSize;
  }

  finish(): void {
    this.finishing = true;
    finish(this, this.handle);
  }

  finished(): void {
    const { finishing } = this;
    this.finishing = false;
    if (finishing === "reset") this.reset();
    else this.protocol?.finished();
  }

  // ---- its end ----------------------------------------------------------------------------------------------------

  destroy(): void {
    stoppedMoving(this);
    this.protocol = null;
    this.handle.close();
  }

  reset(): void {
    const { handle } = this;
    stoppedMoving(this);
    this.protocol = null;
    // Unix sockets have no RST.
    if (handle.reset === undefined) handle.close();
    // libuv refuses it now, and Node would take the handle for closed nevertheless: its descriptor would be lost.
    else if (this.finishing !== false) this.finishing = "reset";
    else handle.reset();
  }

  // ---- settings ---------------------------------------------------------------------------------------------------

  hold(on: boolean): void {
    if (on) this.handle.ref();
    else this.handle.unref();
  }

  setNoDelay(on: boolean): void {
    this.handle.setNoDelay?.(on);
  }

  setKeepAlive({ on, idle, interval, count }: KeepAlive): void {
    if (KEEP_ALIVE_PROBES) this.handle.setKeepAlive?.(on, idle, interval, count);
    else this.handle.setKeepAlive?.(on, idle);
  }

  local(): Endpoint | undefined {
    return nameOf(this.handle, "getsockname");
  }

  peer(): Endpoint | undefined {
    return nameOf(this.handle, "getpeername");
  }

  fd(): number {
    return this.handle.fd;
  }
}

/** With options that Node's own server makes its sockets with, and that connections have; the types do not know them here. */
function socketOf(options: { handle: StreamHandle; onread?: net.OnReadOpts }): net.Socket {
  return new net.Socket({ ...options, allowHalfOpen: true } as net.SocketConstructorOpts);
}

// On the prototype: a server has many handles that do nothing of this, and each field would cost eight bytes of each.
const seldom = { own: null, failure: null, readAgain: false, finishing: false };
for (const [name, value] of Object.entries(seldom))
  Object.defineProperty(HandleTransport.prototype, name, { value, writable: true });
