/** What ends a cluster. */

/** A cluster that cannot go on. `code` is "CRASH_LOOP": a worker died again and again; "BUSY": one runs already; "PRIMARY": the primary process runs none. */
export class ClusterError extends Error {
  constructor(
    readonly code: "CRASH_LOOP" | "BUSY" | "PRIMARY",
    message: string,
  ) {
    super(message);
    this.name = "ClusterError";
  }
}
