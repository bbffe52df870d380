/** How many connections a process may have. */
import { spawnSync } from "node:child_process";

/** What a process has open besides. */
const OTHERS = 100;
const WANTED = 50_000;

/** Raised as far as is allowed, for this process and those that it starts. */
export function mostConnections(): number {
  const now = openFiles();
  if (now >= WANTED + OTHERS) return WANTED;
  const limit = WANTED + OTHERS;
  spawnSync("prlimit", [`--nofile=${limit}:${limit}`, "--pid", String(process.pid)]);
  const possible = openFiles() - OTHERS;
  return Math.min(WANTED, Math.floor(possible / 1000) * 1000);
}

/** Node has raised the soft limit to the hard one when it started. */
function openFiles(): number {
  const { userLimits } = process.report.getReport() as unknown as {
    userLimits?: { open_files: { soft: number | "unlimited" } };
  };
  const soft = userLimits?.open_files.soft ?? 0;
  return soft === "unlimited" ? Infinity : soft;
}
