/** Rows of fibers and threads, without a network. */
import { told } from "../measure.js";
import { nodeCommand } from "../processes.js";
import { costIn, type Row, than } from "./row.js";

/** On Copas itself, and on Copas's functions here. */
function copas(work: string, title: string, count: number, bound: number): Row {
  return {
    id: `copas-${work}`,
    title,
    ...costIn("us"),
    systems: ["copas-luajit", "copas-lua5.4", "cosocket"],
    targets: [than(bound, "copas-luajit")],
    missing: (version) =>
      /^Copas [123]\b/.test(version) ? `${version} is older than Copas 4` : undefined,
    measure: (_name, system) => told(system!.server(work, String(count))),
  };
}

export const taskRows: Row[] = [
  {
    id: "spawn",
    title: "spawn a task and join it",
    ...costIn("us"),
    systems: ["effection", "cosocket"],
    targets: [than(1 / 25, "effection")],
    measure: (_name, system) => told(system!.server("spawn")),
  },
  {
    id: "sleepers",
    title: "a fiber that sleeps, by how many there are",
    ...costIn("us"),
    systems: ["10000", "1000000"],
    targets: [than(1.5, "10000", "1000000")],
    mostRounds: 3,
    measure: (count) => told(nodeCommand("servers/main.js", ["sleepers", count])),
  },
  copas("pause", "a thread of Copas that pauses once, 10,000 of them", 10_000, 0.8),
  copas("lock", "hand a lock of Copas over", 200_000, 0.85),
  copas("queue", "hand an item over by a queue of Copas", 200_000, 2),
];
