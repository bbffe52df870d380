// Replays failures of naive programs, each a line of standard input: [kind, replay]. For test/src/testing/replay.test.ts.
import { createInterface } from "node:readline";
import { told } from "../support/naive.js";

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, replay] = JSON.parse(line) as [string, string];
  console.log(await told(kind, replay));
}
