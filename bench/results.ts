/** What a run has found: the JSON that `--json` writes and `--compare` reads. */
import { UsageError } from "./usage-error.js";
import { readFileSync } from "node:fs";
import { type Interval, interval, ratios } from "./statistics.js";
import type { Row, Target } from "./rows/index.js";
import type { Machine } from "./machine.js";

/** Changes when a reader of an earlier file would misunderstand a later one. */
export const FORMAT = 1;

export interface Results {
  format: typeof FORMAT;
  machine: Machine;
  effort: { rounds: number; seconds: number; warmup: number };
  /** Systems by their names. */
  systems: Record<string, { title: string; version: string }>;
  /** Why others were left out. */
  skipped: Record<string, string>;
  rows: RowResult[];
}

export interface RowResult extends Pick<
  Row,
  "id" | "title" | "unit" | "better" | "featured" | "curve"
> {
  /** What ratios are to: the first of `figures`. */
  base: string;
  figures: Figures[];
  targets: TargetResult[];
}

/** What one system has done in a row. JSON has no infinity: an interval of a single round is null at both ends. */
export interface Figures extends Interval {
  name: string;
  /** One of each round. */
  values: number[];
  /** To the base, of the ratios within each round; null for the base itself. */
  ratio: Interval | null;
}

export interface TargetResult extends Target {
  /** undefined where one of both was not measured. */
  ratio?: Interval;
  holds?: boolean;
}

/** @param values by name, in the order of the row; those without a figure are left out */
export function rowResult(row: Row, values: ReadonlyMap<string, number[]>): RowResult | undefined {
  const measured = [...values].filter(([, figures]) => figures.length > 0);
  const [first] = measured;
  if (first === undefined) return undefined;
  const [base, baseValues] = first;
  const { id, title, unit, better, featured, curve } = row;
  return {
    id,
    title,
    unit,
    better,
    ...(featured && { featured }),
    ...(curve && { curve }),
    base,
    figures: measured.map(([name, values]) => ({
      name,
      values,
      ...interval(values),
      ratio: name === base ? null : interval(ratios(values, baseValues)),
    })),
    targets: row.targets.map((target) => targetResult(target, better, values)),
  };
}

function targetResult(
  target: Target,
  better: "more" | "less",
  values: ReadonlyMap<string, number[]>,
): TargetResult {
  const [ours, theirs] = [values.get(target.system), values.get(target.to)];
  if (!ours?.length || !theirs?.length) return target;
  const ratio = interval(ratios(ours, theirs));
  const holds = better === "more" ? ratio.median >= target.bound : ratio.median <= target.bound;
  return { ...target, ratio, holds };
}

/** The results in a file. @throws UsageError that says what is wrong with it */
export function readResults(file: string): Results {
  let results: Partial<Results>;
  try {
    results = JSON.parse(readFileSync(file, "utf8"), (_key, value: unknown) =>
      revived(value),
    ) as Partial<Results>;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (results?.format !== FORMAT || !Array.isArray(results.rows))
    throw new UsageError(
      `${file} is not of this benchmark, or of another version of it: it has format ${results?.format}, not ${FORMAT}`,
    );
  return results as Results;
}

/** An interval of which nothing is known has no ends in JSON. */
function revived(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "low" in value && value.low === null)
    return { ...value, low: -Infinity, high: Infinity };
  return value;
}
