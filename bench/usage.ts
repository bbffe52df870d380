/** What another process has used: of the processor, and of memory. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Seconds of the processor, of all threads. */
export function cpuSeconds(pid: number): number {
  if (process.platform !== "linux") return secondsOf(ps(pid, "time"));
  return readdirSync(`/proc/${pid}/task`).reduce((sum, id) => sum + threadSeconds(pid, id), 0);
}

function threadSeconds(pid: number, thread: string): number {
  try {
    // In nanoseconds; proc/<pid>/stat would count in hundredths of a second.
    const [running] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return Number(running) / 1e9;
  } catch (error) {
    // It has ended since it was listed.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code!)) return 0;
    throw error;
  }
}

/** Bytes that are resident in memory. */
export function residentBytes(pid: number): number {
  if (process.platform !== "linux") return Number(ps(pid, "rss")) * 1024;
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) * 1024;
}

function ps(pid: number, what: string): string {
  return execFileSync("ps", ["-o", `${what}=`, "-p", String(pid)], { encoding: "utf8" }).trim();
}

/** "[[days-]hours:]minutes:seconds", as ps tells it. */
export function secondsOf(time: string): number {
  const [rest, days = "0"] = time.split("-").reverse() as [string, string?];
  const clock = rest.split(":").reduce((seconds, part) => seconds * 60 + Number(part), 0);
  return Number(days) * 86_400 + clock;
}
