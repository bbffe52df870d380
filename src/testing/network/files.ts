/** Paths of Unix sockets on a host. The files beside them are those of the real disk; sockets are not put there. */
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Holder } from "./host.js";

/** Bytes of a path. (Linux: sun_path, less the final zero) */
const LONGEST = 107;

export class Files {
  private readonly listening = new Map<string, Holder>();

  /** Have somebody listen at a path: why not, as libuv says it, or null. */
  hold(path: string, holder: Holder): string | null {
    const where = placeOf(path);
    const error = whyNot(path);
    // libuv: so that it is told from a client's.
    if (error !== null) return error === "ENOENT" ? "EACCES" : error;
    if (this.listening.has(where) || (!isAbstract(path) && isFile(where))) return "EADDRINUSE";
    this.listening.set(where, holder);
    return null;
  }

  release(path: string): void {
    this.listening.delete(placeOf(path));
  }

  find(path: string): Holder | undefined {
    return this.listening.get(placeOf(path));
  }

  /** Why nobody can be reached there. */
  absent(path: string): string {
    const error = whyNot(path);
    if (error !== null) return error;
    return isAbstract(path) || isFile(placeOf(path)) ? "ECONNREFUSED" : "ENOENT";
  }
}

/** Linux: a name that is no file. */
function isAbstract(path: string): boolean {
  return path.startsWith("\0");
}

function placeOf(path: string): string {
  return isAbstract(path) ? path : resolve(path);
}

/** What is wrong with the path itself. */
function whyNot(path: string): string | null {
  if (Buffer.byteLength(path) > LONGEST) return "ENAMETOOLONG";
  const folder = isAbstract(path) ? "folder" : look(dirname(resolve(path)));
  if (folder === "folder") return null;
  return folder === "file" ? "ENOTDIR" : folder;
}

function isFile(path: string): boolean {
  return ["file", "folder"].includes(look(path));
}

/** What is there on the disk: "file", "folder", or the code of an error. */
function look(path: string): string {
  try {
    return statSync(path).isDirectory() ? "folder" : "file";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EIO";
  }
}
