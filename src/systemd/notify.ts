/**
 * Telling systemd how the program does. (sd_notify(3))
 *
 * It listens at a Unix datagram socket, which Node does not have: so `systemd-notify` sends it, a process for each call.
 */
import { execFile } from "node:child_process";
import process from "node:process";
import type { Operation } from "effection";
import {
  monotonicMicroseconds,
  operation,
  shown,
  sleep,
  Until,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import { current } from "../network/index.js";
import { errorWord, fail, type Result } from "../object/index.js";

/** What is told: sd_notify's names, and their values. `READY: 1`, `RELOADING: 1`, `STOPPING: 1`, `STATUS: "in words"`, `WATCHDOG: 1`, ... */
export type Notice = Readonly<Record<string, string | number>>;

/**
 * Tell the service manager how the program does: `READY: 1` when it serves (Type=notify), `RELOADING: 1` and `STOPPING: 1` when it begins to, `STATUS` in
 * words. RELOADING comes with the time (MONOTONIC_USEC), as Type=notify-reload wants it.
 *
 * It starts `systemd-notify`, and waits until the manager has read what it says (that program gives up after 5 seconds). NotifyAccess= has to allow it: docs/deploy.md.
 *
 * @returns `[true]`; `[false]` where nobody wants to know: NOTIFY_SOCKET is not set, or in a simulation; "no such file or directory" without systemd-notify, ...
 * TypeError for names and values that cannot be sent. Cancelling ends the helper. (systemd: sd_notify)
 *
 * @example yield* notify({ READY: 1, STATUS: "serves" });
 */
export function notify(notice: Notice): Yieldable<Result<boolean>> {
  const lines = assignments(notice);
  return operation("notify", () => tell(lines));
}

function assignments(notice: unknown): string[] {
  if (typeof notice !== "object" || notice === null || Object.keys(notice).length === 0)
    throw new TypeError(`notify takes names and values, { READY: 1 }, not ${shown(notice)}`);
  const given = Object.entries(notice);
  for (const [name, value] of given) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name))
      throw new TypeError(`notify: ${shown(name)} is no name of sd_notify: they are in capitals`);
    const text = typeof value === "number" ? String(value) : (value as unknown);
    if (typeof text !== "string" || /[\n\0]/.test(text))
      throw new TypeError(`notify: ${name} must be a number or one line, not ${shown(value)}`);
  }
  if ("RELOADING" in notice && !("MONOTONIC_USEC" in notice))
    given.push(["MONOTONIC_USEC", monotonicMicroseconds()]);
  return given.map(([name, value]) => `${name}=${String(value)}`);
}

function* tell(lines: string[]): Operation<Result<boolean>> {
  const wanted = process.env["NOTIFY_SOCKET"] !== undefined;
  if (!wanted || current.network.transport === "simulated") return [false];
  let outcome: Error | null | undefined;
  const waiters = new WaitList();
  const helper = execFile("systemd-notify", lines, (error) => {
    outcome = error;
    waiters.wakeAll();
  });
  try {
    yield* new Until("systemd-notify", "inactive", waiters, () => outcome !== undefined, Infinity);
  } finally {
    if (outcome === undefined) helper.kill();
  }
  if (outcome === null || outcome === undefined) return [true];
  return fail(errorWord(outcome), { operation: "notify", cause: outcome });
}

/**
 * Tell the service manager, twice in each of its periods (WatchdogSec=), that the program lives. It is the reactor that does it: one that is stuck says nothing,
 * and is started again.
 *
 * @returns at once `[false]` where nobody asks for that: WATCHDOG_USEC is not set, or WATCHDOG_PID is another process; otherwise an error as of
 * {@link notify}, and not before. Cancelling ends it. (systemd: sd_watchdog_enabled)
 *
 * @example yield* fork(() => watchdog());
 */
export function watchdog(): Yieldable<Result<boolean>> {
  return operation("watchdog", function* () {
    const { WATCHDOG_USEC, WATCHDOG_PID } = process.env;
    const seconds = Number(WATCHDOG_USEC ?? 0) / 1e6;
    const mine = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
    if (!(seconds > 0) || !mine) return [false];
    for (;;) {
      const told = yield* tell(["WATCHDOG=1"]);
      if (told[0] !== true) return told;
      yield* sleep(seconds / 2);
    }
  });
}
