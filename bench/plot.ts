/** Results as an SVG: bars for rows, lines for curves. It has a ground of its own, so that it can be read on light and on dark pages. */
import type { Figures, Results, RowResult } from "./results.js";
import { axis, ticks } from "./axis.js";
import { digits } from "./text.js";

/** Of a panel, and where the lines of a curve end in it. */
const [WIDTH, RIGHT] = [440, 260];
const STYLE = `text { font: 11px system-ui, sans-serif; fill: #24292f } .title { font-size: 12px; font-weight: 600 } .end { text-anchor: end } .mid { text-anchor: middle }
.ground { fill: #fff } rect.peer { fill: #afb8c1 } rect.ours { fill: #0969da } .grid { stroke: #d0d7de } polyline { fill: none; stroke-width: 1.5 } polyline.ours { stroke-width: 3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ground { fill: #0d1117 } rect.peer { fill: #484f58 } rect.ours { fill: #4493f8 } .grid { stroke: #30363d } }`;
const COLOURS = "#8b949e #d29922 #3fb950 #a371f7 #e5534b #e275ad #39a0a8 #9a6700".split(" ");

type Titles = (name: string) => string;
/** What it is made of, from its top; and how much that is. */
type Panel = { height: number; svg: string[] };

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!);
const text = (x: number, y: number, what: string, kind = "", mark = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${kind}">${mark}${escaped(what)}</text>`;
const heading = (title: string, { unit, better }: RowResult): string[] => [
  text(0, 14, title, "title"),
  text(0, 30, `${unit}; ${better} is better`),
];

function bars(row: RowResult, title: Titles): Panel {
  const most = Math.max(...row.figures.map(({ median }) => median));
  const bar = ({ name, median }: Figures, i: number): string => {
    const y = 40 + 18 * i;
    const width = most > 0 ? (170 * Math.max(median, 0)) / most : 0;
    const kind = name.startsWith("cosocket") ? "ours" : "peer";
    const rect = `<rect x="216" y="${y}" width="${width.toFixed(1)}" height="13" class="${kind}"/>`;
    const figure = text(221 + width, y + 11, digits(median));
    return text(210, y + 11, title(name), "end") + rect + figure;
  };
  const svg = [...heading(row.title, row), ...row.figures.map(bar)];
  return { height: 58 + 18 * row.figures.length, svg };
}

function curve(rows: RowResult[], title: Titles): Panel {
  const points = rows.flatMap(({ curve, figures }) =>
    // A logarithm needs something above zero.
    figures.map(({ name, median }) => ({ name, at: curve!.x, figure: Math.max(median, 0.1) })),
  );
  const [xs, ys] = [rows.map(({ curve }) => curve!.x), points.map(({ figure }) => figure)];
  const [x, y] = [axis(xs, 40, RIGHT), axis(ys, 215, 45)];
  const svg = heading(rows[0]!.curve!.title, rows[0]!);
  for (const tick of ticks(ys)) {
    svg.push(`<path d="M36 ${y(tick).toFixed(1)}H${RIGHT}" class="grid"/>`);
    svg.push(text(32, y(tick) + 4, String(tick), "end"));
  }
  for (const at of xs) svg.push(text(x(at), 232, at < 1000 ? `${at}` : `${at / 1000}k`, "mid"));
  const names = [...new Set(points.map(({ name }) => name))];
  const lines = names.map((name, i) => {
    const line = points.filter((point) => point.name === name);
    const way = line.map(({ at, figure }) => `${x(at).toFixed(1)},${y(figure).toFixed(1)}`);
    const [colour, kind] =
      name === "cosocket" ? ["#0969da", "ours"] : [COLOURS[i % COLOURS.length]!, "peer"];
    svg.push(`<polyline points="${way.join(" ")}" stroke="${colour}" class="${kind}"/>`);
    return { name, mark: `<tspan fill="${colour}">■ </tspan>`, end: y(line.at(-1)!.figure) };
  });
  // Each beside the end of its line, and no two on one another.
  let last = 0;
  for (const { name, mark, end } of lines.sort((one, other) => one.end - other.end)) {
    last = Math.max(end + 4, last + 13);
    svg.push(text(RIGHT + 6, last, title(name), "", mark));
  }
  return { height: 250, svg };
}

/** The featured rows, or all if none is, and the curves. */
export function plot({ rows, systems }: Results): string {
  const title: Titles = (name) => systems[name]?.title ?? name;
  const single = rows.filter(({ curve }) => curve === undefined);
  const featured = single.filter(({ featured }) => featured);
  const panels = (featured.length > 0 ? featured : single).map((row) => bars(row, title));
  const pointsOf = (id: string): RowResult[] => rows.filter(({ curve }) => curve?.id === id);
  const curves = [...new Set(rows.flatMap(({ curve }) => curve?.id ?? []))];
  panels.push(...curves.map((id) => curve(pointsOf(id), title)));
  const heights = [16, 16];
  const placed = panels.map(({ height, svg }) => {
    const column = heights[0]! <= heights[1]! ? 0 : 1;
    const at = `translate(${16 + column * (WIDTH + 24)},${heights[column]})`;
    heights[column]! += height;
    return `<g transform="${at}">\n${svg.join("\n")}\n</g>\n`;
  });
  const [width, height] = [2 * WIDTH + 56, Math.max(...heights)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="cosocket beside its peers">
<style>${STYLE}</style>
<rect width="100%" height="100%" rx="6" class="ground"/>
${placed.join("")}</svg>
`;
}
