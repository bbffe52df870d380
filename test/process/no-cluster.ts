/** Calls cluster where it cannot run, and prints what comes of that: in a thread ("thread"), and a second time in a worker process ("twice"). */
import process from "node:process";
import { isMainThread, Worker } from "node:worker_threads";
import { run } from "effection";
import { cluster } from "cosocket/cluster";

async function attempt(): Promise<void> {
  const options = { workers: 1, onevent: () => {}, backoff: { attempts: 1 } };
  try {
    await run(() => cluster(function* () {}, options));
  } catch (error) {
    if (isMainThread && process.send === undefined) return;
    console.log(String(error));
  }
}

if (process.argv[2] === "twice" || !isMainThread) await attempt();
if (process.argv[2] === "twice" && process.send !== undefined) await attempt();
else if (isMainThread && process.argv[2] === "thread") new Worker(import.meta.filename);
