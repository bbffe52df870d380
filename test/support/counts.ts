/**
 * How much of the same is done: few on a developer's machine, where it shall not take long, and many in CI. What a test is for, a few can find,
 * too, as a rule: with more it is found that needs luck.
 */
import type { Context } from "mocha";

/** CI=1, as .ci/run sets it. */
export const inFull = process.env["CI"] !== undefined;

/** COSOCKET_RUNS, if it is set: random programs are tried so often. */
const asked = process.env["COSOCKET_RUNS"];
export const runsAreAsked = asked !== undefined;

/** How many random cases a property is tried with: `few`, in CI `many`; or COSOCKET_RUNS. */
export const runs = (few: number, many = few): number => Number(asked ?? times(few, many));

/** How often something that is not random is done again: `few` times, in CI `many`. */
export const times = (few: number, many: number): number => (inFull ? many : few);

/** Leave out a test, or all of a suite, where it is not CI that runs. */
export function onlyInCI(context: Context, why: string): void {
  if (inFull) return;
  console.log(`    skipped: ${why}, and CI does it (CI=1)`);
  context.skip();
}
