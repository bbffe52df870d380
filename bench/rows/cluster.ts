/** Rows of a server in several processes. */
import { told } from "../measure.js";
import { nodeCommand } from "../processes.js";
import { costIn, perCpuSecondOf, type Row } from "./row.js";

/** How many workers, and whether each has a socket of its own. */
const WAYS: Record<string, readonly [workers: number, reusePort: boolean]> = {
  "1 worker": [1, false],
  "2 workers": [2, false],
  "2 workers, reusePort": [2, true],
};

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const reusable = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);

function row(what: "cost" | "share", more: Pick<Row, "title" | "unit" | "better">): Row {
  const systems = Object.entries(WAYS)
    .filter(
      ([, [workers, reusePort]]) => (reusable || !reusePort) && (what === "cost" || workers > 1),
    )
    .map(([name]) => name);
  return {
    id: `cluster-${what}`,
    ...more,
    systems,
    targets: [],
    measure(name, _system, { seconds, warmup }) {
      const args = [...WAYS[name]!, seconds, warmup].map(String);
      return told(nodeCommand("servers/main.js", ["cluster", what, ...args]));
    },
  };
}

export const clusterRows: Row[] = [
  row("cost", {
    title: "a cluster's workers: connect, echo a line, close; 50 at a time",
    ...perCpuSecondOf("k requests"),
  }),
  row("share", { title: "the same: what the busier of two serves", ...costIn("%") }),
];
