#!/usr/bin/env node
/** `npx cosocket`: a program's fibers in a terminal. */
import { type Arguments, parse, USAGE } from "./arguments.js";
import { list } from "./list.js";
import { Problem } from "./problem.js";
import { find } from "./reach.js";
import { record } from "./record.js";
import { top } from "./top.js";

try {
  const asked = parse(process.argv.slice(2));
  if (asked === null) console.log(USAGE);
  else await perform(asked);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(`cosocket: ${error.message}`);
  process.exitCode = 1;
}

async function perform(asked: Arguments): Promise<void> {
  const targets = await find(asked.targets);
  if (asked.command === "top") await top(targets);
  else if (asked.command === "trace") await record(targets, asked);
  else process.stdout.write(await list(targets, asked));
}
