/** Results as tables of Markdown: that of the README, and that of docs/performance.md. */
import type { Results, RowResult } from "./results.js";
import { digits, showInterval, wanted } from "./text.js";

/** The columns of the README, as far as they were measured. */
const COLUMNS = ["node", "async", "effection", "go", "bun", "copas-luajit", "cosocket"];

function table(lines: string[][]): string {
  const [head, ...rest] = lines as [string[], ...string[][]];
  return [head, head.map(() => "---"), ...rest]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** What was done by the systems of the README; rows without one of them beside us are left out. */
export function systemsTable(results: Results): string {
  const rows = results.rows.filter(
    ({ curve, base, figures }) =>
      curve === undefined && COLUMNS.includes(base) && base !== "cosocket" && figures.length > 1,
  );
  const columns = COLUMNS.filter((name) =>
    rows.some(({ figures }) => figures.some((each) => each.name === name)),
  );
  return table([
    ["work", ...columns.map((name) => results.systems[name]?.title ?? name)],
    ...rows.map((row) => [
      `${row.title} (${row.unit.replace(" per CPU second", "/s")})`,
      ...columns.map((name) => cell(row, name)),
    ]),
  ]);
}

/** The figure, and in brackets the ratio to the first one. */
function cell({ figures }: RowResult, name: string): string {
  const figure = figures.find((each) => each.name === name);
  if (figure === undefined) return "";
  const { median, ratio } = figure;
  if (ratio === null) return digits(median);
  const shown = digits(ratio.median);
  return `${digits(median)} (${name === "cosocket" ? `**${shown}**` : shown})`;
}

/** What was aimed at, and what came of it. */
export function targetsTable(results: Results): string {
  const title = (name: string): string => results.systems[name]?.title ?? name;
  const lines = results.rows.flatMap((row) =>
    row.targets.map((target) => [
      row.title,
      wanted(target, row, title),
      target.ratio === undefined ? "not measured" : showInterval(target.ratio),
      target.holds === undefined ? "" : target.holds ? "yes" : "**no**",
    ]),
  );
  return table([["work", "target", "ratio", "holds"], ...lines]);
}
