/** Results as text: for a terminal. */
import { describeMachine } from "./machine.js";
import type { Row, Target } from "./rows/index.js";
import { SYSTEMS } from "./systems.js";
import type { Results, RowResult, TargetResult } from "./results.js";
import type { Interval } from "./statistics.js";

/** Three digits, and all that stand before the point. */
export function digits(value: number): string {
  return Math.abs(value) < 1000 ? value.toPrecision(3) : value.toFixed(0);
}

export function showInterval({ median, low, high }: Interval): string {
  return Number.isFinite(low)
    ? `${digits(median)} [${digits(low)}, ${digits(high)}]`
    : digits(median);
}

export function head(results: Results): string {
  const { rounds, seconds, warmup } = results.effort;
  return [
    ...describeMachine(results.machine),
    `medians of ${rounds} interleaved rounds of ${seconds} s after ${warmup} s; ratios are to the first system of a row, medians of those within each round [and where they lie]`,
    ...Object.entries(results.skipped).map(([name, reason]) => `skipped: ${name}: ${reason}`),
  ].join("\n");
}

export function rowText(row: RowResult, results: Results): string {
  const title = (name: string): string => results.systems[name]?.title ?? name;
  const width = Math.max(...row.figures.map(({ name }) => title(name).length));
  const lines = row.figures.map(({ name, median, ratio }) => {
    const figure = `  ${title(name).padEnd(width)}  ${digits(median).padStart(7)}`;
    return ratio === null ? figure : `${figure}   ${showInterval(ratio)} x`;
  });
  return [
    `${row.id}: ${row.title} (${row.unit}; ${row.better} is better)`,
    ...lines,
    ...row.targets.map((target) => `  ${targetText(target, row, title)}`),
  ].join("\n");
}

type Titles = (name: string) => string;

/** "cosocket >= 1.1 x plain node:net" */
export function wanted(
  { system, bound, to }: Target,
  { better }: Pick<Row, "better">,
  title: Titles,
): string {
  return `${title(system)} ${better === "more" ? ">=" : "<="} ${bound} x ${title(to)}`;
}

/** The same, and whether it holds. */
function targetText(target: TargetResult, row: RowResult, title: Titles): string {
  const { ratio, holds } = target;
  const text = wanted(target, row, title);
  if (ratio === undefined) return `- ${text}: not measured`;
  return `${holds ? "✓" : "✗"} ${text}: ${showInterval(ratio)}, ${holds ? "holds" : "does not hold"}`;
}

/** How many of the targets hold. */
export function targetsText({ rows }: Results): string {
  const targets = rows.flatMap(({ targets }) => targets);
  const measured = targets.filter(({ holds }) => holds !== undefined);
  const held = measured.filter(({ holds }) => holds).length;
  const rest = targets.length - measured.length;
  const open = rest === 0 ? "" : `, ${rest} ${rest === 1 ? "was" : "were"} not measured`;
  const of = measured.length === 1 ? "1 target holds" : `${measured.length} targets hold`;
  return `${held} of ${of}${open}`;
}

/** Which rows, systems and targets there are. A curve is one line. */
export function listText(rows: readonly Row[]): string {
  const single = rows.filter(
    ({ curve }, i) => curve === undefined || curve.id !== rows[i - 1]?.curve?.id,
  );
  return [
    "rows:",
    ...single.flatMap((row) => [
      `  ${row.curve?.id ?? row.id}: ${row.curve?.title ?? row.title}`,
      `    ${row.systems.join(", ")}`,
      ...row.targets.map((target) => `    ${wanted(target, row, (name) => name)}`),
    ]),
    "systems:",
    ...SYSTEMS.map((system) => {
      const found = system.find();
      return `  ${system.name}: ${system.title} (${"missing" in found ? found.missing : found.version})`;
    }),
  ].join("\n");
}
