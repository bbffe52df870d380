/** What the signals of a primary process mean. */
import process from "node:process";

/** Returns what ends it. */
export function onSignals(told: {
  end(signal: string): void;
  reload(signal: string): void;
}): () => void {
  const end = (signal: string): void => told.end(signal);
  const reload = (signal: string): void => told.reload(signal);
  process.on("SIGTERM", end).on("SIGINT", end).on("SIGHUP", reload);
  return () => void process.off("SIGTERM", end).off("SIGINT", end).off("SIGHUP", reload);
}
