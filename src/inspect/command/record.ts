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
  const { pid, ask } = target!;
  const file = output ?? (process.stdout.isTTY ? `trace-${pid}.json` : null);
  console.error(`cosocket: process ${pid}, ${seconds} s ...`);
  const text = await get(ask, `/trace?seconds=${seconds}`);
  if (file === null) process.stdout.write(text);
  else {
    writeFileSync(file, text);
    console.error(`cosocket: ${file}: open it at https://ui.perfetto.dev, or in the page`);
  }
}
