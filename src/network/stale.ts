/** Socket files that a server left behind when it died, and what else is to be known of a path that cannot be listened at. */
import * as fs from "node:fs";
import * as net from "node:net";
import { dirname } from "node:path";

/**
 * Listening at `path` has failed. If the reason is a socket file behind which nobody listens any more, remove it and try
 * again; otherwise `failed` is told the first error. A file that is no socket is never touched.
 */
export function afterRemovingStale(
  path: string,
  error: Error,
  again: () => void,
  failed: (error: Error) => void,
): void {
  const { code } = error as NodeJS.ErrnoException;
  const found = path.startsWith("\0") ? undefined : socketFile(path);
  if (code !== "EADDRINUSE" || found === undefined) return failed(truth(path, error));
  const probe = net.connect({ path });
  probe.once("connect", () => {
    probe.destroy();
    failed(error);
  });
  probe.once("error", (refusal: NodeJS.ErrnoException) => {
    if (refusal.code !== "ECONNREFUSED" || !removed(path, found)) return failed(error);
    again();
  });
}

interface SocketFile {
  dev: number;
  ino: number;
  mtimeMs: number;
}

function socketFile(path: string): SocketFile | undefined {
  try {
    const found = fs.lstatSync(path);
    return found.isSocket() ? found : undefined;
  } catch {
    // It has gone, or the way to it is barred: listening has told why.
    return undefined;
  }
}

/** Remove the file that nobody answered from: not one that has taken its place meanwhile. */
function removed(path: string, { dev, ino, mtimeMs }: SocketFile): boolean {
  try {
    const now = socketFile(path);
    if (now === undefined) return true;
    if (now.dev !== dev || now.ino !== ino || now.mtimeMs !== mtimeMs) return false;
    fs.rmSync(path, { force: true });
    return true;
  } catch {
    // The directory is not ours.
    return false;
  }
}

/** libuv says EACCES where the system said ENOENT. */
function truth(path: string, error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== "EACCES") return error;
  try {
    fs.statSync(dirname(path));
    return error;
  } catch (reason) {
    return reason as Error;
  }
}
