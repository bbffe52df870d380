/**
 * What fails outside of any fiber: in a promise that nobody waits for, a callback, an event, a stream, a worker. Node tells the
 * process; while a simulation runs, that is told.
 */
const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Have `failed` called with each such error, and nobody else who listens for them, as test runners do: they would see a failure
 * without its seed.
 *
 * @returns puts everything back
 */
export function catchUncaught(failed: (error: unknown) => void): () => void {
  const listener = (error: unknown): void => failed(error);
  const before = EVENTS.map((event) => [event, process.rawListeners(event)] as const);
  for (const event of EVENTS) {
    process.removeAllListeners(event);
    process.on(event, listener);
  }
  return () => {
    for (const [event, listeners] of before) {
      process.off(event, listener);
      for (const one of listeners) process.on(event, one as () => void);
    }
  };
}
