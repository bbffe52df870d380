/** A cluster of two that can be looked into: test/process/inspected-workers.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, ensure, type Operation } from "effection";
import { type Program, program, root } from "./process.js";

/** What its workers have said when they were ready: their pids, by slot. */
export interface Cluster {
  running: Program;
  url: string;
  pids: Map<number, number>;
  port: number;
  /** For what is there at run time: XDG_RUNTIME_DIR. */
  folder: string;
}

export function* started(
  WHERE: string,
  env: Record<string, string> = {},
): Operation<Omit<Cluster, "url">> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-runtime-"));
  yield* ensure(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const file = join(root, "dist/test/process/inspected-workers.js");
  const running = yield* program(process.execPath, [file], {
    ...{ XDG_RUNTIME_DIR: folder, WHERE },
    ...env,
  });
  yield* call(() => running.prints(/(\[ready\][^]*){2}\n/));
  const pids = new Map<number, number>();
  for (const [, slot, pid] of running.out.matchAll(/\[ready\] (\d+):(\d+):/g))
    pids.set(Number(slot), Number(pid));
  const port = Number(/\[ready\] \d+:\d+:(\d+)/.exec(running.out)![1]);
  return { running, pids, port, folder };
}

export function* withPage(WHERE: string, env: Record<string, string> = {}): Operation<Cluster> {
  const cluster = yield* started(WHERE, env);
  const [, url] = yield* call(() => cluster.running.prints(/(http:\/\/127[^\s]+)\n/));
  return { ...cluster, url: url! };
}
