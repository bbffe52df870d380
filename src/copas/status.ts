/** What the threads of the loop do, as Copas counts them. */
import { reactor } from "../../reactor/index.js";
import type { Dispatcher } from "./dispatcher.js";
import { isRunning } from "./loop.js";
import { type CopasStatistics, Statistics } from "./statistics.js";

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
  /** Threads that are ready to run, or in the hands of an Effection task. */
  active: number;
}

let statistics: Statistics | null = null;

/** @param enable true switches statistics on, false off; undefined leaves them */
export function status(dispatcher: Dispatcher, enable?: boolean): CopasStatus {
  const counts = { timer: 0, inactive: 0, read: 0, write: 0, active: 0 };
  for (const { fiber } of dispatcher.threads) counts[fiber?.waiting?.kind ?? "active"]++;
  return {
    running: isRunning(dispatcher),
    timeout: dispatcher.timers,
    ...counts,
    ...measured(enable),
  };
}

function measured(enable: boolean | undefined): CopasStatistics | undefined {
  if (enable === false) reactor.meter = statistics = null;
  else if (enable === true && statistics === null) reactor.meter = statistics = new Statistics();
  else return statistics?.take();
  return undefined;
}
