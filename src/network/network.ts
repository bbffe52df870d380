/**
 * What this package asks of the network: the one seam between it and Node. `node.ts` is the real network; another
 * object of type {@link Network} could be a simulated one.
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface Address {
  address: string;
  family: 4 | 6;
}

export interface Endpoint {
  address: string;
  port: number;
  family: "inet" | "inet6";
}

/** Node's own stream handles; sockets of node:net; connections of a simulation. */
export type TransportName = "handle" | "socket" | "simulated";

/** Whoever a connection belongs to: told what happens on it. None of these may throw. */
export interface Protocol {
  /** Bytes have arrived; they are the protocol's from now on. False: stop reading until `transport.read()`. */
  arrived(chunk: Buffer): boolean;
  /**
   * The same, of the first `length` bytes of `memory`, which is lent: it is the transport's again when this returns. Where it is `given`, all of it is the
   * protocol's from now on, to be given back by `reuse` once nobody has any of it.
   */
  lent?(memory: Buffer, length: number, given: boolean): boolean;
  /**
   * The peer will send nothing more. With an error, what has come is not all that it meant to send: the stream was cut, and did not
   * end. Writing may go on in both cases.
   */
  ended(error?: Error): void;
  /** The last write is in the kernel, or has failed. It may be called before `write` returns. */
  wrote(error: Error | null): void;
  /** What `transport.finish()` had to say is in the kernel. */
  finished(): void;
  /** The connection is of no more use. */
  broke(error: Error): void;
}

/** A string with its encoding, or bytes. */
export interface Chunk {
  chunk: string | Buffer;
  encoding: "utf8" | "latin1" | "buffer";
}

/** One connection. */
export interface Transport {
  /** Give it to another protocol. */
  attach(protocol: Protocol): void;
  /** Write all of it. Only one write at a time: not before the protocol's `wrote` has been called. */
  write(chunk: Chunk["chunk"], encoding: Chunk["encoding"]): void;
  writev(chunks: Chunk[]): void;
  /** Whether anything can be sent: not where a stream only reads, or has been closed. */
  readonly writable: boolean;
  /** Bytes of the write under way that have not left: what shows whether the peer takes any. */
  unsent(): number;
  /** Read again, after `arrived` returned false. */
  read(): void;
  /** Say that nothing more will be sent (FIN; with TLS close_notify before it), after what has been written. */
  finish(): void;
  /** Close at once. What the kernel has is still delivered. */
  destroy(): void;
  /** Close at once with RST (linger 0). */
  reset(): void;
  /** Whether {@link finish} should come before {@link destroy} even when nothing is queued: TLS, streams. */
  readonly needsFin: boolean;
  /** Whether it keeps the process alive. */
  hold(on: boolean): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(how: KeepAlive): void;
  local(): Endpoint | undefined;
  peer(): Endpoint | undefined;
  fd(): number;
  /** What the handshake agreed on; null where there is no TLS. */
  readonly tls: TlsFacts | null;
  /** Tell of all that has come and is held back: before the transport is released, or made a socket. Absent where nothing is. */
  handOver?(): void;
  /** The connection as a stream of Node's, for TLS to take over; the transport is of no more use. */
  release(): Duplex;
  /**
   * The connection as a socket of Node's, for anybody: a real one where there is one below, a stream with its methods otherwise. The
   * transport is of no more use.
   *
   * @param busy whether a write is under way; what is written on the socket leaves behind it
   */
  duplex(busy: boolean): Socket;
}

/** How the kernel asks an idle peer: after seconds of silence, that many times, each so many seconds after the last. */
export interface KeepAlive {
  on: boolean;
  idle: number;
  /** As far as {@link Network.keepAliveProbes}. */
  interval: number;
  count: number;
}

/** What is known of a TLS connection. */
export interface TlsFacts {
  /**
   * Everything that makes two connections different, hashed: parameters by content, the name, the session offered. Where it
   * is equal one connection may be given for the other.
   */
  readonly identity: string;
  /** The part of it that decides whether a session of this connection may be resumed by another, hashed. */
  readonly trust: string;
  /** "TLSv1.3", ... */
  version(): string;
  cipher(): { name: string; standardName: string; version: string };
  alpn(): string | undefined;
  /** The name that the client asked for (SNI). */
  servername(): string | undefined;
  /** The peer's certificate in DER and those of its issuers, as far as it sent them; none if it showed none. */
  certificates(): Buffer[];
  /** The certificate shown to the peer, in DER. */
  localCertificate(): Buffer | undefined;
  /** Why the peer's certificate is not to be trusted, or that it showed none; undefined when it was verified. */
  distrust(): Error | undefined;
  /** The session, to be resumed by a client's later handshake; undefined while there is none. */
  session(): Buffer | undefined;
  resumed(): boolean;
  /** The Finished message that was sent, or came: for channel bindings (RFC 5929). */
  finished(ofPeer: boolean): Buffer | undefined;
  /** Keying material for others (RFC 5705). */
  keyingMaterial(length: number, label: string, context: Buffer): Buffer;
}

/** A connection that is being made. */
export interface Attempt {
  readonly transport: Transport;
  abort(): void;
}

/** Where to connect to. */
export type ConnectAddress =
  | {
      address: string;
      port: number;
      localAddress?: string | undefined;
      localPort?: number | undefined;
      /** Refuse IPv4-mapped addresses, as a socket for IPv6 only does. */
      ipv6Only?: boolean | undefined;
    }
  | { path: string };

