/** An end of a simulated connection. */
import {
  type Chunk,
  type Endpoint,
  joined,
  type Protocol,
  type Socket,
  type TlsFacts,
  type Transport,
  TransportStream,
} from "../../network/index.js";
import type { Fabric } from "./fabric.js";
import { systemError } from "./host.js";
import type { Pipe, PipeEnd } from "./pipe.js";

/** Bytes that are read at once, as Node does. */
const READ = 64 * 1024;

/** Where it is and where it leads to; a Unix socket has neither. */
export interface Ends {
  local: Endpoint | undefined;
  peer: Endpoint | undefined;
}

export class SimTransport implements Transport, PipeEnd {
  readonly needsFin: boolean = false;
  readonly tls: TlsFacts | null = null;
  readonly writable: boolean = true;
  private protocol: Protocol | null = null;
  private reading = true;
  /** What did not fit into the kernel, of the write that is under way; null while there is none. */
  private pending: Buffer | null = null;
  private finishing = false;
  private toldEnd = false;
  private gone = false;
  private peerKnown = false;

  constructor(
    private readonly fabric: Fabric,
    private readonly output: Pipe,
    private readonly input: Pipe,
    private readonly ends: Ends,
    /** Told when nothing of it is left. */
    private readonly closed: (transport: SimTransport) => void,
  ) {
    output.sender = this;
    input.receiver = this;
  }

  toString(): string {
    return `connection ${this.output.name}`;
  }

  attach(protocol: Protocol): void {
    this.protocol = protocol;
    this.fabric.soon(() => this.poll());
  }

  // ---- reading --------------------------------------------------------------------------------------------------

  arrived(): void {
    this.poll();
  }

  read(): void {
    this.reading = true;
    this.fabric.soon(() => this.poll());
  }

  /** Hand over what is there, as far as the protocol takes it; then the end, or why there is none. */
  private poll(): void {
    while (this.reading && this.protocol !== null) {
      const chunk = this.input.take(READ);
      if (chunk === null) break;
      // The protocol may change it; it is the sender's memory.
      this.reading = this.protocol.arrived(Buffer.from(chunk));
      this.input.progress();
    }
    if (this.protocol === null || (!this.reading && this.pending === null)) return;
    if (this.input.broken && !this.toldEnd) this.broke(systemError("ECONNRESET"));
    else if (this.input.broken) this.failWrite();
    else if (this.reading && this.input.ended && !this.toldEnd) {
      this.toldEnd = true;
      this.protocol.ended();
    }
  }

  // ---- writing --------------------------------------------------------------------------------------------------

  write(chunk: Chunk["chunk"], encoding: Chunk["encoding"]): void {
    this.writev([{ chunk, encoding }]);
  }

  writev(chunks: Chunk[]): void {
    this.pending = joined(chunks);
    this.room();
  }

  unsent(): number {
    return this.pending?.length ?? 0;
  }

  room(): void {
    const { pending } = this;
    if (pending === null) return;
    if (this.input.broken || this.output.refused) return this.fabric.soon(() => this.failWrite());
    const size = this.output.offer(pending);
    if (size < pending.length) {
      this.pending = pending.subarray(size);
      return;
    }
    this.pending = null;
    if (this.finishing) this.sayEnd();
    this.protocol?.wrote(null);
  }

  private failWrite(): void {
    if (this.pending === null) return;
    this.pending = null;
    this.protocol?.wrote(systemError("EPIPE"));
  }

  lost(): void {
    this.broke(systemError("ETIMEDOUT"));
  }

  private broke(error: Error): void {
    const { protocol } = this;
    this.vanish();
    protocol?.broke(error);
  }

  finish(): void {
    this.finishing = true;
    if (this.pending === null) this.sayEnd();
  }

  private sayEnd(): void {
    this.finishing = false;
    this.output.end();
    this.fabric.soon(() => this.protocol?.finished());
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  destroy(): void {
    if (this.gone) return;
    // As kernels do: what was not read turns the end into a reset.
    const unread = this.vanish();
    if (unread) this.output.reset();
    else this.output.end();
  }

  reset(): void {
    if (this.output.local) return this.destroy();
    if (this.gone) return;
    this.vanish();
    this.output.reset();
  }

  private vanish(): boolean {
    this.gone = true;
    this.protocol = null;
    this.pending = null;
    this.output.sender = null;
    this.closed(this);
    return this.input.refuse();
  }

  hold(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}

  local(): Endpoint | undefined {
    return this.gone ? undefined : this.ends.local;
  }
  /** As Node and the kernel: one that is over, or was reset, has none, unless it was asked for before. */
  peer(): Endpoint | undefined {
    const { input, output } = this;
    if (this.gone) return undefined;
    this.peerKnown ||= !(input.broken || (input.ended && output.ended));
    return this.peerKnown ? this.ends.peer : undefined;
  }
  fd(): number {
    return -1;
  }

  release(): TransportStream {
    return new TransportStream(this);
  }
  duplex(busy: boolean): Socket {
    return new TransportStream(this, busy);
  }
}
