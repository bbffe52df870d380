/**
 * What this package asks of the network: the one seam between it and Node. `node.ts` is the real network; another
 * object of type {@link Network} could be a simulated one.
 */

export interface Address {
  address: string;
  family: 4 | 6;
}

export interface Endpoint {
  address: string;
  port: number;
  family: "inet" | "inet6";
}

/** Whoever a connection belongs to: told what happens on it. None of these may throw. */
export interface Link {
  /** Bytes have arrived; they are the link's from now on. False: stop reading until `wire.read()`. */
  arrived(chunk: Buffer): boolean;
  /** The peer will send nothing more. */
  ended(): void;
  /** The last write is in the kernel, or has failed. It may be called before `write` returns. */
  wrote(error: Error | null): void;
  /** The connection is of no more use. */
  broke(error: Error): void;
}

/** A string with its encoding, or bytes. */
export interface Chunk {
  chunk: string | Buffer;
  encoding: "utf8" | "latin1" | "buffer";
}

/** One connection. */
export interface Wire {
  /** Give it to another link. */
  attach(link: Link): void;
  /** Write all of it. Only one write at a time: not before the link's `wrote` has been called. */
  write(chunk: Chunk["chunk"], encoding: Chunk["encoding"]): void;
  writev(chunks: Chunk[]): void;
  /** Read again, after `arrived` returned false. */
  read(): void;
  /** Send FIN, after what has been written. */
  finish(): void;
  /** Close at once. What the kernel has is still delivered. */
  destroy(): void;
  /** Close at once with RST (linger 0). */
  reset(): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, idleSeconds: number): void;
  local(): Endpoint | undefined;
  peer(): Endpoint | undefined;
  fd(): number;
}

/** A connection that is being made. */
export interface Attempt {
  readonly wire: Wire;
  abort(): void;
}

export interface ConnectOptions {
  address: string;
  port: number;
  localAddress?: string | undefined;
  localPort?: number | undefined;
}

export interface ListenOptions {
  address: string;
  port: number;
  backlog: number;
  ipv6Only: boolean;
  reusePort: boolean;
}

/** A port that is listened on. */
export interface Door {
  local(): Endpoint | undefined;
  fd(): number;
  /** Free the port, now. Connections that came in are not touched. */
  close(): void;
}

export interface Network {
  /** The system's resolver: addresses of `family` (0 is both), in its order. */
  lookup(
    host: string,
    family: 0 | 4 | 6,
    done: (error: Error | null, addresses: Address[]) => void,
  ): void;
  connect(options: ConnectOptions, link: Link, done: (error: Error | null) => void): Attempt;
  /** `incoming` is called for each connection, with a wire that has no link yet and does not read. */
  listen(
    options: ListenOptions,
    incoming: (wire: Wire) => void,
    broke: (error: Error) => void,
    done: (error: Error | null) => void,
  ): Door;
  /** Whether `reusePort` has an effect on this system. */
  readonly reusePort: boolean;
}
