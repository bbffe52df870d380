/** What is told when a simulated program fails. */
import { fibers, status } from "../../reactor/index.js";
import { type Entry, printed } from "./log.js";

/** Entries at the end of the log that an error shows. */
const SHOWN = 30;

/**
 * A simulated program has failed. The message has what it threw, and how to replay it.
 *
 * What it carries is behind getters: test runners print an error's own properties, and the log is long.
 */
export class SimulationError extends Error {
  readonly #failure: Failure;

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
  get log(): readonly Entry[] {
    return this.#failure.log;
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
}

/** Where an error was thrown. */
function frames(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}

export interface Failure {
  cause: unknown;
  seed: number;
  faults: readonly string[];
  log: readonly Entry[];
  runs?: number;
  smallest?: boolean;
}

function replayOf({ seed, faults, smallest }: Failure): string {
  return smallest ? [seed, ...(faults.length > 0 ? faults : ["-"])].join(" ") : String(seed);
}

function message(failure: Failure): string {
  const { cause, seed, faults, log, runs = 1, smallest } = failure;
  const count = runs > 1 ? ` (the first of ${runs} that fails)` : "";
  const schedule = smallest
    ? `the fewest faults with which it fails: ${faults.join(" ") || "none"}`
    : `${faults.length} faults`;
  return [
    `${String(cause)}\n`,
    `seed ${seed}${count}; ${schedule}`,
    `replay it with: COSOCKET_REPLAY='${replayOf(failure)}' in front of the command`,
    `the end of the log:\n${printed(log.slice(-SHOWN))}`,
  ].join("\n");
}

/** The seed and the faults that the environment asks for. */
export function askedReplay(): { seed: number; only: string[] | undefined } | undefined {
  const asked = process.env["COSOCKET_REPLAY"];
  if (!asked) return undefined;
  const [seed, ...only] = asked.trim().split(/\s+/);
  if (!/^\d+$/.test(seed!))
    throw new TypeError(`COSOCKET_REPLAY begins with a seed, a whole number, not ${seed}`);
  return {
    seed: Number(seed),
    only: only.length === 0 ? undefined : only.filter((name) => name !== "-"),
  };
}

/** Nothing can run, and nothing will ever happen. */
export function deadlock(): Error {
  return new Error(`deadlock: nobody can go on, and no deadline is left\n${waiting()}`);
}

export function overtime(limit: number): Error {
  return new Error(
    `it still runs after ${limit} seconds of virtual time (simulate's \`limit\`)\n${waiting()}`,
  );
}

export function livelock(events: number): Error {
  return new Error(
    `${events} things have happened (simulate's \`events\`), and it still runs: is it a loop that waits for nothing?\n${waiting()}`,
  );
}

/** Each fiber, and what it waits for. */
function waiting(): string {
  const lines = fibers().map(({ name, state, waitsFor, parent }) => {
    const what = waitsFor ?? "nothing";
    return `  ${name} (${state}${parent === undefined ? "" : `, child of ${parent}`}) waits for ${what}`;
  });
  return lines.length > 0 ? lines.join("\n") : `  no fibers; ${status().timeout} deadlines`;
}
