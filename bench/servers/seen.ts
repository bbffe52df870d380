/** The line echo server, whose page nobody looks at, or somebody while all is recorded. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Operation, suspend } from "effection";
import { run } from "cosocket";
import { inspect, record } from "cosocket/inspect";
import { echoServers } from "./echo.js";
import { LOAD_CORE, pinned } from "../processes.js";

/** A browser's part, on the other core: it reads what the page is told, and says when the first has come. */
const VIEWER = `
  const response = await fetch(process.argv[1] + "events");
  for await (const _ of response.body) console.log("seen");
`;

const echo = echoServers["cosocket"]!;

type Looking = "once" | "always, and recorded";

/** Nobody is answered before it has been looked at. */
async function seen(looking: Looking): Promise<number> {
  const url = await new Promise<string>((resolve, reject) => {
    run(() => served(resolve)).catch(reject);
  });
  const node = [process.execPath, "--input-type=module", "--eval", VIEWER, url];
  const words = pinned ? ["taskset", "-c", String(LOAD_CORE), ...node] : node;
  const viewer = spawn(words[0]!, words.slice(1), { stdio: ["ignore", "pipe", "ignore"] });
  process.once("exit", () => viewer.kill("SIGKILL"));
  await once(viewer.stdout, "data");
  viewer.stdout.resume();
  if (looking === "once") {
    viewer.kill("SIGKILL");
    await once(viewer, "close");
  } else {
    const folder = mkdtempSync(join(tmpdir(), "cosocket-bench-"));
    record(join(folder, "run.json"));
    // It is killed in the end; what is open is written all the same.
    rmSync(folder, { recursive: true });
  }
  return echo();
}

function* served(told: (url: string) => void): Operation<void> {
  const [inspector, error] = yield* inspect({ port: 0 });
  if (error) throw new Error(error);
  // There is a port.
  told(inspector.url!);
  yield* suspend();
}

export const seenServers: Record<string, () => Promise<number>> = {
  cosocket: echo,
  "cosocket-inspect": () => seen("once"),
  "cosocket-seen": () => seen("always, and recorded"),
};
