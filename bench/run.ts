/** All rounds of all rows, interleaved: in each round, each system in turn. */
import { machine } from "./machine.js";
import type { Plan } from "./plan.js";
import { FORMAT, type Results, type RowResult, rowResult } from "./results.js";
import type { Effort, Row } from "./rows/index.js";
import type { System } from "./systems.js";

/** Told of what happens, as it happens. */
export interface Listener {
  begins(results: Results): void;
  round(row: Row, round: number, of: number, system: string): void;
  fails(row: Row, system: string, error: Error): void;
  row(result: RowResult, results: Results): void;
}

export async function runAll(plan: Plan, listener: Listener): Promise<Results> {
  const { rounds, seconds, warmup } = plan.effort;
  const results: Results = {
    format: FORMAT,
    machine: machine(),
    effort: { rounds, seconds, warmup },
    ...findSystems(plan),
    rows: [],
  };
  const rows = plan.rows.map((row) => ({ ...row, systems: able(row, plan.systems, results) }));
  listener.begins(results);
  const systems = new Map(plan.systems.map((system) => [system.name, system]));
  for (const row of rows) {
    const result = rowResult(row, await runRow(row, systems, plan.effort, listener));
    if (result === undefined) continue;
    results.rows.push(result);
    listener.row(result, results);
  }
  return results;
}

/** Which of the systems that rows name there are here. */
function findSystems({ rows, systems, skipped }: Plan): Pick<Results, "systems" | "skipped"> {
  const found: Pick<Results, "systems" | "skipped"> = { systems: {}, skipped: { ...skipped } };
  for (const { name, title, find } of systems) {
    if (!rows.some((row) => row.systems.includes(name))) continue;
    const here = find();
    if ("missing" in here) found.skipped[name] = here.missing;
    else found.systems[name] = { title, version: here.version };
  }
  return found;
}

/** The names of a row that can do it. What is no system at all is always there. */
function able(
  row: Row,
  systems: readonly System[],
  { systems: found, skipped }: Results,
): string[] {
  return row.systems.filter((name) => {
    if (!systems.some((system) => system.name === name)) return true;
    if (found[name] === undefined) return false;
    const missing = row.missing?.(found[name].version);
    if (missing !== undefined) skipped[`${row.id}, ${name}`] = missing;
    return missing === undefined;
  });
}

/** The figures of a row, by name. One that fails is tried no more, and has none. */
async function runRow(
  row: Row,
  systems: ReadonlyMap<string, System>,
  effort: Effort,
  listener: Listener,
): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>(row.systems.map((name) => [name, []]));
  const rounds = Math.min(effort.rounds, row.mostRounds ?? Infinity);
  for (let round = 1; round <= rounds; round++) {
    for (const name of [...values.keys()]) {
      listener.round(row, round, rounds, name);
      try {
        values.get(name)!.push(await row.measure(name, systems.get(name), effort));
      } catch (error) {
        values.delete(name);
        listener.fails(row, name, error as Error);
      }
    }
  }
  return values;
}
