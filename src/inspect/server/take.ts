/** A look at all but those who look. */
import type { Fiber } from "../../../reactor/index.js";
import type { Snapshot } from "../facts.js";
import { snapshot, type SnapshotOptions } from "../snapshot.js";

/** The fibers of all inspectors of this process. */
const inspectors = new Set<Fiber>();

/** Leave this fiber out, and all below it, until it is over: what is returned says so. */
export function hide(fiber: Fiber): () => void {
  inspectors.add(fiber);
  return () => inspectors.delete(fiber);
}

export function take(options: SnapshotOptions = {}): Snapshot {
  const taken = snapshot(options);
  const hidden = new Set<number | null>(Array.from(inspectors, ({ id }) => id));
  // Parents come before their children.
  for (const { id, parent } of taken.fibers) if (hidden.has(parent)) hidden.add(id);
  const fibers = taken.fibers.filter(({ id }) => !hidden.has(id));
  const sockets = taken.sockets.filter(({ fiber }) => fiber === null || !hidden.has(fiber));
  const open = new Set(sockets.map(({ id }) => id));
  const servers = taken.servers.filter(({ id }) => open.has(id));
  return { ...taken, fibers, sockets, servers };
}
