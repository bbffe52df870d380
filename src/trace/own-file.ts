/** COSOCKET_TRACE names one file, and is inherited by all that a program starts: workers of a cluster, threads, other programs. */
import { parse, format } from "node:path";
import process from "node:process";
import { threadId } from "node:worker_threads";

/** Who had the file first. */
const FIRST = "COSOCKET_TRACE_OWNER";

const me = `${process.pid}${threadId === 0 ? "" : `-${threadId}`}`;

/** Whom this process starts is told. */
export function claim(): void {
  process.env[FIRST] ??= me;
}

/** `run.json` for the first that is recorded; of those that it starts each has one of its own, `run.4711.json`. */
export function ownFile(file: string): string {
  const owner = process.env[FIRST];
  if (owner === undefined || owner === me) return file;
  const { dir, name, ext } = parse(file);
  return format({ dir, name: `${name}.${me}`, ext });
}
