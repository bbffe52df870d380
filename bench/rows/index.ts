/** The rows: which there are, and which are meant. */
import { UsageError } from "../usage-error.js";
import { unknownName } from "../../reactor/names.js";
import { clusterRows } from "./cluster.js";
import { combinatorRows } from "./combinators.js";
import { CONNECTIONS, curveRows } from "./curves.js";
import { echoRows } from "./echo.js";
import { httpRows } from "./http.js";
import { receivingRows } from "./receiving.js";
import type { Row } from "./row.js";
import { startRows } from "./start.js";
import { taskRows } from "./tasks.js";

export type { Effort, Row, Target } from "./row.js";

/** @param most how many connections a process may have */
export function allRows(most: number): Row[] {
  const rows = [...echoRows(most), ...httpRows, ...receivingRows, ...taskRows, ...combinatorRows];
  return [...rows, ...clusterRows, ...startRows, ...curveRows(most)];
}

/** The word for all rows with the curves. */
export const ALL = "all";

/** What the limit of open files leaves out of `rows`, with a reason. */
export function beyond(rows: readonly Row[], most: number): Record<string, string> {
  const wanted = Math.max(...CONNECTIONS);
  if (most >= wanted || !rows.some(({ curve }) => curve?.id === "curve-memory")) return {};
  return { [`curve-memory@${wanted}`]: `open files are limited: at most ${most} connections` };
}

/** "echo" means echo-1 and echo-16, "curve" the points of both curves, "all" everything. */
function means(word: string, id: string): boolean {
  return word === ALL || id === word || id.startsWith(`${word}-`) || id.startsWith(`${word}@`);
}

/** The rows that `words` mean; without words all but the curves. UsageError for a word that means none. */
export function select(rows: readonly Row[], words: readonly string[]): Row[] {
  if (words.length === 0) return rows.filter(({ curve }) => curve === undefined);
  for (const word of words) {
    if (!rows.some(({ id }) => means(word, id)))
      throw new UsageError(`there is no row ${unknownName(word, names(rows))}`);
  }
  return rows.filter(({ id }) => words.some((word) => means(word, id)));
}

/** Ids, and what several begin with. */
function names(rows: readonly Row[]): string[] {
  const ids = rows.map(({ id, curve }) => curve?.id ?? id);
  return [...new Set([...ids.flatMap((id) => [id.split("-")[0]!, id]), ALL])];
}
