/** Trying many seeds, and making the first failure small. */
import type { Operation } from "effection";
import { shown } from "../../reactor/index.js";
import { askedReplay, SimulationError } from "./report.js";
import { Shrinking } from "./shrink.js";
import {
  checkOptions,
  mustHaveHosts,
  simulate,
  simulateUntil,
  type SimulateOptions,
} from "./simulate.js";
import type { World } from "./world.js";

/** Options of `explore`: those of `simulate` but `only`, and how many seeds. TypeError for others. */
export interface ExploreOptions extends Omit<SimulateOptions, "only"> {
  /** The first seed. Default 1. */
  seed?: number;
  /** How many seeds to try. Default 1000. */
  runs?: number;
  /** How many runs to spend on making a failure smaller. Default 300. */
  shrink?: number;
  /** Real seconds to spend on that. Default 30. */
  shrinkSeconds?: number;
}

/** What `explore` gives when no seed has failed. */
export interface Exploration {
  /** How many seeds were tried; none has failed. */
  runs: number;
  /** Seconds of virtual time that they took together. */
  seconds: number;
  /** What was to go wrong, and never did in any of them: kinds of faults, and hosts that there were not. */
  missed: readonly string[];
}

/** What is simulated: a generator function that is given the simulated world. */
export type Program = (world: World) => Operation<unknown>;

/**
 * Simulate a program with one seed after the other.
 *
 * @returns when none has failed. Rejects with {@link SimulationError} for the first that fails, with the smallest schedule of faults that was
 * found with which it still fails in the same way. With COSOCKET_REPLAY in the environment only that is run.
 *
 * @example
 * await explore({ runs: 1000, faults: ALL_FAULTS }, function* (world) {
 *   yield* world.host("server", program);
 * });
 */
export async function explore(options: ExploreOptions, program: Program): Promise<Exploration> {
  checkOptions("explore", options, ["runs", "shrink", "shrinkSeconds"]);
  const { runs = 1000, seed: first = 1, shrink = 300, shrinkSeconds = 30, ...rest } = options;
  if (!(Number.isInteger(runs) && runs > 0))
    throw new TypeError(`explore: runs is a positive integer, not ${shown(runs)}`);
  for (const [name, value] of Object.entries({ shrink, shrinkSeconds }))
    if (!(typeof value === "number" && value >= 0))
      throw new TypeError(`explore: ${name} is a number from 0, not ${shown(value)}`);
  if (askedReplay() !== undefined) {
    const { seconds, missed } = await simulate(rest, program);
    return { runs: 1, seconds, missed };
  }
  let seconds = 0;
  let missed: readonly string[] | undefined;
  const hosts = new Set<string>();
  for (let run = 0; run < runs; run++) {
    const seed = first + run;
    try {
      const { run: done, hosts: there } = await simulateUntil({ ...rest, seed }, program, Infinity);
      seconds += done.seconds;
      missed = missed?.filter((what) => done.missed.includes(what)) ?? done.missed;
      for (const host of there) hosts.add(host);
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      const shrinking = new Shrinking(rest, program, error, {
        runs: shrink,
        seconds: shrinkSeconds,
      });
      throw await shrinking.run(run + 1);
    }
  }
  mustHaveHosts("explore", missed ?? [], hosts);
  return { runs, seconds, missed: missed ?? [] };
}
