/** A child process that stands between two streams. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { ensure, type Operation } from "effection";

/** What it relays between its standard streams and two more of ours. (`cat` is there in no time, another Node is not.) */
const RELAY = "cat <&3 4>&- & exec cat >&4 3<&-";

interface Relay {
  child: ChildProcessWithoutNullStreams;
  there: Writable;
  back: Readable;
}

export function* relay(): Operation<Relay> {
  const child = spawn("sh", ["-c", RELAY], {
    stdio: ["pipe", "pipe", "ignore", "pipe", "pipe"],
  }) as unknown as ChildProcessWithoutNullStreams;
  const [, , , there, back] = child.stdio as unknown as [null, null, null, Writable, Readable];
  yield* ensure(() => {
    child.kill("SIGKILL");
    // Both go both ways: nothing comes by the one, and nothing goes by the other.
    there.destroy();
    back.destroy();
  });
  return { child, there, back };
}

const relays = new WeakMap<object, number>();

/** Note that a stream has its peer behind this child. */
export function relayed(stream: object, { pid }: { pid?: number | undefined }): void {
  if (pid !== undefined) relays.set(stream, pid);
}

/**
 * Whether somebody between a stream and its peer may still take something, though it has not for a while: a process that has not got its turn
 * on a busy machine. (False where one cannot ask: on Linux only.)
 */
export function relaying(stream: object): boolean {
  const pid = relays.get(stream);
  if (pid === undefined || process.platform !== "linux") return false;
  const about = (what: string): string => readFileSync(`/proc/${what}`, "latin1");
  const others = about(`${pid}/task/${pid}/children`).split(" ").filter(Boolean);
  return [pid, ...others].some((one) => !about(`${one}/stat`).includes(") S "));
}
