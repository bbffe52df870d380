/**
 * In a worker of node:cluster connections come with messages of the primary process. A server that has been closed here refuses those
 * that are still on their way, and the primary gives them to another worker; but if this process exits before it has, they are nobody's:
 * their clients wait for ever. So whoever has closed a server has to stay for one round trip.
 */
import * as net from "node:net";
import process from "node:process";

/** Nobody can listen there, on any system: /dev/null is no folder. */
const NOWHERE = "/dev/null/cosocket";

/** Call `done` when all that the primary has sent before it knew that a server was closed has arrived; at once, where there is none. */
export function afterHandovers(done: () => void): void {
  if (process.connected !== true) return done();
  let over = false;
  const once = (): void => {
    if (over) return;
    over = true;
    process.removeListener("disconnect", once);
    done();
  };
  process.once("disconnect", once);
  // The primary is asked to listen, and its answer comes behind all that it has sent before. A child that is no worker fails by itself.
  net.createServer().once("error", once).listen({ path: NOWHERE });
}