/** Where to listen. */
export type ListenAddress =
  { address: string; port: number; ipv6Only: boolean; reusePort: boolean } | { path: string };

/** A socket that this process was started with. */
export type Inherited = { fd: number } & (
  | { kind: "tcp"; /** It is a connection, and does not listen. */ connected: boolean }
  /** Without a path: the system does not tell. */
  | { kind: "unix"; connected: boolean; path?: string }
  | { kind: "udp"; family: 4 | 6 }
);

/** Where to listen, or the descriptor of what was inherited. */
export type ListenPlace = ListenAddress | { fd: number };

/** A handle of Node's, of a socket that is bound. */
export interface BoundHandle {
  close(): void;
  /** Not of a path. */
  getsockname?(into: { address?: string; port?: number }): number;
  readonly fd: number;
}

/** A server of this process that wants to listen at a socket which another one keeps. */
export interface Listening {
  readonly place: ListenPlace;
  /** Here is the socket, or why there is none. */
  begin(error: Error | null, handle: BoundHandle | null): void;
  /** How many connections have come in. */
  came(): number;
  /** Close it, as somebody else than the program: node:cluster, or a drain. */
  close(): void;
}

/** Who is asked for sockets, and told of the servers that listen at them. */
export interface Sharing {
  wanted(server: Listening): void;
  listening(server: Listening): void;
  /** It has closed, or will never listen. */
  closed(server: Listening): void;
}

/** Something that is listened on. */
export interface ListenerHandle {
  local(): Endpoint | undefined;
  fd(): number;
  /** Whether it keeps the process alive: from the beginning, yes. */
  hold(on: boolean): void;
  /**
   * Free it, now. Connections that came in are not touched. `done` is called when none is on its way to this process any more, which matters
   * to one that is about to exit.
   */
  close(done?: () => void): void;
}

/** Whoever a datagram socket belongs to. */
export interface DatagramProtocol {
  /** A datagram has arrived; its bytes are the protocol's from now on. */
  received(datagram: Buffer, address: string, port: number): void;
  /** An error outside of any call: an ICMP message, for instance. */
  failed(error: Error): void;
}

/** What has to be known before a datagram socket is bound. */
export interface DatagramOptions {
  reuseAddr: boolean;
  reusePort: boolean;
  ipv6Only: boolean;
}

/** One datagram socket. Its setters throw what Node throws; they work once it is bound. */
export interface DatagramSocket {
  bind(address: string, port: number, done: (error: Error | null) => void): void;
  connect(address: string, port: number, done: (error: Error | null) => void): void;
  /** Instead of binding it: take one that was inherited, and is bound. Absent where nothing can be. */
  open?(fd: number, done: (error: Error | null) => void): void;
  disconnect(): void;
  /** Without an address: to the connected peer. */
  send(
    datagram: Uint8Array,
    port: number | undefined,
    address: string | undefined,
    done: (error: Error | null) => void,
  ): void;
  local(): Endpoint | undefined;
  peer(): Endpoint | undefined;
  fd(): number;
  close(): void;
  setBroadcast(on: boolean): void;
  setTTL(hops: number): void;
  setMulticastTTL(hops: number): void;
  setMulticastLoopback(on: boolean): void;
  setMulticastInterface(address: string): void;
  /** At the interface with that address (IPv4) or number (IPv6); undefined: the system's choice. */
  addMembership(group: string, at?: string | number): void;
  dropMembership(group: string, at?: string | number): void;
  setRecvBufferSize(bytes: number): void;
  setSendBufferSize(bytes: number): void;
  getRecvBufferSize(): number;
  getSendBufferSize(): number;
}

export interface Network {
  /** What its connections are. */
  readonly transport: TransportName;
  /** The system's resolver: addresses of `family` (0 is both), in its order. */
  lookup(
    host: string,
    family: 0 | 4 | 6,
    done: (error: Error | null, addresses: Address[]) => void,
  ): void;
  /** The system's resolver, the other way: the names of an address and a port. */
  reverse(
    address: string,
    port: number,
    done: (error: Error | null, name: string, service: string) => void,
  ): void;
  /** This machine's name. */
  hostname(): string;
  connect(target: ConnectAddress, protocol: Protocol, done: (error: Error | null) => void): Attempt;
  /**
   * `incoming` is called for each connection, with a transport that has no protocol yet and does not read; `over` when somebody else
   * than the caller has ended it: in a worker of node:cluster, `worker.disconnect()`.
   */
  listen(
    place: ListenPlace,
    backlog: number,
    incoming: (transport: Transport) => void,
    broke: (error: Error) => void,
    done: (error: Error | null) => void,
    over: () => void,
  ): ListenerHandle;
  /** Tell of each server that is made here from now on, and leave to whoever is told where it listens, and until when. Null: to nobody. */
  share(sharing: Sharing | null): void;
  datagrams(family: 4 | 6, options: DatagramOptions, protocol: DatagramProtocol): DatagramSocket;
  /** What a descriptor is. Throws TypeError where it is no socket that can be used. @param what the function that errors name */
  inherited(fd: number, what: string): Inherited;
  /** The connection that a descriptor is. Throws what Node throws. Others may have it, too: to close it ends it for them. */
  adopt(inherited: Inherited): Transport;
  /** Whether the addresses of a name are tried beside one another, unless a connect says otherwise: Node's default. */
  autoSelectFamily(): boolean;
  /** Whether `reusePort` has an effect on this system. */
  readonly reusePort: boolean;
  /** Whether interval and count of {@link KeepAlive} have. */
  readonly keepAliveProbes: boolean;
}
