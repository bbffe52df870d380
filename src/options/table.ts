/**
 * The options of all objects: one table, with every name of LuaSocket 3.1. docs/options.md is made from it
 * (`npm run docs`), and a test goes through it line by line.
 */
import { current } from "../network/index.js";
import { MULTICAST } from "./multicast.js";
import { row } from "./row.js";
import { error, lineLimit, lingering, ofConnection, unsupported } from "./shared.js";
import { reuseaddr, reuseport, v6only } from "./tcp.js";
import { anything, atMost, boolean, limit, linger, positive, readOnly } from "./values.js";

const canReusePort = (): boolean => current.network.reusePort;
const canProbe = (): boolean => current.network.keepAliveProbes;

/** Beyond these Linux says "invalid argument", and Node does not pass it on. */
const MOST_SECONDS = 32_767;
const MOST_PROBES = 127;

export const OPTIONS = [
  row("keepalive", "boolean", "The kernel asks an idle peer whether it is still there.", boolean, {
    tcp: {
      get: (tcp) => tcp.options.keepalive,
      set: (tcp, keepalive) => tcp.change({ keepalive }),
    },
    unix: unsupported,
  }),
  row(
    "tcp-keepidle",
    "seconds, to 32,767",
    "How long a connection with `keepalive` is idle before it does.",
    atMost(MOST_SECONDS),
    {
      tcp: {
        get: (tcp) => tcp.options.keepidle,
        set: (tcp, keepidle) => tcp.change({ keepidle }),
      },
    },
  ),
  row(
    "tcp-keepintvl",
    "seconds, to 32,767",
    "How long it waits before it asks again (75). Node 24.18, 26.4 or later.",
    atMost(MOST_SECONDS),
    {
      tcp: {
        works: canProbe,
        get: (tcp) => tcp.options.keepintvl,
        set: (tcp, keepintvl) => tcp.change({ keepintvl }),
      },
    },
  ),
  row(
    "tcp-keepcnt",
    "1 to 127",
    "How often it asks before the connection is broken (9). Node 24.18, 26.4 or later; earlier ones ask ten times, once a second.",
    atMost(MOST_PROBES),
    {
      tcp: {
        works: canProbe,
        get: (tcp) => tcp.options.keepcnt,
        set: (tcp, keepcnt) => tcp.change({ keepcnt }),
      },
    },
  ),
  row(
    "tcp-nodelay",
    "boolean",
    "Small writes leave at once, also while earlier ones are not acknowledged.",
    boolean,
    {
      tcp: {
        get: (tcp) => tcp.options.nodelay,
        set: (tcp, nodelay) => tcp.change({ nodelay }),
      },
    },
  ),
  row(
    "linger",
    "{ on, timeout }",
    "Seconds that a closed socket may take to deliver what was sent, when the peer takes none of it (10 if not set); 0 resets the connection.",
    linger,
    { tcp: ofConnection(lingering), unix: ofConnection(lingering), stream: lingering },
  ),
  row(
    "reuseaddr",
    "boolean",
    "A TCP port may be bound although connections of an earlier server linger: Node always sets it when it binds, so that false is not supported, nor is setting it later. Several UDP sockets may share a port; before the object is bound. On Unix sockets it does nothing, in the kernel neither.",
    boolean,
    {
      tcp: reuseaddr,
      unix: {
        get: (unix) => unix.reuseaddr,
        set: (unix, on) => {
          unix.reuseaddr = on;
        },
      },
      udp: {
        get: (udp) => udp.settings.options.reuseAddr,
        set: (udp, reuseAddr) => udp.settings.prepare({ reuseAddr }),
      },
    },
  ),
  row(
    "reuseport",
    "boolean",
    "Several processes may listen on the port, and the kernel spreads what comes. Linux, Node 22.12 or later; before the object is bound; not for the local port of a client.",
    boolean,
    {
      tcp: { works: canReusePort, ...reuseport },
      udp: {
        works: canReusePort,
        get: (udp) => udp.settings.options.reusePort,
        set: (udp, reusePort) => udp.settings.prepare({ reusePort }),
      },
    },
  ),
  row(
    "ipv6-v6only",
    "boolean",
    'IPv6 only (the default, as in LuaSocket). False: one that is bound to `::` takes IPv4 as well. Before the object is bound; on IPv4 it is "protocol not available".',
    boolean,
    {
      tcp: v6only,
      udp: {
        get: (udp) => udp.settings.v6only,
        set: (udp, only) => {
          udp.settings.v6only = only;
        },
      },
    },
  ),
  row(
    "error",
    "none: only getoption",
    "The word for an error that no operation has told yet, once; undefined without one. After a connect that timed out and went on: whether it failed.",
    readOnly,
    { tcp: ofConnection(error), unix: ofConnection(error), udp: error, stream: error },
  ),
  row(
    "recv-buffer-size",
    "bytes",
    "Size of the kernel's receive buffer. (The kernel may double it.)",
    positive,
    {
      tcp: unsupported,
      udp: {
        get: (udp) => udp.settings.recvBufferSize,
        set: (udp, bytes) => {
          udp.settings.recvBufferSize = bytes;
        },
      },
    },
  ),
  row("send-buffer-size", "bytes", "Size of the kernel's send buffer.", positive, {
    tcp: unsupported,
    udp: {
      get: (udp) => udp.settings.sendBufferSize,
      set: (udp, bytes) => {
        udp.settings.sendBufferSize = bytes;
      },
    },
  }),
  ...MULTICAST,
  row("dontroute", "boolean", "", anything, { udp: unsupported }),
  row("bindtodevice", "string", "", anything, { tcp: unsupported }),
  row("tcp-defer-accept", "seconds", "", anything, { tcp: unsupported }),
  row("tcp-fastopen", "number", "", anything, { tcp: unsupported }),
  row("tcp-fastopen-connect", "number", "", anything, { tcp: unsupported }),
  row(
    "line-limit",
    "bytes, or Infinity",
    'Longest line that `receive("*l")` takes, and longest piece of `receiveuntil` (1 MiB); a longer one is "line too long".',
    limit,
    { tcp: ofConnection(lineLimit), unix: ofConnection(lineLimit), stream: lineLimit },
    false,
  ),
  row(
    "queue-limit",
    "bytes",
    "How much may wait to be received (1 MiB; each datagram counts 256 more); what comes beyond is dropped and counted.",
    positive,
    {
      udp: {
        get: (udp) => udp.reading.limit,
        set: (udp, bytes) => {
          udp.reading.limit = bytes;
        },
      },
    },
    false,
  ),
] as const;
