// Replays runs, each a line of standard input: [kind, replay]; see test/support/elsewhere.ts.
import { createInterface } from "node:readline";
import { anything } from "../support/anything.js";
import { replayed } from "../support/naive.js";

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, replay] = JSON.parse(line) as [string, string];
  const told = kind === "anything" ? anything(Number(replay)) : replayed(kind, replay);
  console.log(JSON.stringify(await told));
}
