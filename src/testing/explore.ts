/** Trying many seeds, and making the first failure small. */
import type { Operation } from "effection";
import { shown } from "../../reactor/index.js";
import { askedReplay, SimulationError } from "./report.js";
import { Shrinking } from "./shrink.js";
import { checkOptions, type SimulateOptions } from "./simulate-options.js";
import { mustHaveHosts, simulate, simulateUntil } from "./simulate.js";
import { withPlace } from "./unperformed.js";
import type { World } from "./world.js";
import { traceFile } from "./world-trace.js";

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

/** Stacks of operations that are taken before they are only taken if there is a reason: of some seeds; the others do the same. */
const TRACES = 5000;

/** What `explore` gives when no seed has failed. */
export interface Exploration {
  /** How many seeds were tried; none has failed. */
  runs: number;
  /** Seconds of virtual time that they took together. */
  seconds: number;
  /** What was to go wrong, and never did in any of them: kinds of faults, and hosts that there were not. */
  missed: readonly string[];
  /** Operations that were made and never performed in some of them, each place once: mostly, a `yield*` is missing there. */
  unperformed: readonly string[];
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
    const { seconds, missed, unperformed } = await simulate(rest, program);
    return { runs: 1, seconds, missed, unperformed };
  }
  const file = traceFile(rest.trace);
  let seconds = 0;
  let missed: readonly string[] | undefined;
  const hosts = new Set<string>();
  const places = new Map<string, string>();
  const traces = { left: TRACES };
  for (let run = 0; run < runs; run++) {
    const seed = first + run;
    try {
      const simulated = simulateUntil({ ...rest, seed }, program, { traces });
      const { run: done, ...more } = await simulated;
      seconds += done.seconds;
      missed = missed?.filter((what) => done.missed.includes(what)) ?? done.missed;
      for (const host of more.hosts) hosts.add(host);
      for (const one of more.unperformed)
        if (!places.has(one.place)) places.set(one.place, withPlace(one));
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      const shrinking = new Shrinking(rest, program, error, {
        runs: shrink,
        seconds: shrinkSeconds,
      });
      const smallest = await shrinking.run(run + 1);
      if (file !== undefined) {
        const options = { ...rest, seed, ...(smallest.only && { only: smallest.only }) };
        // It fails: that is what is to be seen.
        await simulateUntil(options, program, { file }).catch(() => {});
      }
      throw smallest;
    }
  }
  mustHaveHosts("explore", missed ?? [], hosts);
  return { runs, seconds, missed: missed ?? [], unperformed: [...places.values()] };
}
