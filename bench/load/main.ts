/**
 * The load, in a process of its own:
 *
 *     node dist/bench/load/main.js <work> <port> [--amount=<n>] [--seconds=<s>] [--warmup=<s>] [--pid=<pid of the server>]
 *
 * prints what was done in JSON: so much in so many seconds, for so many seconds of the server's processor. With the server's pid, seconds are those of its processor. It reads and writes below Node's
 * streams, so that the server is what limits. By hand it is a load on a server of one's own.
 */
import { parseArgs } from "node:util";
import { unknownName } from "../../reactor/names.js";
import { cpuSeconds } from "../usage.js";
import { bulk } from "./bulk.js";
import { each, kept } from "./http.js";
import { churn, echo, idle, secure, tcp } from "./tcp.js";
import { udp } from "./udp.js";
import type { Begun, LoadOptions } from "./window.js";

const works: Record<string, (options: LoadOptions) => Promise<Begun>> = {
  echo: (options) => echo(tcp(options), "connect", options),
  tls: (options) => echo(secure(options), "secureConnect", options),
  "churn-fin": (options) => churn("destroy", options),
  "churn-rst": (options) => churn("resetAndDestroy", options),
  http: kept,
  "http-each": each,
  idle,
  udp,
  bulk,
};

process.on("uncaughtException", ({ message }) => {
  console.error(`load: ${message}`);
  process.exit(1);
});

const number = { type: "string" } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { amount: number, seconds: number, warmup: number, pid: number },
});
const [work, port] = positionals;
if (work === undefined || !Object.hasOwn(works, work))
  throw new TypeError(`no load is named ${unknownName(work, Object.keys(works))}`);
if (!(Number(port) > 0)) throw new TypeError(`a port must be given, not ${port}`);

const { amount = "1", seconds = "5", warmup = "0.5", pid } = values;
const used = (): number => (pid === undefined ? 0 : cpuSeconds(Number(pid)));

/** A server that does nothing for so long has stopped. */
const LEAST_MS = 10_000;

/**
 * Until the server has used its processor for so long: on a machine that has other things to do that takes longer, and the server is
 * as warm, and as much is measured. By the clock, if it is not told which process that is, and where something else is what limits.
 */
async function use(seconds: number): Promise<void> {
  const [from, start, counted] = [used(), performance.now(), count()];
  const most = pid === undefined ? seconds * 1000 : Math.max(seconds * 10_000, LEAST_MS);
  const enough = (): boolean => used() - from >= seconds && count() > counted;
  while (!enough() && performance.now() - start < most)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

const { count, ended } = await works[work]!({ port: Number(port), amount: Number(amount) });
if (ended === undefined) await use(Number(warmup));
const [from, usedBefore, start] = [count(), used(), performance.now()];
await (ended?.() ?? use(Number(seconds)));
const done = {
  count: count() - from,
  cpuSeconds: used() - usedBefore,
  seconds: (performance.now() - start) / 1000,
};
if (done.count === 0) throw new Error(`the server at port ${port} has answered nothing`);
process.stdout.write(`${JSON.stringify(done)}\n`, () => process.exit());
