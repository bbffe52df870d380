/**
 * npm run bench [-- --quick]
 *
 * cosocket beside plain node:net callbacks, async/await over Node's streams, and an Effection task for each connection, on the same
 * work. Every system runs in its own process, the load in another; runs are interleaved, and what is printed are medians:
 * ratios are medians of the ratios within each round, so that a machine that is slow for a while spoils neither side.
 */
import { copasVersion, measure, type Measured, told } from "./run.js";

/** `-- tls udp` runs only what has one of these words in its name. */
const words = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 7;
const seconds = quick ? 0.5 : 1.5;
const ALL = ["node", "async", "effection", "cosocket"];

interface Work {
  name: string;
  /** The first is what the others are compared with. */
  systems: string[];
  unit: string;
  /** Whether a smaller figure is the better one. */
  small?: boolean;
  target: string;
  one(system: string): Promise<number>;
}

/** By the server's processor: on a shared machine that is steadier than by time, and the load does not limit it. */
const rate = ({ perCpuSecond }: Measured): number => perCpuSecond / 1000;

function echo(inFlight: number, target: string): Work {
  return {
    name: `line echo, 50 connections, ${inFlight} in flight`,
    systems: ALL,
    unit: "k lines",
    target,
    one: async (system) => rate(await measure(["echo", system], ["echo", inFlight, seconds])),
  };
}

function timeout(inFlight: number): Work {
  return {
    name: `a timeout on every receive, ${inFlight} in flight`,
    systems: ["cosocket", "cosocket-timeout"],
    unit: "k lines",
    target: ">= 0.95 x none",
    one: async (system) => rate(await measure(["echo", system], ["echo", inFlight, seconds])),
  };
}

function bulk(pattern: "lines" | "blocks" | "all", what: string, target: string): Work {
  const bytes = (quick ? 64 : 256) * 1_000_000;
  const perUnit = pattern === "lines" ? 80_000 : 1_000_000;
  return {
    name: `receive ${bytes / 1_000_000} MB ${what}`,
    systems: ["node", "cosocket"],
    unit: pattern === "lines" ? "k lines" : "MB",
    target,
    one: async (system) =>
      (await measure(["bulk", system, pattern], ["bulk", bytes])).perCpuSecond / perUnit,
  };
}

/** By how many bytes a segment has. */
function segments(pattern: string, what: string): Work {
  return {
    name: `receive 16 kB pieces ${what}, by the bytes of a segment`,
    systems: ["1460", "7", "1"],
    unit: "ns a byte",
    small: true,
    target: "linear",
    one: (size) => told(["segments", pattern, size]),
  };
}

function tls(inFlight: number, target: string): Work {
  return {
    name: `TLS line echo, 50 connections, ${inFlight} in flight`,
    systems: ["node", "cosocket"],
    unit: "k lines",
    target,
    one: async (system) => rate(await measure(["tls", system], ["tls", inFlight, seconds])),
  };
}

function udp(name: string, systems: string[], target: string): Work {
  return {
    name,
    systems,
    unit: "k datagrams",
    target,
    one: async (system) => rate(await measure(["udp", system], ["udp", 64, seconds])),
  };
}

/** Copas itself, in each Lua that has it; with which version. */
const luas = new Map<string, string>();
for (const lua of ["luajit", "lua5.4"]) {
  const version = process.platform === "linux" ? copasVersion(lua) : undefined;
  if (version !== undefined) luas.set(`Copas ${version.replace("Copas ", "")} on ${lua}`, lua);
}

/** The same on Copas, and on Copas's functions here. */
function copas(
  name: string,
  work: string,
  figure: (args: string[]) => Promise<number>,
  rest: Pick<Work, "unit" | "target" | "small">,
  since = "",
): Work {
  const peers = [...luas.keys()].filter((system) => system >= `Copas ${since}`);
  return {
    name: `Copas: ${name}`,
    systems: [...peers, "cosocket"],
    ...rest,
    one: (system) =>
      figure(system === "cosocket" ? ["copas", work] : ["lua", luas.get(system)!, work]),
  };
}

