/** What `simulate` is told, checked. */
import { checkOptionNames, shown } from "../../reactor/index.js";
import { checkFaultNames, checkFaults, type Faults } from "./faults.js";

/** Options of `simulate`. TypeError for others. See docs/testing.md. */
export interface SimulateOptions {
  /** A whole number; the same one gives the same run. Default 1. */
  seed?: number;
  /** What may go wrong. Default: nothing. */
  faults?: Faults;
  /** If given, of all that the seed has in store only this goes wrong: what {@link Run.faults} lists. */
  only?: readonly string[];
  /** Other names of hosts: `{ "www.example.com": "server" }`; a name with the addresses of several: `{ "www.example.com": ["one", "two"] }`. */
  names?: Readonly<Record<string, string | readonly string[]>>;
  /** Seconds of virtual time after which it fails. Default: a day. */
  limit?: number;
  /** How many things may happen, before it is taken for a loop without end. Default: ten million. */
  events?: number;
  /** How many entries of the log are kept, the last ones. Default 250,000. */
  entries?: number;
  /**
   * The name of a file: what every fiber did, and the network, in virtual time, for Perfetto or the page of `inspect` (docs/seeing.md). It is written when the
   * run ends, also when it fails; by `explore` only when one fails, of the smallest schedule that was found. COSOCKET_TRACE in the environment names one, too.
   * true: log also what each fiber waits for, and when it goes on.
   */
  trace?: boolean | string;
  /** Whether it may leave sockets, timers or fibers behind. Default: then it fails. */
  leaks?: boolean;
}

/** Options of `simulate`. */
const OPTIONS = ["seed", "faults", "only", "names", "limit", "events", "entries", "trace", "leaks"];

/** Misuse throws TypeError. */
export function checkOptions(what: string, options: object, more: readonly string[]): void {
  const known = OPTIONS.filter((name) => name !== "only");
  checkOptionNames(what, options, [...known, ...more]);
  const given = options as SimulateOptions;
  const {
    seed = 1,
    only,
    names = {},
    limit = 1,
    events = 1,
    entries = 1,
    faults = {},
    trace = false,
  } = given;
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new TypeError(`${what}: the seed is a whole number from 0, not ${shown(seed)}`);
  if (!(typeof limit === "number" && limit > 0))
    throw new TypeError(`${what}: limit is a number of seconds, not ${shown(limit)}`);
  if (!(typeof events === "number" && events > 0))
    throw new TypeError(`${what}: events is a number from 1, not ${shown(events)}`);
  if (!(Number.isSafeInteger(entries) && entries >= 0))
    throw new TypeError(`${what}: entries is a whole number from 0, not ${shown(entries)}`);
  if (typeof names !== "object" || names === null)
    throw new TypeError(
      `${what}: names is an object, { "www.example.com": "server" }, not ${shown(names)}`,
    );
  if (!(typeof trace === "boolean" || (typeof trace === "string" && trace !== "")))
    throw new TypeError(
      `${what}: trace is the name of a file, "run.json", or true or false, not ${shown(trace)}`,
    );
  checkFaults(faults);
  if (only !== undefined) checkFaultNames(only);
}
