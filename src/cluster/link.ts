/** What connects a worker with its primary process. */
import cluster from "node:cluster";
import process from "node:process";
import type { BoundHandle } from "../network/index.js";
import { isOurs, sender, type ToPrimary, type ToWorker } from "./messages.js";

/** What is told to a worker's end of it. None of these may throw. */
export interface LinkEvents {
  got(message: ToWorker, handle: BoundHandle | undefined): void;
  /** The primary process has ended, or left. */
  gone(): void;
  /** Somebody asks this process to end. */
  signalled(): void;
}

/** A worker's end. */
export interface Link {
  post(message: ToPrimary): void;
  open(events: LinkEvents): void;
  /** Take leave: `gone` is told when what was sent before has arrived. */
  leave(): void;
  close(): void;
}

/** The link of a worker process. Signals that ask it to end are its own; SIGHUP is the primary's. */
export function processLink(): Link {
  const worker = cluster.worker!;
  let events: LinkEvents | null = null;
  const got = (message: unknown, handle: unknown): void => {
    if (isOurs(message)) events?.got(message as ToWorker, handle as BoundHandle | undefined);
  };
  const gone = (): void => {
    // Otherwise node:cluster exits at once, in the middle of what the clients wait for.
    worker.exitedAfterDisconnect = true;
    events?.gone();
  };
  const signalled = (): void => events?.signalled();
  const ignored = (): void => {};
  return {
    post: sender<ToPrimary>(process),
    open(told) {
      events = told;
      process.on("message", got);
      worker.on("disconnect", gone);
      process.on("SIGTERM", signalled).on("SIGINT", signalled).on("SIGHUP", ignored);
    },
    leave: () => void worker.disconnect(),
    close() {
      events = null;
      process.off("message", got);
      process.off("SIGTERM", signalled).off("SIGINT", signalled).off("SIGHUP", ignored);
    },
  };
}

/** Of a worker without a primary process, in a simulation: nobody hears it. */
export function noLink(): Link {
  let events: LinkEvents | null = null;
  return {
    post: () => {},
    open: (told) => void (events = told),
    leave: () => events?.gone(),
    close: () => void (events = null),
  };
}
