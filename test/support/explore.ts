/**
 * npm run explore [-- <runs>]
 *
 * The key-value store of kv.ts under all faults, with as many seeds (10,000), shared by as many processes as there are processors.
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import * as cosocket from "cosocket";
import { ALL_FAULTS, explore } from "cosocket/testing";
import { keyValueProgram } from "./kv.js";

const [runs = 10_000, first = 1] = process.argv.slice(2).map(Number);

if (process.send !== undefined) {
  await explore({ runs, seed: first, faults: ALL_FAULTS }, keyValueProgram(cosocket));
  process.disconnect();
} else {
  const start = performance.now();
  const processes = availableParallelism();
  const share = Math.ceil(runs / processes);
  const codes = Array.from({ length: processes }, (_, i) => {
    const child = fork(fileURLToPath(import.meta.url), [String(share), String(first + i * share)]);
    return new Promise<number | null>((resolve) => child.on("exit", resolve));
  });
  for (const code of codes) if ((await code) !== 0) process.exit(1);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${share * processes} seeds, ${processes} processes, ${seconds} s: nothing has failed`,
  );
}
