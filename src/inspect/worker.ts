/**
 * `inspect` in a worker of a cluster. The page is its primary process's, which shows all of them: a worker asks for it, and has only a socket of its
 * own, by which it is looked into. (The messages are those of src/cluster, which may not run yet in this process.)
 */
import nodeCluster from "node:cluster";
import process from "node:process";
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";
import { SLOT } from "../object/index.js";
import type { InspectOptions, Settings } from "./server/options.js";

/** What a worker may ask for. */
export type PageOptions = Omit<InspectOptions, "tls">;

/** Where the page is, or why there is none. */
export interface PageAnswer {
  url: string | null;
  error: string | null;
}

/** Seconds in which the primary process should have answered. */
const PATIENCE = 5;

/** Of a cluster of this package. */
export const inWorker = (): boolean =>
  nodeCluster.isWorker && process.env[SLOT] !== undefined && process.connected;

/** The page of the primary process: opened, if there is none. */
export function* pageOfPrimary(settings: Settings): Operation<PageAnswer> {
  const waiting = new WaitList();
  const found: { answer: PageAnswer | null } = { answer: null };
  const got = (message: unknown): void => {
    if ((message as { cosocket?: unknown } | null)?.cosocket !== "page") return;
    found.answer = message as PageAnswer;
    waiting.wakeAll();
  };
  process.on("message", got);
  try {
    process.send!({ cosocket: "page", options: optionsOf(settings) });
    const known = (): boolean => found.answer !== null;
    yield* new Until("the page of the primary process", "inactive", waiting, known, PATIENCE);
  } finally {
    process.off("message", got);
  }
  return found.answer ?? { url: null, error: "the primary process does not answer" };
}

/** Null: keys are not sent around, so it cannot be opened for a worker; but there may be one. */
function optionsOf({ port, host, token, hosts, tls }: Settings): PageOptions | null {
  if (tls !== undefined) return null;
  return { port: port!, host, hosts, ...(token !== null && { token }) };
}
