/** What ends a cluster. */

/** A cluster that cannot go on. `code` is "CRASH_LOOP": a worker died again and again; "BUSY": one runs already, or has run in this process; "PRIMARY": the primary process runs none; "PROGRAM": the workers could not run this program: it is in a thread, or in no file. */
export class ClusterError extends Error {
  constructor(
    readonly code: "CRASH_LOOP" | "BUSY" | "PRIMARY" | "PROGRAM",
    message: string,
  ) {
    super(message);
    this.name = "ClusterError";
  }
}
