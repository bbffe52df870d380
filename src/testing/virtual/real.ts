/** The real clock and Node's loop, for what has to be waited for outside of a simulation. */

// The real ones: a simulation puts its own in their place.
const { setImmediate, setTimeout, performance } = globalThis;
const now = performance.now.bind(performance);

/** Seconds, from an origin of its own. */
export function realNow(): number {
  return now() / 1000;
}

/** Once around Node's loop: the kernel has been polled, and promises have gone on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A millisecond in which this process need not run. */
export function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
