/** Telling of operations that a simulated program has made and never performed. */
import type { Unperformed } from "../../reactor/index.js";

/** Places that somebody was told of: `explore` comes to each a thousand times. */
const told = new Set<string>();

/** On stderr, as a warning: to make an operation and not to perform it is no error by itself, though it is rarely meant. */
export function tellUnperformed(seed: number, all: readonly Unperformed[]): void {
  const fresh = all.filter(({ place }) => !told.has(place));
  if (fresh.length === 0) return;
  for (const { place } of fresh) told.add(place);
  const list = fresh.map((one) => `\n  ${withPlace(one)}`).join("");
  process.emitWarning(
    `made and never performed in the run of seed ${seed} (is a yield* missing?):${list}`,
    "SimulationWarning",
  );
}

export function withPlace({ what, place }: Unperformed): string {
  return `${what}, made ${place}`;
}
