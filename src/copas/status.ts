/** What the threads of the loop do, as Copas counts them. */
import type { WaitKind } from "../../reactor/index.js";
import type { Dispatcher } from "./dispatcher.js";
import type { CopasStatistics, Measuring } from "./statistics.js";
import { currentThread, type Thread } from "./thread.js";

/** With statistics once they are switched on and there have been steps. */
export interface CopasStatus extends Partial<CopasStatistics> {
  running: boolean;
  /** Timers of copas.timeout. */
  timeout: number;
  /** Threads that sleep until a given time; that sleep, or wait for another, without one. */
  timer: number;
  inactive: number;
  /** Threads that wait to receive or accept; to send or connect. */
  read: number;
  write: number;
  /** Threads that are ready to run, or in the hands of an Effection task; the caller is not counted. */
  active: number;
}

/** @param enable true switches statistics on, false off; undefined leaves them */
export function status(
  dispatcher: Dispatcher,
  measuring: Measuring,
  enable: boolean | undefined,
): CopasStatus {
  const counts = { timer: 0, inactive: 0, read: 0, write: 0, active: dispatcher.waitingToBegin };
  const caller = currentThread();
  for (const thread of dispatcher.threads) if (thread !== caller) counts[occupation(thread)]++;
  return {
    running: dispatcher.looping,
    timeout: dispatcher.timers,
    ...counts,
    ...measuring.take(enable),
  };
}

function occupation({ fiber }: Thread): WaitKind | "active" {
  const { state, waiting } = fiber!;
  return state === "ready" || waiting === null ? "active" : waiting.kind;
}
