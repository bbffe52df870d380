/** Results that are made up. */
import { FORMAT, type Results, type RowResult, rowResult } from "../../bench/results.js";
import type { Row } from "../../bench/rows/index.js";

export function row(rest: Partial<Row> = {}): Row {
  return {
    id: "echo-1",
    title: "line echo",
    unit: "k lines per CPU second",
    better: "more",
    systems: ["node", "cosocket"],
    targets: [{ system: "cosocket", bound: 1.1, to: "node" }],
    measure: () => Promise.resolve(1),
    ...rest,
  };
}

export function measured(values: Record<string, number[]>, rest: Partial<Row> = {}): RowResult {
  return rowResult(row(rest), new Map(Object.entries(values)))!;
}

export function results(...rows: RowResult[]): Results {
  const titles = { node: "plain node:net", cosocket: "cosocket", go: "Go & <bufio>" };
  return {
    format: FORMAT,
    machine: {
      date: "2026-01-02T03:04:05.000Z",
      cpu: "a processor",
      cores: 2,
      memory: 8,
      kernel: "Linux 6",
      arch: "x64",
      node: "v20.19.0",
      v8: "11",
      libuv: "1",
      cosocket: { version: "0.1.0", commit: "0123456789", changed: false },
      pinned: true,
    },
    effort: { rounds: 3, seconds: 1, warmup: 1 },
    systems: Object.fromEntries(
      Object.entries(titles).map(([name, title]) => [name, { title, version: "1" }]),
    ),
    skipped: { bun: "bun is not installed" },
    rows,
  };
}
