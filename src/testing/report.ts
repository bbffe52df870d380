/** What is told when a simulated program fails. */
import { shown, textOf } from "../../reactor/index.js";
import { checkFaultNames } from "./faults.js";
import type { Log, Entry } from "./log.js";
import { printed } from "./log.js";

/** Entries at the end of the log that an error shows. */
const SHOWN = 30;
/** Characters of a line that replays: a variable of the environment has no room for more. (Linux: 128 KiB) */
const LONGEST_REPLAY = 100_000;

/**
 * A simulated program has failed. The message has what it threw, and how to replay it.
 *
 * What it carries is behind getters: test runners print an error's own properties, and the log is long.
 */
export class SimulationError extends Error {
  readonly #failure: Failure;

  /** @internal */
  constructor(failure: Failure) {
    super(message(failure));
    this.#failure = failure;
    this.stack = `SimulationError: ${this.message}\n${frames(failure.cause)}`;
  }

  override get name(): string {
    return "SimulationError";
  }
  /** What the program threw, or why it could not go on. */
  override get cause(): unknown {
    return this.#failure.cause;
  }
  get seed(): number {
    return this.#failure.seed;
  }
  /** What went wrong in the simulated world: the schedule of faults. */
  get faults(): readonly string[] {
    return this.#failure.faults;
  }
  /** Its last entries: simulate's `entries`. */
  get log(): readonly Entry[] {
    return this.#failure.log.entries;
  }
  /** What was to go wrong, and never did. */
  get missed(): readonly string[] {
    return this.#failure.missed;
  }
  /** Operations that were made and never performed, each place once: mostly, a `yield*` is missing there. */
  get unperformed(): readonly string[] {
    return this.#failure.unperformed;
  }
  /** How many seeds were tried. */
  get runs(): number {
    return this.#failure.runs ?? 1;
  }
  /** Whether leaving out any of the faults would let it pass. */
  get smallest(): boolean {
    return this.#failure.smallest ?? false;
  }
  /** What COSOCKET_REPLAY has to be, to see it again. */
  get replay(): string {
    return replayOf(this.#failure);
  }
  /** @internal What it was allowed to meet: its faults, if they were chosen. */
  get only(): readonly string[] | undefined {
    return this.#failure.chosen ? this.#failure.faults : undefined;
  }
  /** @internal The same failure, with what `explore` knows of it. */
  with(more: Pick<Failure, "runs" | "smallest" | "missed">): SimulationError {
    return new SimulationError({ ...this.#failure, ...more });
  }
}

export interface Failure {
  cause: unknown;
  seed: number;
  faults: readonly string[];
  /** Whether it was allowed these only: then they are a part of what replays it. */
  chosen: boolean;
  missed: readonly string[];
  /** What of the real network was used, with where. */
  outside: readonly string[];
  /** What was made and never performed, with where. */
  unperformed: readonly string[];
  log: Log;
  runs?: number;
  smallest?: boolean;
}

/** Whether what replays a failure with these faults can be said. */
export function canReplay(seed: number, faults: readonly string[]): boolean {
  return lineOf(seed, faults).length <= LONGEST_REPLAY;
}

function lineOf(seed: number, faults: readonly string[]): string {
  return [seed, ...(faults.length > 0 ? faults : ["-"])].join(" ");
}

function replayOf({ seed, faults, chosen }: Failure): string {
  return replayLine(seed, chosen ? faults : undefined);
}

/** @param only if given, only these may happen */
export function replayLine(seed: number, only: readonly string[] | undefined): string {
  return only === undefined ? String(seed) : lineOf(seed, only);
}

function message(failure: Failure): string {
  const { cause, seed, faults, chosen, missed, log, runs = 1, smallest } = failure;
  const { outside, unperformed } = failure;
  const count = runs > 1 ? ` (the first of ${runs} that fails)` : "";
  const list = chosen ? `: ${faults.join(" ") || "none"}` : "";
  const schedule = smallest
    ? `the fewest faults with which it fails${list}`
    : `${faults.length} faults${list}`;
  return [
    `${textOf(cause)}\n`,
    `seed ${seed}${count}; ${schedule}`,
    // Of those that making it smaller has left over nobody has asked for any.
    ...(missed.length > 0 && chosen && smallest === undefined
      ? [`of those that were asked for, these did not happen: ${missed.join(" ")}`]
      : []),
    `replay it with: COSOCKET_REPLAY='${replayOf(failure)}' in front of the command`,
    `see it as a timeline: COSOCKET_TRACE=seed-${seed}.json in front of that, too (docs/trace.md)`,
    ...(outside.length > 0 ? [`used outside of the simulation:\n  ${outside.join("\n  ")}`] : []),
    ...(unperformed.length > 0
      ? [`made and never performed (is a yield* missing?):\n  ${unperformed.join("\n  ")}`]
      : []),
    `the end of the log:\n${printed(log.entries.slice(-SHOWN))}`,
  ].join("\n");
}

/** Where an error was thrown. */
function frames(error: unknown): string {
  return stackOf(error)
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}

function stackOf(error: unknown): string[] {
  try {
    const { stack } = error as Error;
    return typeof stack === "string" ? stack.split("\n") : [];
  } catch {
    return [];
  }
}

/** Frames by which the places of two errors are compared. */
const COMPARED = 3;

/**
 * What kind of failure it is, to be compared with others: where it was thrown, in the program's own code. Not what it says: texts hold
 * numbers and identifiers that differ from run to run. Of what has no place it is the text, without those.
 */
export function kindOf(error: unknown): string {
  const { kind, name, code } = attributes(error);
  if (kind !== undefined) return kind;
  const places = stackOf(error).filter((line) => /^\s+at /.test(line));
  const own = places.filter((line) => !/node:|node_modules/.test(line));
  const where = (own.length > 0 ? own : places).slice(0, COMPARED);
  if (where.length > 0) return [name, code, ...where.map((line) => line.trim())].join("\n");
  return textOf(error)
    .split("\n")[0]!
    .replaceAll(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi, "#")
    .replaceAll(/\b(?=\w*\d)\w+\b/g, "#");
}

function attributes(error: unknown): Record<"kind" | "name" | "code", string | undefined> {
  try {
    const { kind, name, code } = (error ?? {}) as Record<string, unknown>;
    const text = (value: unknown): string | undefined =>
      typeof value === "string" ? value : undefined;
    return { kind: text(kind), name: text(name), code: text(code) };
  } catch {
    return { kind: undefined, name: undefined, code: undefined };
  }
}

/** The seed and the faults that the environment asks for. */
export function askedReplay(): { seed: number; only: string[] | undefined } | undefined {
  const asked = process.env["COSOCKET_REPLAY"];
  if (!asked) return undefined;
  const [seed, ...names] = asked.trim().split(/\s+/);
  if (!/^\d+$/.test(seed!))
    throw new TypeError(`COSOCKET_REPLAY begins with a seed, a whole number, not ${shown(seed)}`);
  const only = names.filter((name) => name !== "-");
  checkFaultNames(only);
  return { seed: Number(seed), only: names.length === 0 ? undefined : only };
}
