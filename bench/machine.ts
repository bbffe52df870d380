/** Where a run was made: figures without it mean nothing. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { pinned, root } from "./processes.js";
import { transport } from "./systems.js";

export interface Machine {
  /** When the run began. (ISO 8601) */
  date: string;
  cpu: string;
  cores: number;
  /** GiB of memory. */
  memory: number;
  kernel: string;
  arch: string;
  node: string;
  v8: string;
  libuv: string;
  cosocket: {
    version: string;
    /** undefined outside of a repository. */
    commit?: string;
    /** There were changes that the commit does not have. */
    changed?: boolean;
    /** undefined in versions that have but one. */
    transport?: string;
  };
  /** Whether server and load had a core each. */
  pinned: boolean;
}

export function machine(): Machine {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const commit = git("rev-parse", "HEAD");
  const used = transport();
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memory: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    arch: arch(),
    node: process.version,
    v8: process.versions.v8,
    libuv: process.versions.uv,
    cosocket: {
      version,
      ...(commit !== undefined && { commit, changed: git("status", "--porcelain") !== "" }),
      ...(used !== undefined && { transport: used }),
    },
    pinned,
  };
}

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** In one line each. */
export function describeMachine({ cosocket, ...here }: Machine): string[] {
  const { version, commit, changed, transport } = cosocket;
  const built = commit === undefined ? "" : ` (${commit.slice(0, 7)}${changed ? ", changed" : ""})`;
  const over = transport === undefined ? "" : `, transport "${transport}"`;
  return [
    `cosocket ${version}${built}${over}; Node ${here.node}, V8 ${here.v8}, libuv ${here.libuv}`,
    `${here.cpu}, ${here.cores} cores, ${here.memory} GiB, ${here.kernel} ${here.arch}; server and load ${here.pinned ? "have a core each" : "share the cores"}; ${here.date}`,
  ];
}
