/**
 * Calls cluster where it cannot run, and prints what comes of that: in a thread ("thread"), a second time in a worker process ("twice") or in the
 * primary one ("again"), and twice at once ("both").
 */
import process from "node:process";
import { isMainThread, Worker } from "node:worker_threads";
import { run } from "effection";
import { cluster } from "cosocket/cluster";

const options = { workers: 1, onevent: () => {}, backoff: { attempts: 1 } };
const [, , how] = process.argv;
const isPrimary = isMainThread && process.send === undefined;

/** What it says. */
async function attempt(): Promise<string> {
  try {
    await run(() => cluster(function* () {}, options));
    return "it has ended";
  } catch (error) {
    return String(error);
  }
}

if (how === "both") {
  const [first, second] = [attempt(), attempt()];
  if (isPrimary) console.log(await second);
  await first;
} else if (!isMainThread) console.log(await attempt());
else if (how === "thread") new Worker(import.meta.filename);
else {
  await attempt();
  if (isPrimary === (how === "again")) console.log(await attempt());
}
