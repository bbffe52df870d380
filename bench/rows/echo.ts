/** Rows of servers: lines over TCP and TLS, datagrams, connections that come and go, and that are idle. */
import { perCpuSecond, residentWith } from "../measure.js";
import type { System } from "../systems.js";
import { costIn, type Effort, OURS, perCpuSecondOf, type Row, type Target, than } from "./row.js";

/** Thousands for each second of the server's processor. */
async function rate(
  system: System,
  [server, load]: [server: string, load: string],
  amount: number,
  { seconds, warmup }: Effort,
): Promise<number> {
  const done = await perCpuSecond(system.server(server), { work: load, amount, seconds, warmup });
  return done / 1000;
}

const PEERS = ["go", "bun", "copas-luajit", "copas-lua5.4"];
const PROMISES = ["cosocket-promises", "cosocket-for-await"];
const ALL = ["node", "async", "effection", ...PEERS, ...OURS, "cosocket-copas", ...PROMISES];
/** With those that gather their answers by hand. */
const GATHERED = ["node", "node-gathered", "async", "effection", "go", "go-gathered"];

export function echo(inFlight: number, systems: readonly string[], targets: Target[]): Row {
  return {
    id: `echo-${inFlight}`,
    title: `line echo, 50 connections, ${inFlight} in flight`,
    ...perCpuSecondOf("k lines"),
    systems,
    targets,
    lineEcho: true,
    measure: (_name, system, effort) => rate(system!, ["echo", "echo"], inFlight, effort),
  };
}

function churn(end: "fin" | "rst"): Row {
  return {
    id: `churn-${end}`,
    title: `connect, echo a line, close with ${end.toUpperCase()}; 50 at a time`,
    ...perCpuSecondOf("k connections"),
    systems: ALL,
    targets: [than(1.5, "node"), than(1, "copas-luajit")],
    featured: true,
    lineEcho: true,
    measure: (_name, system, effort) => rate(system!, ["echo", `churn-${end}`], 1, effort),
  };
}

/** The first connections take the room that is left over; each further one shows its price. */
const FIRST = 2000;

function idle(connections: number): Row {
  return {
    id: "idle",
    title: `memory of an idle connection, ${connections} of them`,
    ...costIn("kB"),
    systems: ["node", "async", "effection", "go", "bun", ...OURS],
    targets: [than(0.6, "node")],
    featured: true,
    lineEcho: true,
    mostRounds: 5,
    async measure(_name, system) {
      const counts = [FIRST, FIRST + connections];
      const bytes = await residentWith(system!.server("idle"), counts, system!.collects);
      return (bytes[1]! - bytes[0]!) / connections / 1000;
    },
  };
}

/** Line echo with something that a handler asks for, beside the one without. */
function echoWith(what: "timeout" | "context", title: string, inFlight: number): Row {
  const target = than(0.97, "cosocket", `cosocket-${what}`);
  return {
    ...echo(inFlight, ["cosocket", `cosocket-${what}`], [target]),
    lineEcho: false,
    id: `${what}-${inFlight}`,
    title: `${title}, ${inFlight} in flight`,
  };
}

/** Line echo while nobody looks at its page, and while somebody does and all is recorded, beside the one that has none. */
const seen: Row = {
  id: "seen-1",
  title: "line echo with `inspect`, 50 connections, 1 in flight",
  ...perCpuSecondOf("k lines"),
  systems: ["cosocket", "cosocket-inspect", "cosocket-seen"],
  targets: [than(0.97, "cosocket", "cosocket-inspect"), than(0.85, "cosocket", "cosocket-seen")],
  measure: (_name, system, effort) => rate(system!, ["seen", "echo"], 1, effort),
};

function tls(inFlight: number, bound: number): Row {
  return {
    id: `tls-${inFlight}`,
    title: `TLS line echo, 50 connections, ${inFlight} in flight`,
    ...perCpuSecondOf("k lines"),
    systems: ["node", ...OURS],
    targets: [than(bound, "node")],
    measure: (_name, system, effort) => rate(system!, ["tls", "tls"], inFlight, effort),
  };
}

function udp(id: "udp" | "udp-connected", title: string): Row {
  return {
    id,
    title,
    ...perCpuSecondOf("k datagrams"),
    systems: ["node", "node-checked", ...OURS],
    targets: [than(0.9, "node"), than(0.95, "node-checked")],
    measure: (_name, system, effort) => rate(system!, [id, "udp"], 64, effort),
  };
}

/** @param most how many connections a process may have */
export const echoRows = (most: number): Row[] => [
  { ...echo(1, ALL, [than(1.1, "node"), than(1, "copas-luajit")]), featured: true },
  {
    ...echo(16, [...new Set([...GATHERED, ...ALL])], [than(7, "node"), than(6, "go")]),
    featured: true,
  },
  churn("fin"),
  churn("rst"),
  idle(Math.min(8000, most - FIRST)),
  echoWith("timeout", "a timeout on every receive", 1),
  echoWith("timeout", "a timeout on every receive", 16),
  echoWith("context", "an async context for every fiber", 1),
  echoWith("context", "an async context for every fiber", 16),
  seen,
  tls(1, 0.95),
  tls(16, 1.3),
  udp("udp", "UDP echo, 64 in flight"),
  udp("udp-connected", "UDP echo, connected, 64 in flight"),
];
