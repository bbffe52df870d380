/**
 * Where the terminal finds a process: a Unix socket, named by the process's id, in a folder that nobody else can enter. So who may ask is decided by the
 * kernel: the user himself, and root.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Of another, who could put things into it. */
const OTHERS = 0o077;

/** The folder; made, if it is not there. Throws an Error with words for people when it cannot be trusted. */
export function rendezvous(): string {
  const uid = process.getuid?.();
  if (uid === undefined)
    throw new Error("there are no Unix sockets of a user's own on this system");
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  const own = runtime !== undefined && isAbsolute(runtime) && isFolder(runtime);
  const folder = own ? join(runtime, "cosocket") : join(tmpdir(), `cosocket-${uid}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  // Of the entry itself, not of what a link leads to: it lies where anybody may have made one.
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw new Error(`${folder} is not a folder`);
  if (found.uid !== uid) throw new Error(`${folder} belongs to somebody else`);
  if ((found.mode & OTHERS) !== 0)
    throw new Error(`${folder} is open to others: chmod 700 ${folder}`);
  return folder;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The socket of a process. */
export const socketOf = (folder: string, pid: number): string => join(folder, `${pid}.sock`);

/** Only for its owner: what the folder says already. */
export function keepForOwner(path: string): void {
  chmodSync(path, 0o600);
}

/** Processes that can be looked into, by their ids. What dead ones have left behind is removed. */
export function processes(folder: string): number[] {
  const pids: number[] = [];
  for (const name of readdirSync(folder)) {
    const pid = Number(/^(\d+)\.sock$/.exec(name)?.[1]);
    if (!Number.isInteger(pid)) continue;
    if (isAlive(pid)) pids.push(pid);
    else rmSync(join(folder, name), { force: true });
  }
  return pids.sort((a, b) => a - b);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but not ours.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