const copasEcho = (name: string, load: string, argument: number, target: string): Work =>
  copas(name, "echo", async (args) => rate(await measure(args, [load, argument, seconds])), {
    unit: load === "churn" ? "k connections" : "k lines",
    target,
  });

/** Not before Copas 4. */
const copasCost = (name: string, work: string, times: number): Work =>
  copas(
    name,
    work,
    (args) => told([...args, String(times)]),
    { unit: "us", small: true, target: "" },
    "4",
  );

const idle = quick ? 4000 : 8000;

const works: Work[] = [
  echo(1, ">= 1.0 x node"),
  echo(16, ">= 6 x node"),
  echo(64, ""),
  {
    name: "connect, echo a line, close; 50 at a time",
    systems: ALL,
    unit: "k connections",
    target: ">= 0.95 x node, >= 2.5 x effection",
    one: async (system) => rate(await measure(["echo", system], ["churn", 1, seconds])),
  },
  {
    name: `memory of an idle connection, ${idle} of them`,
    systems: ALL,
    unit: "kB",
    small: true,
    target: "<= 1.25 x node",
    one: async (system) => (await measure(["echo", system], ["idle", idle])).bytes / 1000,
  },
  {
    name: "spawn a task and join its end",
    systems: ["effection", "cosocket"],
    unit: "us",
    small: true,
    target: "<= 1/20 of effection",
    one: (system) => told(["spawn", system]),
  },
  timeout(1),
  timeout(16),
  tls(1, ">= 0.95 x node"),
  tls(16, ">= 4 x node"),
  udp("UDP echo, 64 in flight", ["node", "node-checked", "cosocket"], ">= 0.95 x node"),
  udp(
    "the same, connected",
    ["node-connected", "node-connected-checked", "cosocket-connected"],
    ">= 0.95 x node",
  ),
  udp("UDP echo, connected beside not", ["cosocket", "cosocket-connected"], "> 1 x"),
  copasEcho("line echo, 1 in flight", "echo", 1, ">= 1.0 x Copas on LuaJIT"),
  copasEcho("line echo, 16 in flight", "echo", 16, ""),
  copasEcho("connect, echo a line, close", "churn", 1, ""),
  copasCost("10,000 threads that pause", "timers", 10_000),
  copasCost("hand a lock over", "lock", 200_000),
  copasCost("hand an item over by a queue", "queue", 200_000),
  bulk("lines", "as 80-byte lines", ">= 1500 k lines"),
  bulk("blocks", "as 8 kB blocks", ">= 0.9 x node"),
  bulk("all", 'as one string ("*a")', ">= 0.9 x node"),
  segments("line", "as lines"),
  segments("count", "by their length"),
  segments("until", "up to a boundary"),
  segments("steps", "up to a boundary in steps"),
];

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

async function run({ name, systems, unit, small, target, one }: Work): Promise<void> {
  const results = new Map<string, number[]>(systems.map((system) => [system, []]));
  for (let round = 0; round < rounds; round++) {
    for (const system of systems) results.get(system)!.push(await one(system));
  }
  const base = results.get(systems[0]!)!;
  const cells = systems.map((system) => {
    const values = results.get(system)!;
    const ratio = median(values.map((value, i) => value / base[i]!));
    return `${system} ${show(median(values))} (${show(ratio)} x)`;
  });
  const per = small ? unit : `${unit} per CPU second`;
  console.log(`| ${name} | ${per} | ${cells.join(" | ")} | ${target} |`);
}

console.log(
  `Node ${process.version}, ${rounds} interleaved rounds of ${seconds} s, medians; (ratio to the first column)\n`,
);
console.log("| work | unit | | | | | target |\n| --- | --- | --- | --- | --- | --- | --- |");
for (const work of works) {
  const name = work.name.toLowerCase();
  if (words.length === 0 || words.some((word) => name.includes(word.toLowerCase())))
    await run(work);
}
