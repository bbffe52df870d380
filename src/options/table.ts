/**
 * The options of all objects: one table, with every name of LuaSocket 3.1. docs/options.md is made from it
 * (`npm run docs`), and a test goes through it line by line.
 */
import { current } from "../network/index.js";
import type { StreamSocket } from "../stream/stream-socket.js";
import type { Stream } from "../stream/duplex.js";
import type { Tcp } from "../tcp/tcp.js";
import type { Udp } from "../udp/udp.js";
import type { Unix } from "../unix/unix.js";
import {
  boolean,
  hops,
  interfaceAddress,
  limit,
  linger,
  membership4,
  membership6,
  positive,
  type OptionValue,
} from "./values.js";

/** What an option does on one kind of object. What is absent, Node has no way to do. */
export interface Option<Object> {
  get?: (object: Object) => OptionValue;
  set?: (object: Object, value: unknown, name: string) => void;
  /** Whether it works here and now; undefined: always. */
  when?: (value: unknown) => boolean;
}

export interface Objects {
  tcp: Tcp;
  unix: Unix;
  udp: Udp;
  stream: Stream;
}
export type Kind = keyof Objects;

export interface Row {
  name: string;
  /** The value, and what it does, in words for the documentation. */
  value: string;
  does: string;
  /** LuaSocket has it, too. */
  luasocket: boolean;
  in: { [K in Kind]?: Option<Objects[K]> };
}

const unsupported = {};

const lineLimit: Option<StreamSocket> = {
  get: (stream) => stream.lineLimit,
  set: (stream, value, name) => {
    stream.lineLimit = limit(value, name);
  },
};

const lingering: Option<StreamSocket> = {
  get: (stream) => ({ on: stream.linger !== null, timeout: stream.linger ?? 0 }),
  set: (stream, value) => {
    stream.linger = linger(value);
  },
};

/** Node sets it on every listening socket, and has no way not to. */
const reuseaddr: Option<unknown> = {
  get: () => true,
  set: (_, value, name) => void boolean(value, name),
  when: (value) => value !== false,
};

const canReusePort = (): boolean => current.network.reusePort;

function row(name: string, value: string, does: string, where: Row["in"], luasocket = true): Row {
  return { name, value, does, luasocket, in: where };
}

