/** Socket files that a server left behind when it died. */
import * as fs from "node:fs";
import * as net from "node:net";

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
  if (code !== "EADDRINUSE" || path.startsWith("\0") || !isSocket(path)) return failed(error);
  const probe = net.connect({ path });
  probe.once("connect", () => {
    probe.destroy();
    failed(error);
  });
  probe.once("error", (refusal: NodeJS.ErrnoException) => {
    if (refusal.code !== "ECONNREFUSED") return failed(error);
    fs.rmSync(path, { force: true });
    again();
  });
}

function isSocket(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
