/** Trying many seeds, and making the first failure small. */
import type { Operation } from "effection";
import { askedReplay, type Failure, SimulationError } from "./report.js";
import { simulate, type SimulateOptions } from "./simulate.js";
import type { World } from "./world.js";

export interface ExploreOptions extends Omit<SimulateOptions, "only"> {
  /** The first seed. Default 1. */
  seed?: number;
  /** How many seeds to try. Default 1000. */
  runs?: number;
  /** How many runs to spend on making a failure smaller. Default 300. */
  shrink?: number;
}

export interface Exploration {
  /** How many seeds were tried; none has failed. */
  runs: number;
  /** Seconds of virtual time that they took together. */
  seconds: number;
}

type Program = (world: World) => Operation<unknown>;

/**
 * Simulate a program with one seed after the other.
 *
 * @returns when none has failed. Rejects with {@link SimulationError} for the first that fails, with the smallest schedule of faults that was
 * found with which it still fails in the same way. With COSOCKET_REPLAY in the environment only that is run.
 */
export async function explore(options: ExploreOptions, program: Program): Promise<Exploration> {
  const { runs = 1000, seed: first = 1, shrink = 300, ...rest } = options;
  if (!(Number.isInteger(runs) && runs > 0))
    throw new TypeError(`explore: runs is a positive integer, not ${String(runs)}`);
  if (askedReplay() !== undefined) {
    const { seconds } = await simulate(rest, program);
    return { runs: 1, seconds };
  }
  let seconds = 0;
  for (let run = 0; run < runs; run++) {
    const seed = first + run;
    try {
      seconds += (await simulate({ ...rest, seed }, program)).seconds;
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      const smaller = await new Shrinking(rest, program, error, shrink).run();
      throw new SimulationError({ ...smaller, seed, runs: run + 1 });
    }
  }
  return { runs, seconds };
}

/** Leaves out faults, as long as it still fails in the same way. (Zeller: delta debugging) */
class Shrinking {
  private readonly kind: string;

  constructor(
    private readonly options: SimulateOptions,
    private readonly program: Program,
    private failure: SimulationError,
    private budget: number,
  ) {
    this.kind = kindOf(failure.cause);
  }

  async run(): Promise<Omit<Failure, "seed">> {
    await this.withoutKinds();
    const smallest = await this.withoutSome();
    const { cause, faults, log } = this.failure;
    return { cause, faults, log, smallest };
  }

  /** All of one kind at once: mostly what matters is only one or two kinds. */
  private async withoutKinds(): Promise<void> {
    const kinds = new Set(this.failure.faults.map((name) => name.split(":")[0]!));
    for (const kind of kinds)
      await this.fails(this.failure.faults.filter((name) => !name.startsWith(`${kind}:`)));
  }

  /** Ever smaller parts. True: none of those that are left can be left out. */
  private async withoutSome(): Promise<boolean> {
    for (let size = this.failure.faults.length; size >= 1;) {
      let smaller = false;
      for (let start = 0; start < this.failure.faults.length;) {
        if (this.budget <= 0) return false;
        const { faults } = this.failure;
        const rest = [...faults.slice(0, start), ...faults.slice(start + size)];
        if (await this.fails(rest)) smaller = true;
        else start += size;
      }
      if (size === 1 && !smaller) return true;
      size = Math.max(1, Math.min(size >> 1, this.failure.faults.length));
      if (this.failure.faults.length === 0) return true;
    }
    return true;
  }

  /** Whether it still fails in the same way with only these; then they are what is to be made smaller. */
  private async fails(only: readonly string[]): Promise<boolean> {
    if (only.length >= this.failure.faults.length || this.budget-- <= 0) return false;
    try {
      await simulate({ ...this.options, seed: this.failure.seed, only }, this.program);
      return false;
    } catch (error) {
      if (!(error instanceof SimulationError) || kindOf(error.cause) !== this.kind) return false;
      if (error.faults.length >= this.failure.faults.length) return false;
      this.failure = error;
      return true;
    }
  }
}

/** The first line of an error without its numbers. */
function kindOf(error: unknown): string {
  return String(error).split("\n")[0]!.replaceAll(/\d+/g, "#");
}
