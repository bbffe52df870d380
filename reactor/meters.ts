import { reactor } from "./reactor.js";
import type { Meter } from "./types.js";

/** The reactor has one meter; several may want to measure. */
class Meters implements Meter {
  readonly all = new Set<Meter>();
  begin(): void {
    for (const meter of this.all) meter.begin();
  }
  end(): void {
    for (const meter of this.all) meter.end();
  }
}

/**
 * Have turns measured by one more meter, beside those that do already.
 *
 * @returns what ends it
 *
 * @example
 * const stop = measureTurns({ begin: () => console.time("turn"), end: () => console.timeEnd("turn") });
 * stop();
 */
export function measureTurns(meter: Meter): () => void {
  const before = reactor.meter;
  const meters = before instanceof Meters ? before : new Meters();
  if (before !== null && before !== meters) meters.all.add(before);
  reactor.meter = meters;
  meters.all.add(meter);
  return () => {
    meters.all.delete(meter);
    if (meters.all.size === 0 && reactor.meter === meters) reactor.meter = null;
  };
}
