/** Open file descriptors as streams of Node's. */
import * as fs from "node:fs";
import * as net from "node:net";
import type { Readable, Writable } from "node:stream";
import * as tty from "node:tty";
import { held, mustBeFree, mustNotBePolled } from "./holders.js";

/** What is done with a file descriptor: it is read, written, or both. */
export type DescriptorMode = "r" | "w" | "r+";

type Streams = [input: Readable | null, output: Writable | null];

/** The function that errors name. */
const WHAT = "socket.fd";

/** The streams of an open file descriptor, whatever is behind it. Throws TypeError if it is not open, or has an object already. */
export function openDescriptor(fd: number, wanted: DescriptorMode | undefined): Streams {
  const stat = statOf(fd, WHAT);
  // Others use these, too: they are shared, and left open.
  if (fd === 0) return [process.stdin, null];
  if (fd <= 2) return [null, fd === 1 ? process.stdout : process.stderr];
  mustBeFree(fd, WHAT);
  const streams = streamsOf(fd, stat, wanted);
  held(fd, () => streams.some(holds));
  return streams;
}

/** Throws TypeError, with Node's code, if it is not open. */
export function statOf(fd: number, what: string): fs.Stats {
  try {
    return fs.fstatSync(fd);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const text = `${what}: descriptor ${fd} is not open (${code})`;
    throw Object.assign(new TypeError(text, { cause: error }), { code });
  }
}

/** Once a stream is being closed the system may give its number to another file, before Node tells that it is closed. */
function holds(stream: Readable | Writable | null): boolean {
  return stream !== null && !stream.destroyed;
}

function streamsOf(fd: number, stat: fs.Stats, wanted: DescriptorMode | undefined): Streams {
  const mode = wanted ?? accessMode(fd);
  const [reads, writes] = [mode !== "w", mode !== "r"];
  if (stat.isFIFO() || stat.isSocket()) {
    const socket = pollable(fd, { readable: reads, writable: writes });
    return [reads ? socket : null, writes ? socket : null];
  }
  if (tty.isatty(fd)) {
    return [reads ? new tty.ReadStream(fd) : null, writes ? new tty.WriteStream(fd) : null];
  }
  const file = { fd, autoClose: true };
  return [
    reads ? fs.createReadStream("", { ...file, autoClose: !writes }) : null,
    writes ? fs.createWriteStream("", file) : null,
  ];
}

function pollable(fd: number, ways: { readable: boolean; writable: boolean }): net.Socket {
  try {
    return new net.Socket({ fd, ...ways, allowHalfOpen: true });
  } catch (error) {
    mustNotBePolled(error, fd, WHAT);
    throw error;
  }
}

/** How it was opened, where the system tells (Linux). */
function accessMode(fd: number): DescriptorMode {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
    if (flags !== null) return (["r", "w", "r+"] as const)[parseInt(flags[1]!, 8) & 3] ?? "r+";
  } catch {
    // No such file system.
  }
  return "r+";
}