export const OPTIONS: readonly Row[] = [
  row("keepalive", "boolean", "The kernel asks an idle peer whether it is still there.", {
    tcp: {
      get: (tcp) => tcp.options.keepalive,
      set: (tcp, value, name) => tcp.change({ keepalive: boolean(value, name) }),
    },
    unix: unsupported,
  }),
  row("tcp-keepidle", "seconds", "How long a connection is idle before it does.", {
    tcp: {
      get: (tcp) => tcp.options.keepidle,
      set: (tcp, value, name) => tcp.change({ keepidle: positive(value, name) }),
    },
  }),
  row(
    "tcp-nodelay",
    "boolean",
    "Small writes leave at once, also while earlier ones are not acknowledged.",
    {
      tcp: {
        get: (tcp) => tcp.options.nodelay,
        set: (tcp, value, name) => tcp.change({ nodelay: boolean(value, name) }),
      },
    },
  ),
  row(
    "linger",
    "{ on, timeout }",
    "Seconds that a closed socket may take to deliver what was sent, when the peer takes none of it (10 if not set); 0 resets the connection.",
    { tcp: lingering, unix: lingering, stream: lingering },
  ),
  row(
    "reuseaddr",
    "boolean",
    "TCP, Unix: Node always sets it where it matters; setting it to false is not supported. UDP: several sockets may share the port; set it before the object is bound.",
    {
      tcp: reuseaddr,
      unix: reuseaddr,
      udp: {
        get: (udp) => udp.options.reuseAddr,
        set: (udp, value, name) => udp.prepare({ reuseAddr: boolean(value, name) }),
      },
    },
  ),
  row(
    "reuseport",
    "boolean",
    "Several processes may listen on the port, and the kernel spreads what comes. Linux, Node 22.12 or later; before the object is bound.",
    {
      tcp: {
        when: canReusePort,
        get: (tcp) => tcp.options.reuseport,
        set: (tcp, value, name) => tcp.change({ reuseport: boolean(value, name) }),
      },
      udp: {
        when: canReusePort,
        get: (udp) => udp.options.reusePort,
        set: (udp, value, name) => udp.prepare({ reusePort: boolean(value, name) }),
      },
    },
  ),
  row(
    "ipv6-v6only",
    "boolean",
    "Bound to `::`, take IPv6 only, not IPv4 as well. Before the object is bound.",
    {
      tcp: {
        get: (tcp) => tcp.options.v6only,
        set: (tcp, value, name) => tcp.change({ v6only: boolean(value, name) }),
      },
      udp: {
        get: (udp) => udp.options.ipv6Only,
        set: (udp, value, name) => udp.prepare({ ipv6Only: boolean(value, name) }),
      },
    },
  ),
  row("error", "none: only getoption", "The word for the last error; undefined without one.", {
    tcp: { get: (tcp) => tcp.lastWord },
    unix: { get: (unix) => unix.lastWord },
    udp: { get: (udp) => udp.lastWord },
  }),
  row(
    "recv-buffer-size",
    "bytes",
    "Size of the kernel's receive buffer. (The kernel may double it.)",
    {
      tcp: unsupported,
      udp: {
        get: (udp) => udp.recvBufferSize,
        set: (udp, value, name) => udp.setRecvBufferSize(positive(value, name)),
      },
    },
  ),
  row("send-buffer-size", "bytes", "Size of the kernel's send buffer.", {
    tcp: unsupported,
    udp: {
      get: (udp) => udp.sendBufferSize,
      set: (udp, value, name) => udp.setSendBufferSize(positive(value, name)),
    },
  }),
  row("broadcast", "boolean", "Datagrams may go to a broadcast address.", {
    udp: {
      get: (udp) => udp.sending.broadcast,
      set: (udp, value, name) => udp.change({ broadcast: boolean(value, name) }),
    },
  }),
  row("ip-multicast-ttl", "0 to 255", "How many routers a multicast datagram may pass.", {
    udp: {
      get: (udp) => udp.sending.multicastTTL,
      set: (udp, value, name) => udp.change({ multicastTTL: hops(value, name) }),
    },
  }),
  row("ip-multicast-loop", "boolean", "This machine gets its own multicast datagrams, too.", {
    udp: {
      get: (udp) => udp.sending.multicastLoop,
      set: (udp, value, name) => udp.change({ multicastLoop: boolean(value, name) }),
    },
  }),
  row(
    "ip-multicast-if",
    'IPv4 address, or "*"',
    "The interface by which multicast datagrams leave.",
    {
      udp: {
        get: (udp) => udp.sending.multicastInterface,
        set: (udp, value, name) =>
          udp.change({ multicastInterface: interfaceAddress(value, name) }),
      },
    },
  ),
  row(
    "ip-add-membership",
    "{ multiaddr, interface }",
    "Join a multicast group, at the interface with that address.",
    {
      udp: { set: (udp, value, name) => udp.join(...membership4(value, name)) },
    },
  ),
  row("ip-drop-membership", "{ multiaddr, interface }", "Leave it.", {
    udp: { set: (udp, value, name) => udp.leave(...membership4(value, name)) },
  }),
  row("ipv6-unicast-hops", "0 to 255", "How many routers a datagram may pass.", {
    udp: {
      get: (udp) => udp.sending.ttl,
      set: (udp, value, name) => udp.change({ ttl: hops(value, name) }),
    },
  }),
  row("ipv6-multicast-hops", "0 to 255", "How many routers a multicast datagram may pass.", {
    udp: {
      get: (udp) => udp.sending.multicastTTL,
      set: (udp, value, name) => udp.change({ multicastTTL: hops(value, name) }),
    },
  }),
  row("ipv6-multicast-loop", "boolean", "This machine gets its own multicast datagrams, too.", {
    udp: {
      get: (udp) => udp.sending.multicastLoop,
      set: (udp, value, name) => udp.change({ multicastLoop: boolean(value, name) }),
    },
  }),
  row(
    "ipv6-add-membership",
    "{ multiaddr, interface }",
    "Join a multicast group, at the interface with that number (0: any).",
    {
      udp: { set: (udp, value, name) => udp.join(...membership6(value, name)) },
    },
  ),
  row("ipv6-drop-membership", "{ multiaddr, interface }", "Leave it.", {
    udp: { set: (udp, value, name) => udp.leave(...membership6(value, name)) },
  }),
  row("dontroute", "boolean", "", { udp: unsupported }),
  row("bindtodevice", "string", "", { tcp: unsupported }),
  row("tcp-keepcnt", "number", "", { tcp: unsupported }),
  row("tcp-keepintvl", "seconds", "", { tcp: unsupported }),
  row("tcp-defer-accept", "seconds", "", { tcp: unsupported }),
  row("tcp-fastopen", "number", "", { tcp: unsupported }),
  row("tcp-fastopen-connect", "number", "", { tcp: unsupported }),
  row(
    "line-limit",
    "bytes, or Infinity",
    'Longest line that `receive("*l")` takes, and longest piece of `receiveuntil` (1 MiB); a longer one is "line too long".',
    { tcp: lineLimit, unix: lineLimit, stream: lineLimit },
    false,
  ),
  row(
    "queue-limit",
    "bytes",
    "How much may wait to be received (1 MiB; each datagram counts 256 more); what comes beyond is dropped and counted.",
    {
      udp: {
        get: (udp) => udp.queueLimit,
        set: (udp, value, name) => {
          udp.queueLimit = positive(value, name);
        },
      },
    },
    false,
  ),
];
