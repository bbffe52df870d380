/** `cosocket trace`: what runs and waits in the next seconds. */
import { writeFileSync } from "node:fs";
import type { Arguments } from "./arguments.js";
import { Problem } from "./problem.js";
import { get, type Target } from "./reach.js";

/** To stdout where that is a file or a pipe. */
export async function record(
  targets: readonly Target[],
  { seconds, output }: Arguments,
): Promise<void> {
  const [target, another] = targets;
  if (another !== undefined)
    throw new Problem(
      `a trace is of one process: ${targets.map(({ pid, program }) => `${pid} (${program})`).join(", ")}`,
    );
  const { pid, workers, ask } = target!;
  const file = output ?? (process.stdout.isTTY ? `trace-${pid}.json` : null);
  const more = workers.length === 0 ? "" : ` and its ${workers.length} workers`;
  console.error(`cosocket: process ${pid}${more}, ${seconds} s ...`);
  const text = await get(ask, `/trace?seconds=${seconds}`, ({ "cosocket-missing": missing }) => {
    if (missing !== undefined) console.error(`cosocket: no answer of ${String(missing)}`);
  });
  if (file === null) process.stdout.write(text);
  else {
    writeFileSync(file, text);
    console.error(`cosocket: ${file}: open it at https://ui.perfetto.dev, or in the page`);
  }
}
