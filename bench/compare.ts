/** A run beside an earlier one. */
import { digits, showInterval } from "./text.js";
import type { Figures, Results, RowResult } from "./results.js";
import { type Interval, type Verdict, verdict } from "./statistics.js";

/** How the ratio of a system to the base of its row has changed. */
export interface Comparison {
  row: string;
  system: string;
  base: string;
  then: Interval;
  now: Interval;
  /** The ratio now to the ratio then. */
  change: number;
  verdict: Verdict;
}

/** All that are in both runs, with the same base. */
export function compare(then: Results, now: Results): Comparison[] {
  const earlier = new Map(then.rows.map((row) => [row.id, row]));
  return now.rows.flatMap((row) => {
    const before = earlier.get(row.id);
    return before?.base === row.base ? compareRows(before, row) : [];
  });
}

function compareRows(before: RowResult, row: RowResult): Comparison[] {
  const figures = new Map<string, Figures>(before.figures.map((each) => [each.name, each]));
  return row.figures.flatMap(({ name, ratio: now }) => {
    const then = figures.get(name)?.ratio;
    if (!now || !then) return [];
    return {
      row: row.id,
      system: name,
      base: row.base,
      then,
      now,
      change: now.median / then.median,
      verdict: verdict(then, now, row.better),
    };
  });
}

/** What else is different, so that a change may come from there. */
export function otherwise(then: Results, now: Results): string[] {
  const differing = (["cpu", "cores", "kernel", "node", "pinned"] as const).filter(
    (key) => then.machine[key] !== now.machine[key],
  );
  const notes = differing.map(
    (key) => `${key} was ${then.machine[key]}, and is ${now.machine[key]}`,
  );
  for (const { id, base } of now.rows) {
    const before = then.rows.find((row) => row.id === id);
    if (before === undefined) notes.push(`${id} is not in the earlier run`);
    else if (before.base !== base)
      notes.push(`${id} was relative to ${before.base}, and is to ${base}`);
  }
  return notes;
}

const MARKS: Record<Verdict, string> = {
  worse: "WORSE",
  better: "better",
  same: "",
  unknown: "one round: noise unknown",
};

export function comparisonText(then: Results, now: Results): string {
  const all = compare(then, now);
  const cells = all.map(({ row, system, base, then, now, change, verdict }) => [
    row,
    `${system} / ${base}`,
    showInterval(then),
    showInterval(now),
    `${digits(change)} x`,
    MARKS[verdict],
  ]);
  const table = [["row", "ratio of", "then", "now", "change", ""], ...cells];
  const widths = table[0]!.map((_, i) => Math.max(...table.map((line) => line[i]!.length)));
  const lines = table.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
  const worse = all.filter(({ verdict }) => verdict === "worse").length;
  return [
    `beside the run of ${then.machine.date} (cosocket ${then.machine.cosocket.commit?.slice(0, 7) ?? then.machine.cosocket.version}):`,
    ...otherwise(then, now),
    ...lines,
    `${worse} of ${all.length} worse by more than the noise of both`,
  ].join("\n");
}
