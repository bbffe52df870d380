/** Paths of Unix sockets on a host. The files beside them are those of the real disk; sockets are not put there. */
import { lstatSync, readlinkSync, realpathSync, statSync, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Binding } from "./binding.js";

/** Bytes of a path. (Linux: sun_path, less the final zero) */
const LONGEST = 107;

export class Files {
  private readonly listening = new Map<string, Binding>();

  /** Have somebody listen at a path: why not, as libuv says it, or null. */
  bind(path: string, binding: Binding): string | null {
    const where = placeOf(path);
    const error = whyNot(path);
    if (error !== null) return error;
    // Links are not followed here.
    const there = isAbstract(path) ? "ENOENT" : look(where, lstatSync);
    if (this.listening.has(where) || isFile(there)) return "EADDRINUSE";
    // libuv's word for a folder that is not there.
    if (namesFolder(path)) return "EACCES";
    this.listening.set(where, binding);
    return null;
  }

  unbind(path: string): void {
    this.listening.delete(placeOf(path));
  }

  find(path: string): Binding | undefined {
    return namesFolder(path) ? undefined : this.at(path);
  }

  private at(path: string): Binding | undefined {
    return this.listening.get(isAbstract(path) ? path : followed(path));
  }

  /** Whether somebody listens at this very path, not behind a link. */
  isBound(path: string): boolean {
    return this.listening.has(placeOf(path));
  }

  /** Why nobody can be reached there. */
  absent(path: string): string {
    const error = whyNot(path);
    if (error !== null) return error;
    if (namesFolder(path) && this.at(path) !== undefined) return "ENOTDIR";
    const there = isAbstract(path) ? "file" : look(path);
    return isFile(there) ? "ECONNREFUSED" : there;
  }
}

/** Linux: a name that is no file. */
export function isAbstract(path: string): boolean {
  return path.startsWith("\0");
}

function namesFolder(path: string): boolean {
  return !isAbstract(path) && path.endsWith("/");
}

/** Where a path is, whatever links its folder is reached by. */
function placeOf(path: string): string {
  if (isAbstract(path)) return path;
  const absolute = resolve(path);
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch {
    // There is no such folder, as will be told.
    return absolute;
  }
}

/** Where a path leads to, through links. (Linux follows 40 of them) */
function followed(path: string): string {
  let where = placeOf(path);
  for (let links = 0; links < 40; links++) {
    try {
      where = placeOf(resolve(dirname(where), readlinkSync(where)));
    } catch {
      break;
    }
  }
  return where;
}

/** What is wrong with the path itself. */
function whyNot(path: string): string | null {
  if (Buffer.byteLength(path) > LONGEST) return "ENAMETOOLONG";
  const folder = isAbstract(path) ? "folder" : look(dirname(resolve(path)));
  if (folder === "folder") return null;
  return folder === "file" ? "ENOTDIR" : folder;
}

function isFile(there: string): boolean {
  return there === "file" || there === "folder";
}

/** What is there on the disk: "file", "folder", or the code of an error. */
function look(path: string, how: (path: string) => Stats = statSync): string {
  try {
    return how(path).isDirectory() ? "folder" : "file";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EIO";
  }
}
