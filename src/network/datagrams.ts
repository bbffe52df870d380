/** A socket of node:dgram. */
import cluster from "node:cluster";
import * as dgram from "node:dgram";
import { held } from "./holders.js";
import { interfaceName } from "./interfaces.js";
import type { DatagramProtocol, DatagramOptions, DatagramSocket, Endpoint } from "./network.js";
import { endpoint } from "./socket-transport.js";

type Done = (error: Error | null) => void;

/** Addresses only: names have been resolved before, and Node's own look-up would put every datagram behind it. */
function literal(
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, address.includes(":") ? 6 : 4);
}

class NodeDatagramSocket implements DatagramSocket {
  private readonly socket: dgram.Socket;
  /** What bind or connect waits for, and who is told. Other errors are the protocol's. */
  private awaited: "listening" | "connect" | null = null;
  /** Connects that were known at once, of which Node has not told yet. */
  private early = 0;
  private done: Done = () => {};

  constructor(
    family: 4 | 6,
    { reuseAddr, reusePort, ipv6Only }: DatagramOptions,
    private protocol: DatagramProtocol | null,
  ) {
    this.socket = dgram.createSocket({
      type: family === 6 ? "udp6" : "udp4",
      reuseAddr,
      ipv6Only: ipv6Only && family === 6,
      lookup: literal,
      ...(reusePort ? { reusePort } : {}),
    });
    this.socket.on("message", (data, from) =>
      this.protocol?.received(data, from.address, from.port),
    );
    this.socket.on("listening", () => this.settle("listening", null));
    this.socket.on("connect", () => {
      if (this.early > 0) this.early--;
      else this.settle("connect", null);
    });
    this.socket.on("error", (error) => {
      if (this.awaited === null) this.protocol?.failed(error);
      else this.settle(this.awaited, error);
    });
  }

  private settle(event: "listening" | "connect", error: Error | null): void {
    if (event !== this.awaited) return;
    this.awaited = null;
    this.done(error);
  }

  bind(address: string, port: number, done: Done): void {
    this.begin("listening", done, () => this.socket.bind({ address, port, exclusive: true }));
  }

  open(fd: number, done: Done): void {
    // In a worker it is one of the primary process (inherited.ts).
    const exclusive = !cluster.isWorker;
    this.begin("listening", done, () => this.socket.bind({ fd, exclusive }));
    if (exclusive) held(fd, () => this.fd() === fd);
  }

  connect(address: string, port: number, done: Done): void {
    this.begin("connect", done, () => this.socket.connect(port, address));
    // Node says so a tick later. Whoever sends, or connects, meanwhile should know.
    if (this.awaited === null || this.peer() === undefined) return;
    this.early++;
    this.settle("connect", null);
  }

  /** What Node throws is an answer, too. */
  private begin(event: "listening" | "connect", done: Done, start: () => void): void {
    this.awaited = event;
    this.done = done;
    try {
      start();
    } catch (error) {
      this.settle(event, error as Error);
    }
  }

  disconnect(): void {
    this.socket.disconnect();
  }

  send(data: Uint8Array, port: number | undefined, address: string | undefined, done: Done): void {
    try {
      if (address === undefined) this.socket.send(data, done);
      else this.socket.send(data, port, address, done);
    } catch (error) {
      process.nextTick(done, error);
    }
  }

  local(): Endpoint | undefined {
    return shown(() => this.socket.address());
  }

  peer(): Endpoint | undefined {
    return shown(() => this.socket.remoteAddress());
  }

  /** Node shows it only on its internal handle. -1 where it does not. */
  fd(): number {
    const inside = Object.getOwnPropertySymbols(this.socket).map(
      (symbol) => (this.socket as unknown as Record<symbol, { handle?: { fd?: number } }>)[symbol],
    );
    return inside.find((state) => state?.handle?.fd !== undefined)?.handle?.fd ?? -1;
  }

  close(): void {
    this.protocol = this.awaited = null;
    this.socket.close();
  }

  setBroadcast(on: boolean): void {
    this.socket.setBroadcast(on);
  }
  setTTL(hops: number): void {
    this.socket.setTTL(hops);
  }
  setMulticastTTL(hops: number): void {
    this.socket.setMulticastTTL(hops);
  }
  setMulticastLoopback(on: boolean): void {
    this.socket.setMulticastLoopback(on);
  }
  setMulticastInterface(address: string): void {
    this.socket.setMulticastInterface(address);
  }
  addMembership(group: string, at?: string | number): void {
    this.socket.addMembership(group, interfaceOf(at));
  }
  dropMembership(group: string, at?: string | number): void {
    this.socket.dropMembership(group, interfaceOf(at));
  }
  setRecvBufferSize(bytes: number): void {
    this.socket.setRecvBufferSize(bytes);
  }
  setSendBufferSize(bytes: number): void {
    this.socket.setSendBufferSize(bytes);
  }
  getRecvBufferSize(): number {
    return this.socket.getRecvBufferSize();
  }
  getSendBufferSize(): number {
    return this.socket.getSendBufferSize();
  }
}

export function datagrams(
  family: 4 | 6,
  options: DatagramOptions,
  protocol: DatagramProtocol,
): DatagramSocket {
  return new NodeDatagramSocket(family, options, protocol);
}

/** As Node wants it: an address, or one of IPv6 with the interface's name behind it. */
function interfaceOf(at: string | number | undefined): string | undefined {
  return typeof at === "number" ? `::%${interfaceName(at)}` : at;
}

/** What Node tells of an address; it throws before there is one. */
function shown(tell: () => { address: string; port: number }): Endpoint | undefined {
  try {
    const { address, port } = tell();
    return endpoint(address, port);
  } catch {
    return undefined;
  }
}
