/** The variables by which systemd says which sockets it has passed. (sd_listen_fds(3)) */
import cluster from "node:cluster";
import process from "node:process";

/** The first descriptor that is passed. (SD_LISTEN_FDS_START) */
const FIRST = 3;

const NAMES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] as const;

export interface Passed {
  fd: number;
  /** "unknown", where systemd gives none. */
  name: string;
}

/**
 * Those for this process, one by one: there may be fewer than the variables say.
 *
 * @returns none where they are for another one; null where the variables make no sense
 */
export function passedSockets(): Iterable<Passed> | null {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env;
  if (LISTEN_PID === undefined || LISTEN_FDS === undefined) return [];
  // A worker listens at what its primary process has.
  const whose = [process.pid, ...(cluster.isWorker ? [process.ppid] : [])];
  if (!whose.includes(Number(LISTEN_PID))) return [];
  if (!/^\d{1,6}$/.test(LISTEN_FDS)) return null;
  const count = Number(LISTEN_FDS);
  const names = LISTEN_FDNAMES === undefined ? [] : LISTEN_FDNAMES.split(":");
  if (names.length > 0 && names.length !== count) return null;
  return each(count, names);
}

function* each(count: number, names: readonly string[]): Iterable<Passed> {
  for (let i = 0; i < count; i++) yield { fd: FIRST + i, name: names[i] ?? "unknown" };
}

/** They are for nobody else: not for the processes that this one starts. */
export function forgetPassed(): void {
  for (const name of NAMES) delete process.env[name];
}
