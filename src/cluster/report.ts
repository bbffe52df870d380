/** Events of a cluster in words. */
import { print } from "../object/index.js";
import type { Exit } from "./child.js";
import type { ClusterEvent, WorkerProcess } from "./types.js";

/** What becomes of a process. */
export function ending({ code, signal, reason }: Exit): string {
  return reason ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
}

/** Without a process id: it could not be started. */
const named = ({ slot, pid }: WorkerProcess): string =>
  pid === undefined ? `worker ${slot}` : `worker ${slot} (pid ${pid})`;

/** What somebody should know; null for what is in order. */
export function words(event: ClusterEvent): string | null {
  switch (event.event) {
    case "exit":
      if (event.asked) return null;
      return `${named(event.worker)} has ended${event.reason === null ? " by itself" : ""}: ${ending(event)}`;
    case "restart": {
      const { worker, slot, seconds, failures } = event;
      const when = `is started again in ${seconds} s, for the ${ordinal(failures)} time in a row`;
      // It says so when it begins to end, and its successor need not wait for the rest.
      return worker.state === "ended"
        ? `worker ${slot} ${when}`
        : `${named(worker)} ends by itself: worker ${slot} ${when}`;
    }
    case "kill":
      return `${named(event.worker)} is killed: ${event.reason}`;
    case "reload":
      return `reload: ${event.reason}`;
    case "reloaded":
      return event.error === null
        ? "reload: done"
        : `reload: given up, and those before go on: ${event.error}`;
    default:
      return null;
  }
}

function ordinal(n: number): string {
  const last = n % 100 > 10 && n % 100 < 14 ? 0 : n % 10;
  return `${n}${["th", "st", "nd", "rd"][last] ?? "th"}`;
}

/** The default `onevent`. */
export function reportOnStderr(event: ClusterEvent): void {
  const text = words(event);
  if (text !== null) print(`cluster: ${text}`);
}
