/**
 * The real network: node:net and node:dns. No other file of the package imports them.
 *
 * Bytes are taken by overriding `push`, and written by calling `_write` and `_writev`: the hooks that Node's stream
 * documentation gives to implementers. They pass Node's own queues by, since there is one here already; what that
 * gains and what it rests on is in docs/rationale.md. An idle connection keeps no closure.
 */
import * as dns from "node:dns";
import * as net from "node:net";
import process from "node:process";
import type {
  Attempt,
  Chunk,
  ConnectOptions,
  Door,
  Endpoint,
  Link,
  ListenOptions,
  Network,
  Wire,
} from "./network.js";

const kWire = Symbol("cosocket.wire");

/** A socket with what is set on it here. */
interface Hooked extends net.Socket {
  [kWire]?: NodeWire;
}

function push(this: Hooked, chunk: Buffer | null): boolean {
  return this[kWire]!.pushed(chunk);
}

function onError(this: Hooked, error: Error): void {
  this[kWire]!.link?.broke(error);
}

class NodeWire implements Wire {
  link: Link | null = null;

  constructor(private readonly socket: Hooked) {
    socket[kWire] = this;
    socket.push = push;
    socket.on("error", onError);
  }

  attach(link: Link): void {
    this.link = link;
  }

  pushed(chunk: Buffer | null): boolean {
    const { link } = this;
    if (link === null) return false;
    if (chunk !== null) return link.arrived(chunk);
    link.ended();
    return false;
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
    return (error) => this.link?.wrote(error ?? null);
  }

  read(): void {
    if (!this.socket.destroyed) this.socket._read(0);
  }

  finish(): void {
    this.socket.end();
  }

  destroy(): void {
    this.link = null;
    this.socket.destroy();
  }

  reset(): void {
    this.link = null;
    this.socket.resetAndDestroy();
  }

  setNoDelay(on: boolean): void {
    this.socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean, idleSeconds: number): void {
    this.socket.setKeepAlive(on, idleSeconds * 1000);
  }

  local(): Endpoint | undefined {
    return endpoint(this.socket.localAddress, this.socket.localPort);
  }

  peer(): Endpoint | undefined {
    return endpoint(this.socket.remoteAddress, this.socket.remotePort);
  }

  fd(): number {
    return handleFd(this.socket);
  }
}

/** The descriptor, which Node shows only on its internal handle. -1 where it does not. */
function handleFd(owner: net.Socket | net.Server): number {
  const { _handle: handle } = owner as { _handle?: { fd?: number } | null };
  return handle?.fd ?? -1;
}

function endpoint(address: string | undefined, port: number | undefined): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  // A dual-stack socket shows IPv4 peers as mapped addresses.
  const mapped = address.startsWith("::ffff:") && net.isIPv4(address.slice(7));
  if (mapped) return { address: address.slice(7), port, family: "inet" };
  return { address, port, family: net.isIPv6(address) ? "inet6" : "inet" };
}

function connect(
  options: ConnectOptions,
  link: Link,
  done: (error: Error | null) => void,
): Attempt {
  const socket = new net.Socket({ allowHalfOpen: true });
  const wire = new NodeWire(socket);
  const failing: Link = { ...silent, broke: done };
  wire.attach(failing);
  socket.once("connect", () => {
    wire.attach(link);
    done(null);
  });
  socket.connect({
    host: options.address,
    port: options.port,
    autoSelectFamily: false,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    ...(options.localPort === undefined ? {} : { localPort: options.localPort }),
  });
  return { wire, abort: () => wire.destroy() };
}

const silent: Link = {
  arrived: () => false,
  ended: () => {},
  wrote: () => {},
  broke: () => {},
};

function listen(
  options: ListenOptions,
  incoming: (wire: Wire) => void,
  broke: (error: Error) => void,
  done: (error: Error | null) => void,
): Door {
  const server = net.createServer({ allowHalfOpen: true }, (socket) =>
    incoming(new NodeWire(socket)),
  );
  let listening = false;
  server.on("error", (error) => (listening ? broke(error) : done(error)));
  server.listen(
    {
      host: options.address,
      port: options.port,
      backlog: options.backlog,
      ipv6Only: options.ipv6Only,
      ...(options.reusePort ? { reusePort: true } : {}),
    },
    () => {
      listening = true;
      done(null);
    },
  );
  return {
    local: () => {
      const address = server.address();
      if (address === null || typeof address === "string") return undefined;
      return endpoint(address.address, address.port);
    },
    fd: () => handleFd(server),
    close: () => {
      server.close();
    },
  };
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

export const nodeNetwork: Network = {
  lookup(host, family, done) {
    dns.lookup(host, { all: true, family, order: "verbatim" }, (error, addresses) => {
      done(
        error,
        error
          ? []
          : addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })),
      );
    });
  },
  connect,
  listen,
  reusePort:
    process.platform === "linux" &&
    (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)),
};
