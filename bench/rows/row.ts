/** What a row is. */
import type { System } from "../systems.js";

/** How long and how often. */
export interface Effort {
  rounds: number;
  /** A measurement takes so long, after a warm-up. */
  seconds: number;
  warmup: number;
}

/** The ratio of `system` to `to`, at least or at most `bound`: at least, if more is better in the row. */
export interface Target {
  system: string;
  bound: number;
  to: string;
}

/** One work, and what does it. */
export interface Row {
  id: string;
  title: string;
  unit: string;
  better: "more" | "less";
  /** Names of systems, or of what else is compared. Ratios are to the first one that there is. */
  systems: readonly string[];
  targets: readonly Target[];
  /** More rounds would tell nothing. */
  mostRounds?: number;
  /** Why a system of this version cannot do it; undefined if it can. */
  missing?(version: string): string | undefined;
  /** Any line echo server can do it, so also one of the user's. */
  lineEcho?: boolean;
  /** Shown in the plot of a whole run. */
  featured?: true;
  /** A point of a curve. */
  curve?: { id: string; title: string; x: number };
  /** One figure. `system` is undefined where what is compared is no system. */
  measure(name: string, system: System | undefined, effort: Effort): Promise<number>;
}

/** A target, by default of cosocket. */
export const than = (bound: number, to: string, system = "cosocket"): Target => ({
  system,
  bound,
  to,
});

export const perCpuSecondOf = (what: string): Pick<Row, "unit" | "better"> => ({
  unit: `${what} per CPU second`,
  better: "more",
});

export const costIn = (unit: string): Pick<Row, "unit" | "better"> => ({ unit, better: "less" });

/** cosocket on net.Socket, and as it is. */
export const OURS = ["cosocket-socket", "cosocket"];
