/**
 * A process that ends in the middle of a simulation: `process.exit`, a hook of async_hooks that throws (Node lets nobody catch that),
 * nothing left for Node to do.
 */

/**
 * Tell it then, and let it not pass for success.
 *
 * @param replay what COSOCKET_REPLAY has to be to see it again
 * @returns ends that
 */
export function tellAtExit(replay: string): () => void {
  let changed = false;
  const tell = (code: number): void => {
    process.stderr.write(
      `the process ends in the middle of a simulation\nreplay it with: COSOCKET_REPLAY='${replay}' in front of the command\n`,
    );
    changed = code === 0;
    if (changed) process.exitCode = 1;
  };
  process.on("exit", tell);
  return () => {
    process.off("exit", tell);
    // Another listener has thrown, and the process goes on.
    if (changed) process.exitCode = undefined;
  };
}
