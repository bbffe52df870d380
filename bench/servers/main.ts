/**
 * What is measured and runs on Node, in a process of its own: node servers/main.js <work> <system or argument> [<argument>]. A server says "port <n>"; what measures
 * itself says its figure. Told "collect", it collects garbage, and says so.
 */
import { createInterface } from "node:readline";
import { bulkServers, type Pattern } from "./bulk.js";
import { clusterFigure, type Measured } from "./cluster.js";
import { combinatorCost } from "./combinators.js";
import { copasWorks } from "./copas.js";
import { domainServers } from "./domains.js";
import { downloadSpeed, source } from "./download.js";
import { echoServers } from "./echo.js";
import { httpServers } from "./http.js";
import { seenServers } from "./seen.js";
import { segmentCost, type SegmentPattern } from "./segments.js";
import { sleeperCost, spawnCost } from "./tasks.js";

const works: Record<string, (...args: string[]) => Promise<number>> = {
  echo: (system) => echoServers[system!]!(),
  idle: (system) => echoServers[system!]!(),
  tls: (system) => domainServers[`tls ${system}`]!(),
  udp: (system) => domainServers[`udp ${system}`]!(),
  "udp-connected": (system) => domainServers[`udp-connected ${system}`]!(),
  http: (system) => httpServers[system!]!(),
  bulk: (system, pattern) => bulkServers[system!]!(pattern as Pattern),
  cluster: (what, workers, reusePort, seconds, warmup) =>
    clusterFigure(
      Number(workers),
      reusePort === "true",
      what as Measured,
      Number(seconds),
      Number(warmup),
    ),
  seen: (system) => seenServers[system!]!(),
  spawn: (system) => spawnCost(system!),
  combinators: (system, what) => combinatorCost(system!, what!),
  pause: (_system, count) => copasWorks.pause(Number(count)),
  lock: (_system, count) => copasWorks.lock(Number(count)),
  queue: (_system, count) => copasWorks.queue(Number(count)),
  sleepers: (count) => sleeperCost(Number(count)),
  source,
  download: (system, way) => downloadSpeed(system!, way!),
  segments: (size, pattern) => segmentCost(pattern as SegmentPattern, Number(size)),
};

// Without it a server would outlive a benchmark that was killed.
process.stdin.on("end", () => process.exit());
createInterface({ input: process.stdin }).on("line", () => {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  console.log("collected");
});

const [work, ...args] = process.argv.slice(2) as [string, ...string[]];
const figure = await works[work]!(...args);
console.log(`${work} ${figure}`);
