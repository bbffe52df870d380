/** Random programs, as tests: in a simulated world, and on the real network. */
import type { Operation } from "effection";
import { type Faults, simulate } from "cosocket/testing";
import { check } from "./check.js";
import { eachSeed, runs, runsAreAsked } from "./counts.js";

/** Of a program: everything random in it comes from the seed. */
type Program = (seed: number, longest: number) => Operation<void>;

/** What a program must not see: where its streams are cut, how late they are, who runs first. */
const ROUGH: Faults = { split: 0.2, join: 0.1, latency: [0.0001, 0.002], order: 0.2 };
/** Seconds of the longest pause: some times that of a packet; and short, where nobody can make time pass. */
const [VIRTUAL, REAL] = [0.01, 0.002];

/**
 * Two tests of `count` seeds in a simulation, and a few on the real network: COSOCKET_RUNS says another number, COSOCKET_SEED the first.
 *
 * @param what the end of their titles
 */
export function programs(what: string, program: Program, count: number): void {
  const many = runs(count);
  it(`${what}, simulated (${many} seeds)`, async function () {
    if (runsAreAsked) this.timeout(0);
    await eachSeed(many, (seed) =>
      simulate({ seed, faults: seed % 4 === 0 ? {} : ROUGH }, () => program(seed, VIRTUAL)),
    );
  });
  const few = runsAreAsked ? many : Math.ceil(count / 10);
  it(`${what} (${few} seeds)`, async function () {
    if (runsAreAsked) this.timeout(0);
    await eachSeed(few, (seed) => check(() => program(seed, REAL)));
  });
}
