/**
 * Sockets that this process was started with, by their descriptors: what they are. It has to be known before one is used, since Node closes
 * those that it cannot use.
 *
 * In a worker of node:cluster the number is one of the primary process, which listens there: so Node has it (server.listen). Then nothing
 * of this process is asked.
 */
import cluster from "node:cluster";
import * as dgram from "node:dgram";
import * as fs from "node:fs";
import process from "node:process";
import { statOf } from "./descriptor.js";
import { mustBeFree } from "./holders.js";
import { findListening, findSocket, type Listed } from "./kernel-lists.js";
import type { Inherited } from "./network.js";

/** The kinds of Unix socket that Node has not, as the kernel numbers them. */
const UNIX_KINDS: Readonly<Record<string, string>> = {
  "0002": "a Unix datagram socket",
  "0005": "a Unix sequential-packet socket",
};

/** States in the kernel's lists: of UDP with a peer, of Unix without one. */
const UDP_CONNECTED = "01";
const UNIX_UNCONNECTED = "01";

/** What a descriptor is. Throws TypeError where it is no socket that Node can use. @param what the function that errors name */
export function inherited(fd: number, what: string): Inherited {
  const fail = (text: string, cause?: unknown): TypeError =>
    new TypeError(`${what}: descriptor ${fd} ${text}`, { cause });
  const stat = cluster.isWorker ? statOfPrimary(fd, fail) : statOf(fd, what);
  if (!stat.isSocket()) throw fail(`is ${nameOf(stat)}`);
  if (!cluster.isWorker) mustBeFree(fd, what);
  const found = udp(stat.ino, fail) ?? unix(stat.ino, fail) ?? tcp(stat.ino);
  if (found !== undefined) return { fd, ...found };
  // Of another network namespace; or TCP, bound and not listening yet.
  return { fd, connected: false, kind: cluster.isWorker ? "tcp" : askNode(fd, fail) };
}

type Found = Inherited extends infer Each
  ? Each extends Inherited
    ? Omit<Each, "fd">
    : never
  : never;
type Failing = (text: string, cause?: unknown) => TypeError;

/** Of a descriptor of the primary process, where the system lets one look. */
function statOfPrimary(fd: number, fail: Failing): fs.Stats {
  try {
    return fs.statSync(`/proc/${process.ppid}/fd/${fd}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw Object.assign(fail(`of the primary process is not open (${code})`, error), { code });
  }
}

function nameOf(stat: fs.Stats): string {
  if (stat.isFile()) return "a file, and no socket";
  if (stat.isDirectory()) return "a directory, and no socket";
  if (stat.isFIFO()) return "a pipe, and no socket: socket.fd opens it";
  if (stat.isCharacterDevice()) return "a terminal or a device, and no socket";
  return "no socket";
}

function udp(inode: number, fail: Failing): Found | undefined {
  for (const [list, family] of [
    ["udp", 4],
    ["udp6", 6],
  ] as const) {
    const listed = findSocket(list, inode);
    if (listed?.state === UDP_CONNECTED)
      throw fail("is a UDP socket with a peer, which Node cannot use");
    if (listed !== undefined) return { kind: "udp", family };
  }
  return undefined;
}

function unix(inode: number, fail: Failing): Found | undefined {
  const listed = findSocket("unix", inode);
  if (listed === undefined) return undefined;
  const odd = UNIX_KINDS[listed.words[4]!];
  if (odd !== undefined) throw fail(`is ${odd}, which Node cannot use`);
  return { kind: "unix", connected: listed.state !== UNIX_UNCONNECTED, path: pathOf(listed) };
}

/** Bytes of an address's path, all of which an older libuv takes for an abstract name: with NULs at its end. */
const WHOLE = 108;

/** What is behind the inode: a path, which may have spaces. An abstract one begins with @; so the kernel writes its NULs. */
function pathOf({ line }: Listed): string {
  const path = line.replace(/^(?:\S+ +){6}\S+ ?/, "");
  if (!path.startsWith("@")) return path;
  const name = Buffer.byteLength(path) < WHOLE ? path : path.replace(/@+$/, "");
  return `\0${name.slice(1)}`;
}

function tcp(inode: number): Found | undefined {
  const lists = ["tcp", "tcp6"] as const;
  if (lists.some((list) => findListening(list, inode) !== undefined))
    return { kind: "tcp", connected: false };
  if (lists.some((list) => findSocket(list, inode) !== undefined))
    return { kind: "tcp", connected: true };
  return undefined;
}

/** Node tells no kind but in the error of a datagram socket, which looks before it takes the descriptor. */
function askNode(fd: number, fail: Failing): "tcp" | "unix" {
  const socket = dgram.createSocket("udp4");
  socket.on("error", () => {});
  try {
    socket.bind({ fd, exclusive: true });
  } catch (error) {
    socket.close();
    const { message } = error as Error;
    if (message.endsWith(": TCP")) return "tcp";
    if (message.endsWith(": PIPE")) return "unix";
    throw fail("is a socket that Node cannot use", error);
  }
  // It has it now, and would close it.
  socket.unref();
  throw fail("is a UDP socket, of which the system does not tell whether it is IPv4 or IPv6");
}
