/**
 * A lock for the time in which a server looks whether a socket file is stale, removes it, and listens there: of servers that start at
 * once only one may do that.
 *
 * On Linux the lock is an abstract Unix socket, named after the directory and the file: the kernel gives it to one, and frees it when the
 * process dies, at whatever point. Others wait until the holder's end of a connection to it goes. Elsewhere there is no such thing, and
 * two processes that start at the same moment may both take the path.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as net from "node:net";
import { basename, dirname } from "node:path";
import { Deadline, reactor } from "../../reactor/index.js";

/**
 * Seconds, and attempts, that one waits for others. To listen takes milliseconds: whoever has the lock for longer is no server that
 * starts, but somebody who wants to keep others from it.
 */
const PATIENCE = 1;
const ATTEMPTS = 1000;

/** Call `granted` with the lock, then or now. Returns how to give it back, or to wait no longer. */
export function lockPath(path: string, granted: () => void): () => void {
  const name = lockName(path);
  if (name === null) {
    granted();
    return () => {};
  }
  const lock = new PathLock(name, granted);
  lock.take();
  return () => lock.release();
}

/** The same for each way to write the path. Null: there is nothing to be locked. */
function lockName(path: string): string | null {
  if (process.platform !== "linux" || path.startsWith("\0")) return null;
  let directory: fs.Stats;
  try {
    directory = fs.statSync(dirname(path));
  } catch {
    // Listening there will say why not.
    return null;
  }
  const place = `${directory.dev}:${directory.ino}/${basename(path)}`;
  return `\0cosocket:${createHash("sha256").update(place).digest("hex")}`;
}

class PathLock {
  private readonly deadline = new Deadline(true);
  private readonly waiting = new Set<net.Socket>();
  private server: net.Server | null = null;
  private knocking: net.Socket | null = null;
  private attempts = 0;
  private over = false;

  constructor(
    private readonly name: string,
    private readonly granted: () => void,
  ) {
    reactor.timers.arm(this.deadline, reactor.clock.now() + PATIENCE, {
      expire: () => this.grant(),
    });
  }

  take(): void {
    if (this.over || this.server !== null) return;
    if (++this.attempts > ATTEMPTS) return this.grant();
    const server = net.createServer((socket) => this.keep(socket));
    server.once("error", () => this.wait());
    // In a cluster, too, each process has its own.
    server.listen({ path: this.name, exclusive: true }, () => {
      this.server = server;
      if (this.over) this.release();
      else this.grant();
    });
  }

  private grant(): void {
    reactor.timers.remove(this.deadline);
    this.knocking?.destroy();
    if (this.over) return;
    this.over = true;
    this.granted();
  }

  /** Somebody waits: until his connection goes. */
  private keep(socket: net.Socket): void {
    socket.on("error", () => {});
    this.waiting.add(socket);
  }

  private wait(): void {
    if (this.over) return;
    const knocking = (this.knocking = net.connect({ path: this.name }));
    knocking.on("error", () => {});
    knocking.once("close", () => this.take());
    knocking.resume();
  }

  release(): void {
    this.over = true;
    reactor.timers.remove(this.deadline);
    this.knocking?.destroy();
    this.server?.close();
    for (const socket of this.waiting) socket.destroy();
  }
}
