/**
 * The workers of the cluster whose primary process this is, for those who look: src/cluster tells it, src/inspect asks. Neither loads the other for that.
 */

/** The variable by which the primary process tells a worker its slot, and how many there are: "2/4". */
export const SLOT = "COSOCKET_CLUSTER";

/** A worker process, as its primary process knows it without asking it. Plain data. */
export interface WorkerFacts {
  /** Never used again in this cluster. */
  id: number;
  /** Its place, from 1, which its successor has as well. */
  slot: number;
  pid: number | null;
  state: "starting" | "ready" | "closing" | "ended";
  /** Seconds since it was started. */
  seconds: number;
  /** How often in a row the workers of its slot have died, and how often in all. */
  failures: number;
  restarts: number;
  /** Why it cannot be looked into, in words; null: nobody knows a reason. */
  problem: string | null;
}

export interface Workers {
  /** Those that live, by slot, the oldest first. */
  list(): WorkerFacts[];
  /** Let one be looked into. Gives the path of its Unix socket, when it has answered. Rejects with an Error in words for why not. */
  reach(id: number): Promise<string>;
}

/** Null: this process is no primary process of a cluster. */
export const family: { workers: Workers | null } = { workers: null };
