/** The real clock and Node's loop, for what has to be waited for outside of a simulation. */

import { AsyncResource } from "node:async_hooks";

// The real ones: a simulation puts its own in their place.
const { setImmediate, setTimeout, performance } = globalThis;
const now = performance.now.bind(performance);

/** Seconds, from an origin of its own. */
export function realNow(): number {
  return now() / 1000;
}

/** Has `go` called later, by Node's loop. */
export type Pause = (go: () => void) => void;

/** Once around the loop: the kernel has been polled, and promises have gone on. */
export const turn: Pause = (go) => void setImmediate(go);

/** A millisecond in which this process need not run. */
export const rest: Pause = (go) => void setTimeout(go, 1);

/**
 * Take steps with pauses between them, each in the caller's asynchronous context. An async function would do the same, with some
 * promises for each step, of each of which Node tells every hook that there is.
 *
 * @param begin is to begin a pause
 */
export function paced(
  steps: Iterator<Pause, void>,
  begin: (pause: Pause, go: () => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = AsyncResource.bind((): void => {
      try {
        const { done, value } = steps.next();
        if (done) resolve();
        else begin(value, step);
      } catch (error) {
        reject(error as Error);
      }
    });
    step();
  });
}
