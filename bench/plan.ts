/** What a command line asks for: which rows on which systems, how long and how often. */
import { UsageError } from "./usage-error.js";
import { unknownName } from "../reactor/names.js";
import type { Options } from "./options.js";
import { OURS } from "./rows/row.js";
import { ALL, allRows, beyond, type Effort, type Row, select } from "./rows/index.js";
import { ownServer, type System, SYSTEMS } from "./systems.js";

const QUICK: Effort = { rounds: 3, seconds: 0.4, warmup: 1 };
const FULL: Effort = { rounds: 7, seconds: 1.5, warmup: 2 };

export interface Plan {
  rows: Row[];
  systems: System[];
  effort: Effort;
  /** What was left out, and why. */
  skipped: Record<string, string>;
}

/** UsageError for a row or a system that there is not, and for what would have no effect. @param most how many connections a process may have */
export function plan(options: Options, most: number): Plan {
  const effort = options.quick ? QUICK : FULL;
  const { rounds = effort.rounds, seconds = effort.seconds, warmup = effort.warmup } = options;
  const rows = rowsOf(options, allRows(most));
  return {
    rows,
    systems: [...SYSTEMS, ...ownServers(options)],
    effort: { ...effort, rounds, seconds, warmup },
    skipped: beyond(rows, most),
  };
}

function ownServers({ servers }: Options): System[] {
  const names = SYSTEMS.map(({ name }) => name);
  return servers.map(([name, command]) => {
    if (names.includes(name)) throw new UsageError(`there is a system "${name}" already`);
    names.push(name);
    return ownServer(name, command);
  });
}

function rowsOf(options: Options, all: readonly Row[]): Row[] {
  const { rows: words, servers, systems, quick } = options;
  const own = servers.map(([name]) => name);
  const whole = words.length === 0 || words.includes(ALL);
  let rows = select(all, words);
  if (own.length > 0 && !rows.some(({ lineEcho }) => lineEcho))
    throw new UsageError("--server: none of these rows is a work of a line echo server");
  if (quick && whole && systems === undefined) rows = rows.map(inShort);
  if (!whole) rows = rows.map((row) => ({ ...row, featured: true }));
  rows = rows.map((row) => (row.lineEcho ? { ...row, systems: [...row.systems, ...own] } : row));
  if (systems !== undefined) rows = rows.map((row) => only(row, systems, own));
  rows = rows.filter((row) => row.systems.length > 0);
  if (rows.length === 0) throw new UsageError("--systems: none of these rows has one of them");
  return rows;
}

/** A short run has no time for those that no target is about. */
function inShort(row: Row): Row {
  if (row.targets.length === 0) return { ...row, systems: [] };
  const needed = row.targets.flatMap(({ system, to }) => [system, to]);
  needed.push(row.systems[0]!, ...OURS);
  return { ...row, systems: row.systems.filter((name) => needed.includes(name)) };
}

function only(row: Row, names: readonly string[], own: readonly string[]): Row {
  const known = [...SYSTEMS.map(({ name }) => name), ...own];
  for (const name of names)
    if (!known.includes(name))
      throw new UsageError(`there is no system ${unknownName(name, known)}`);
  return { ...row, systems: row.systems.filter((name) => names.includes(name)) };
}
