/**
 * How much of the same is done: few on a developer's machine, where it shall not take long, and many in CI. What a test is for, a few can find,
 * too, as a rule: with more it is found that needs luck. And which random programs these are: the same each time, or others by COSOCKET_SEED.
 * Loaded by mocha (.mocharc.js, `require`), since it tells fast-check the same.
 */
import type { Context } from "mocha";

/** CI=1, as .ci/run sets it. */
export const inFull = process.env["CI"] !== undefined;

/** COSOCKET_RUNS, if it is set: random programs are tried so often. */
const asked = process.env["COSOCKET_RUNS"];
export const runsAreAsked = asked !== undefined;

/** How many random cases a property is tried with: `few`, in CI `many`; or COSOCKET_RUNS. */
export const runs = (few: number, many = few): number => Number(asked ?? times(few, many));

/** COSOCKET_SEED, if it is set: random programs begin with it, others than always. */
const begin = process.env["COSOCKET_SEED"];

/** Neither more nor others were asked for: these programs are known to take every branch of their model. */
export const areTheUsual = asked === undefined && begin === undefined;

/** The first seed of a test's random programs: `usual`, or COSOCKET_SEED. */
export const firstSeed = (usual = 1): number => Number(begin ?? usual);

/** Do it with `count` seeds, one after the other. A failure says with which: with that one as COSOCKET_SEED it is the first. */
export async function eachSeed(
  count: number,
  test: (seed: number) => Promise<unknown>,
): Promise<void> {
  const first = firstSeed();
  for (let seed = first; seed < first + count; seed++) {
    try {
      await test(seed);
    } catch (error) {
      if (error instanceof Error) error.message += ` (COSOCKET_SEED=${seed})`;
      throw error;
    }
  }
}

// Properties of fast-check begin anywhere each time, and say where: that can be COSOCKET_SEED, too.
if (!areTheUsual) {
  const { default: fc } = await import("fast-check");
  fc.configureGlobal({
    ...(asked !== undefined && { numRuns: Number(asked) }),
    ...(begin !== undefined && { seed: Number(begin) }),
  });
}

/** How often something that is not random is done again: `few` times, in CI `many`. */
export const times = (few: number, many: number): number => (inFull ? many : few);

/** Leave out a test, or all of a suite, where it is not CI that runs. */
export function onlyInCI(context: Context, why: string): void {
  if (inFull) return;
  console.log(`    skipped: ${why}, and CI does it (CI=1)`);
  context.skip();
}
