/**
 * What is known of a running program, as plain data: `JSON.stringify` takes all of it, and no key, password or payload is in it. Times are in
 * seconds of the reactor's clock, as `now` is, so `now - since` is how long; sizes are in bytes.
 */
import type { FiberState, WaitKind } from "../../reactor/index.js";

/** All of it, at one moment. */
export interface Snapshot {
  /** Wall-clock seconds since 1970. */
  time: number;
  /** The reactor's clock, which all other times are of. */
  now: number;
  /** Live fibers, parents before their children, children in order of birth. */
  fibers: FiberFacts[];
  /** What promises wait for that have no fiber. (cosocket/promises) */
  promises: PromiseFacts[];
  /** Open sockets, the oldest first: connections, listeners, UDP objects. */
  sockets: SocketFacts[];
  /** Those that listen, the oldest first. */
  servers: ServerFacts[];
  reactor: ReactorFacts;
}

/** A live fiber. */
export interface FiberFacts {
  /** Its number in this process, from 1; never used again. */
  id: number;
  /** The id of its parent, also if that forked it in an Effection scope of its own; null: it is a child of plain code, or of a task that is no fiber. */
  parent: number | null;
  /** No longer than 500 characters, as what it waits for. */
  name: string;
  state: FiberState;
  /** When it first came to wait; null while it has not. */
  born: number | null;
  /** What it waits for, in words, also while Effection drives it (`sleep 30 s`); null: it does not wait. */
  waitsFor: string | null;
  /** What that is for, as `status()` counts; null: it waits for nothing of this package's. */
  kind: WaitKind | null;
  /** Since when it has waited for that; null where nobody knows. */
  since: number | null;
  /** When that wait will time out; null: never. */
  until: number | null;
  /** How often it has run, counted while somebody watches; null while nobody does. */
  runs: number | null;
  /** Seconds for which it has run, and the longest run, as `runs`. */
  busy: number | null;
  longest: number | null;
  /** Where it waits: the `yield*` path from its own code inwards, if that was asked for. */
  path?: Frame[];
  /** The id of the socket on which it waits; null: on none. */
  socket: number | null;
}

/** A place in the program's source, by source maps where Node has them (`--enable-source-maps`). */
export interface Frame {
  /** The function; "" where it has no name. */
  function: string;
  /** A path or URL. */
  file: string;
  /** Both from 1. */
  line: number;
  column: number;
}

/** Something that is awaited by a promise, and by no fiber. */
export interface PromiseFacts {
  waitsFor: string;
  since: number;
}

/** An open socket. */
export interface SocketFacts {
  /** A number of its own in this process, kept as long as it lives. */
  id: number;
  /** As it prints: `tcp{client} 127.0.0.1:50412->127.0.0.1:7777`. */
  name: string;
  domain: "tcp" | "unix" | "udp" | "stream";
  role: "master" | "client" | "server" | "connected" | "unconnected";
  /** `127.0.0.1:7777`; null where there is none. */
  local: string | null;
  peer: string | null;
  /** The other side began it. */
  incoming: boolean;
  /** The version of TLS, "TLSv1.3"; null: it is not encrypted. */
  tls: string | null;
  /** The program has closed it, and something is still to leave. */
  closing: boolean;
  /** The id of the fiber with which it is closed; null: with none. */
  fiber: number | null;
  /** Since when there is a connection; null: there is none, or nobody knows, of one that was given to Node. */
  born: number | null;
  /** Bytes that have come, and that were sent. (getstats) */
  received: number;
  sent: number;
  /** Bytes that have come and nobody has received; datagrams count by their bytes, too. */
  unread: number;
  /** Bytes that were sent and are not in the kernel. */
  unsent: number;
  /** How many wait to receive (or accept), and to send. */
  readers: number;
  writers: number;
}

/** A socket that listens. */
export interface ServerFacts {
  /** Of its socket. */
  id: number;
  /** Of what serves it; otherwise as it prints. */
  name: string;
  /** `127.0.0.1:7777`, or a path; null where nobody knows. */
  address: string | null;
  /** Whether `serve` runs on it. */
  served: boolean;
  /** Connections that were accepted; that came in while too many waited, and were closed; that wait to be accepted, and how many may. */
  accepted: number;
  refused: number;
  waiting: number;
  backlog: number;
  /** Connections that `serve` has handlers for now, and handlers that have failed. */
  live: number;
  errors: number;
}

/** Of the reactor. */
export interface ReactorFacts {
  /** Live fibers, and all that there ever were. */
  fibers: number;
  started: number;
  /** How many stand in the ready queue. */
  ready: number;
  /** Armed deadlines: sleeps and timeouts. */
  deadlines: number;
  /** Turns that there were. */
  turns: number;
  /** The longest turn and the time of all, in seconds, measured while somebody watches; null while nobody does. */
  longestTurn: number | null;
  busy: number | null;
  /** How late Node's event loop comes, in seconds, measured while somebody watches it; null while nobody does. */
  lag: { mean: number; p99: number; max: number } | null;
  /** What connections are made on. */
  transport: "handle" | "socket" | "simulated";
}
