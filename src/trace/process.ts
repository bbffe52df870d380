/** The trace of a whole process, as the environment asks for it. */
import { claim, ownFile } from "./own-file.js";
import { begin } from "./record.js";
import type { Started } from "./recording.js";
import type { Failed } from "./store.js";

/** Those that end a process which does not listen to them. */
const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

let whole: Started | null = null;

/**
 * Record until the process ends: by itself, by `process.exit`, by an error that nobody has caught, by a signal. Of one that is killed
 * the file has what was written until then. What it starts itself, and is to be recorded as well, has a file of its own.
 *
 * Throws what the system says of a file that cannot be written.
 *
 * @param failed told if it cannot be written later: on the spot, since the process may be about to end
 * @param seconds if given, and `bytes`, only the last ones are kept
 */
export function traceProcess(file: string, failed: Failed, seconds?: number, bytes?: number): void {
  const options = {
    ...(seconds !== undefined && { seconds }),
    ...(bytes !== undefined && { bytes }),
  };
  claim();
  whole ??= begin(ownFile(file), options, { failed });
  for (const signal of SIGNALS) endBy(signal);
}

/** As if nobody listened, unless somebody else does: that one decides how the process ends. */
function endBy(signal: NodeJS.Signals): void {
  const ended = (): void => {
    if (process.listenerCount(signal) > 1) return;
    whole?.stop();
    process.off(signal, ended);
    process.kill(process.pid, signal);
  };
  process.on(signal, ended);
}

/** In a simulation the file is the simulation's: nothing real is recorded any more. */
export function yieldToSimulation(): void {
  whole?.discard();
  whole = null;
}
