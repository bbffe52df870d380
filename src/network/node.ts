/** The real network: node:net, node:dgram and node:dns. Only this folder imports them. */
import cluster from "node:cluster";
import * as dns from "node:dns";
import * as net from "node:net";
import * as os from "node:os";
import process from "node:process";
import { datagrams } from "./datagrams.js";
import {
  adoptHandle,
  type Binding,
  connectHandle,
  systemError,
  takeHandles,
} from "./handle/index.js";
import type {
  Attempt,
  Inherited,
  ListenerHandle,
  Listening,
  Protocol,
  Network,
  ListenPlace,
  ConnectAddress,
  Transport,
} from "./network.js";
import { afterHandovers } from "./handovers.js";
import { held } from "./holders.js";
import { inherited } from "./inherited.js";
import {
  endpoint,
  handleFd,
  InheritedTransport,
  KEEP_ALIVE_PROBES,
  SocketTransport,
} from "./socket-transport.js";
import { lockPath } from "./path-lock.js";
import { listenAt, shared } from "./shared.js";
import { silent } from "./silent.js";
import { afterRemovingStale } from "./stale.js";

function connect(
  binding: Binding | null,
  target: ConnectAddress,
  protocol: Protocol,
  done: (error: Error | null) => void,
): Attempt {
  // Of a socket for IPv6 only Node cannot make one that connects.
  const refuses = "address" in target && target.ipv6Only === true && isMapped(target.address);
  if (binding !== null && !refuses) return connectHandle(binding, target, protocol, done);
  const socket = new net.Socket({ allowHalfOpen: true });
  const transport = new SocketTransport(socket);
  const failing: Protocol = { ...silent, broke: done };
  transport.attach(failing);
  socket.once("connect", () => {
    transport.attach(protocol);
    done(null);
  });
  if ("path" in target) socket.connect({ path: target.path });
  else if (refuses) queueMicrotask(() => socket.destroy(unreachable(target.address)));
  else {
    const { address, port, localAddress, localPort } = target;
    socket.connect({
      host: address,
      port,
      autoSelectFamily: false,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(localPort === undefined ? {} : { localPort }),
    });
  }
  return { transport, abort: () => transport.destroy() };
}

/** IPv4 addresses as IPv6 writes them. */
const mapped = new net.BlockList();
mapped.addSubnet("::ffff:0:0", 96, "ipv6");

function isMapped(address: string): boolean {
  return net.isIPv6(address) && mapped.check(address, "ipv6");
}

/** What the kernel says of a socket that is for IPv6 only. */
const unreachable = (address: string): Error =>
  systemError(-os.constants.errno.ENETUNREACH, "connect", address);

function listen(
  binding: Binding | null,
  place: ListenPlace,
  backlog: number,
  incoming: (transport: Transport) => void,
  broke: (error: Error) => void,
  done: (error: Error | null) => void,
  over: () => void,
): ListenerHandle {
  let came = 0;
  const arrived = (transport: Transport): void => {
    came++;
    incoming(transport);
  };
  const server = net.createServer({ allowHalfOpen: true }, (socket) =>
    arrived(new SocketTransport(socket)),
  );
  let listening = false;
  let closed = false;
  let unlock = (): void => {};
  const { sharing } = shared;
  const settled = (error: Error | null): void => {
    unlock();
    if (error !== null) sharing?.closed(sharer);
    else sharing?.listening(sharer);
    done(error);
  };
  const begin = (): void => {
    if (closed) return;
    if ("fd" in place) {
      server.listen({ fd: place.fd, backlog });
      if (!cluster.isWorker) held(place.fd, () => handleFd(server) === place.fd);
    } else if ("path" in place) server.listen({ path: place.path, backlog });
    else {
      const { address, port, ipv6Only, reusePort } = place;
      const options = { host: address, port, backlog, ipv6Only };
      server.listen(reusePort ? { ...options, reusePort } : options);
    }
  };
  server.on("error", (error) => {
    if (listening) broke(error);
    else if ("path" in place && sharing === null)
      afterRemovingStale(place.path, error, begin, settled);
    else settled(error);
  });
  server.on("listening", () => {
    listening = true;
    if (binding !== null) takeHandles(server, arrived, broke);
    settled(null);
  });
  // Somebody else may call it: node:cluster, in a worker that is disconnected.
  const { close } = server;
  server.close = (done) => {
    if (!closed) {
      closed = true;
      unlock();
      sharing?.closed(sharer);
      over();
    }
    return close.call(server, done);
  };
  const sharer: Listening = {
    place,
    begin(error, handle) {
      if (error !== null) settled(error);
      else if (closed) handle!.close();
      else listenAt(server, handle!, backlog);
    },
    came: () => came,
    close: () => server.close(),
  };
  if (sharing !== null) sharing.wanted(sharer);
  else if ("path" in place) unlock = lockPath(place.path, begin);
  else begin();
  return {
    local: () => {
      const address = server.address();
      if (address === null || typeof address === "string") return undefined;
      return endpoint(address.address, address.port);
    },
    fd: () => handleFd(server),
    hold: (on) => void (on ? server.ref() : server.unref()),
    close: (done) => {
      if (!closed) sharing?.closed(sharer);
      closed = true;
      server.close();
      unlock();
      if (done === undefined) return;
      if (sharing === null) afterHandovers(done);
      else done();
    },
  };
}

function adopt(binding: Binding | null, what: Inherited): Transport {
  const { fd } = what;
  // There the number is not one of this process.
  if (cluster.isWorker) throw systemError(-os.constants.errno.EINVAL, "open", `fd ${fd}`);
  const transport =
    binding === null
      ? new InheritedTransport(new net.Socket({ fd, allowHalfOpen: true }))
      : adoptHandle(binding, what);
  held(fd, () => transport.fd() === fd);
  return transport;
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

/** @param binding Node's handles, on which connections stay; null: they are sockets of node:net */
export function networkOn(binding: Binding | null): Network {
  return {
    ...rest,
    transport: binding === null ? "socket" : "handle",
    connect: (...what) => connect(binding, ...what),
    listen: (...what) => listen(binding, ...what),
    adopt: (what) => adopt(binding, what),
  };
}

/** What is the same on both. */
const rest: Omit<Network, "connect" | "listen" | "adopt" | "transport"> = {
  share: (sharing) => void (shared.sharing = sharing),
  inherited,
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
  reverse(address, port, done) {
    dns.lookupService(address, port, (error, name, service) => done(error, name, service));
  },
  hostname: () => os.hostname(),
  datagrams,
  autoSelectFamily: () => net.getDefaultAutoSelectFamily(),
  keepAliveProbes: KEEP_ALIVE_PROBES,
  reusePort:
    process.platform === "linux" &&
    (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)),
};
