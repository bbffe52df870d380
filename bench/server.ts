/** A server process: node server.js echo <system> | bulk <system> <pattern> | spawn <system> | tls <system> | udp <system> |
 * copas <work> <n> | segments <pattern> <size>. Talks to main.ts by IPC. */
import { spawn as effectionSpawn, run, type Operation } from "effection";
import { fork, run as runFiber } from "cosocket";
import { bulkServers, type Pattern } from "./bulk-servers.js";
import { copasWorks } from "./copas-works.js";
import { domainServers } from "./domain-servers.js";
import { echoServers, type System } from "./echo-servers.js";
import { segmentCost, type SegmentPattern } from "./segments.js";

const [work, system, pattern] = process.argv.slice(2) as [string, string, Pattern];

/** Microseconds to start a task, let it end and join it. */
async function spawnTime(): Promise<number> {
  const rounds = system === "cosocket" ? 200_000 : 10_000;
  const loop =
    system === "cosocket"
      ? function* (): Operation<void> {
          for (let i = 0; i < rounds; i++) yield* yield* fork(function* () {});
        }
      : function* (): Operation<void> {
          for (let i = 0; i < rounds; i++) yield* yield* effectionSpawn(function* () {});
        };
  const go = (): PromiseLike<void> => (system === "cosocket" ? runFiber(loop) : run(loop));
  await go();
  const start = performance.now();
  await go();
  return ((performance.now() - start) / rounds) * 1000;
}

process.on("message", (question) => {
  if (question === "cpu") {
    const { user, system } = process.cpuUsage();
    process.send!((user + system) / 1e6);
  } else {
    for (let i = 0; i < 4; i++) globalThis.gc?.();
    process.send!(process.memoryUsage().rss);
  }
});
process.on("disconnect", () => process.exit());

if (work === "spawn") process.send!(await spawnTime());
else if (work === "bulk") process.send!(await bulkServers[system as "node"](pattern));
else if (work === "segments")
  process.send!(await segmentCost(system as SegmentPattern, Number(pattern)));
else if (work === "copas") process.send!(await copasWorks[system]!(Number(pattern)));
else if (work === "echo") process.send!(await echoServers[system as System]());
else process.send!(await domainServers[`${work} ${system}`]!());
