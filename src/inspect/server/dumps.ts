/** Dumps of all workers: of a primary process, each is asked for its own. */
import { ask, nameOf, workersNow } from "./workers.js";

/** Seconds that a worker may take: V8 is asked for the places of up to a thousand fibers. */
const PATIENCE = 3;

/** What everybody waits for in each of the workers, one after the other, each with its name. */
export async function dumpsOfWorkers(): Promise<string[]> {
  return await Promise.all(
    workersNow().map(async (worker) => {
      try {
        const { content } = await ask(worker.id, "/dump", PATIENCE);
        return `${nameOf(worker)}: ${String(content).trimEnd()}`;
      } catch (error) {
        return `${nameOf(worker)}: ${(error as Error).message}`;
      }
    }),
  );
}
