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
import { errorWord, fail, type Result, type SocketError } from "../object/index.js";

/** What is told: sd_notify's names, and their values. `READY: 1`, `RELOADING: 1`, `STOPPING: 1`, `STATUS: "in words"`, `WATCHDOG: 1`, ... */
export type Notice = Readonly<Record<string, string | number>>;

/**
 * Tell the service manager how the program does: `READY: 1` when it serves (Type=notify), `RELOADING: 1` and `STOPPING: 1` when it begins to, `STATUS` in
 * words. RELOADING comes with the time (MONOTONIC_USEC), as Type=notify-reload wants it.
 *
 * It starts `systemd-notify`, and waits until the manager has read what it says (that program gives up after 5 seconds). NotifyAccess= has to allow it: docs/deploy.md.
 *
 * @returns `[true]`; `[false]` where nobody wants to know: NOTIFY_SOCKET is not set, or in a simulation; "no such file or directory" without systemd-notify, or its socket; "connection refused" where nobody listens, ...
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
  const { NOTIFY_SOCKET = "" } = process.env;
  if (NOTIFY_SOCKET === "" || current.network.transport === "simulated") return [false];
  let outcome: Error | null | undefined;
  const waiters = new WaitList();
  let said = "";
  // In words that do not depend on where it runs.
  const env = { ...process.env, LC_ALL: "C" };
  const helper = execFile("systemd-notify", lines, { env }, (error, _, errors) => {
    outcome = error;
    said = errors;
    waiters.wakeAll();
  });
  try {
    yield* new Until("systemd-notify", "inactive", waiters, () => outcome !== undefined, Infinity);
  } finally {
    if (outcome === undefined) helper.kill();
  }
  if (outcome === null || outcome === undefined) return [true];
  return fail(reasonOf(outcome, said), { operation: "notify", cause: outcome });
}

/** The end of "Failed to notify init system: Connection refused", as LuaSocket would say it. */
function reasonOf(error: Error, said: string): SocketError {
  const [, text] = /^Failed.*: ([^:\n]+)$/m.exec(said) ?? [];
  // All texts of strerror can be errors.
  return text === undefined ? errorWord(error) : (text.toLowerCase() as SocketError);
}

/**
 * Tell the service manager, twice in each of its periods (WatchdogSec=), that the program lives. It is the reactor that does it: one that is stuck says nothing,
 * and is started again.
 *
 * @returns at once `[false]` where nobody asks for that: WATCHDOG_USEC is not set, or WATCHDOG_PID is another process; "invalid argument" for a WATCHDOG_USEC that makes no sense; otherwise an error as of
 * {@link notify}, and not before. Cancelling ends it. (systemd: sd_watchdog_enabled)
 *
 * @example yield* fork(() => watchdog());
 */
export function watchdog(): Yieldable<Result<boolean>> {
  return operation("watchdog", function* () {
    const { WATCHDOG_USEC, WATCHDOG_PID } = process.env;
    if (WATCHDOG_USEC === undefined) return [false];
    if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid) return [false];
    const seconds = Number(WATCHDOG_USEC) / 1e6;
    if (!/^\d{1,16}$/.test(WATCHDOG_USEC) || seconds === 0) return fail("invalid argument");
    for (;;) {
      const told = yield* tell(["WATCHDOG=1"]);
      if (told[0] !== true) return told;
      yield* sleep(seconds / 2);
    }
  });
}
