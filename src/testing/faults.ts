/** What may go wrong in the simulated world, how often, and when. */
import { checkOptionNames, shown, unknownName } from "../../reactor/index.js";

/** How often: of so many opportunities, from 0 to 1; or that, with when and where. */
export type Chance = number | Schedule;

/** When and where something goes wrong: by chance, at given times, or both. */
export interface Schedule {
  /** Of so many opportunities, from 0 to 1, each by itself. Default 0: only `at`. */
  rate?: number;
  /**
   * Seconds of virtual time. For each of them the first opportunity of this kind at or after it is taken, wherever it is (between
   * `between`, if that is said); of a partition: it begins then.
   */
  at?: readonly number[];
  /** Seconds of virtual time: not before, and not from then on. */
  from?: number;
  until?: number;
  /** Only between these two hosts. */
  between?: readonly [string, string];
  /** How long it lasts, of what lasts: a stall (default 5), a partition (default 2). */
  seconds?: number;
}

/** What may go wrong, and how often. See docs/testing.md. */
export interface Faults {
  /** Seconds that a packet takes, one way: always, or from and to. Default 0.0001. */
  latency?: number | readonly [least: number, most: number];
  /** Bytes per second of one direction of a connection. Default: no limit. */
  bandwidth?: number;
  /** For each packet of a stream: it is cut in up to four pieces, which come one by one. */
  split?: Chance;
  /** For each packet of a stream: it comes together with the next one. */
  join?: Chance;
  /** For each packet of a stream: a part of it arrives, then the connection is reset. */
  reset?: Chance;
  /** For each packet of a stream: behind it the receiver sees the end, and what comes later is lost. */
  halfclose?: Chance;
  /** For each packet of a stream: nothing more arrives for `seconds`. */
  stall?: Chance;
  /** For each connection: it is refused. */
  refuse?: Chance;
  /** For each datagram and host that it goes to: it does not arrive; arrives twice; comes after the next one, or a second later. */
  loss?: Chance;
  duplicate?: Chance;
  reorder?: Chance;
  /** For each look-up of a name: it fails ("temporary failure in name resolution"); it is never answered. */
  lookupfail?: Chance;
  lookuphang?: Chance;
  /** For each pair of hosts and each period of `seconds`: nothing passes between them, and streams go on afterwards. */
  partition?: Chance;
  /** For each fiber that is to run while others are ready: another one runs first. */
  order?: Chance;
}

/** A bit of everything: for a first look, and to begin one's own from. */
export const ALL_FAULTS: Readonly<Faults> = {
  latency: [0.0001, 0.02],
  split: 0.3,
  join: 0.1,
  reset: 0.01,
  halfclose: 0.005,
  stall: { rate: 0.005, seconds: 5 },
  refuse: 0.02,
  loss: 0.1,
  duplicate: 0.05,
  reorder: 0.1,
  lookupfail: 0.02,
  lookuphang: 0.01,
  partition: { rate: 0.02, seconds: 2 },
  order: 0.3,
};

export type FaultKind = Exclude<keyof Faults, "latency" | "bandwidth">;

const KINDS = Object.keys({ ...ALL_FAULTS, bandwidth: 0 }) as (keyof Faults)[];
/** Those of which one that happens has a name. */
const NAMED: readonly string[] = KINDS.filter((kind) => kind !== "bandwidth");
const BETWEEN_HOSTS: readonly FaultKind[] = [
  "split",
  "join",
  "reset",
  "halfclose",
  "stall",
  "refuse",
  "loss",
  "duplicate",
  "reorder",
  "partition",
];

export const LATENCY = 0.0001;
/** Default of `seconds`. */
const LASTS: Partial<Record<FaultKind, number>> = { stall: 5, partition: 2 };

/** Not left to chance. */
export function isAmount(kind: keyof Faults): kind is "latency" | "bandwidth" {
  return kind === "latency" || kind === "bandwidth";
}

/** A chance with all that it leaves out. */
export interface FullSchedule {
  rate: number;
  at: readonly number[];
  from: number;
  until: number;
  between: readonly [string, string] | undefined;
  seconds: number;
}

export function scheduleOf(kind: FaultKind, chance: Chance): FullSchedule {
  const schedule: Schedule = typeof chance === "number" ? { rate: chance } : chance;
  const { rate = 0, at = [], from = 0, until = Infinity, between } = schedule;
  const { seconds = LASTS[kind] ?? 1 } = schedule;
  return { rate, at, from, until, between, seconds };
}

// ---- misuse -------------------------------------------------------------------------------------------------------

/** Misuse throws TypeError. */
export function checkFaults(faults: Faults): void {
  if (typeof faults !== "object" || faults === null)
    throw new TypeError(`simulate: faults is an object, { split: 0.1 }, not ${shown(faults)}`);
  for (const [kind, chance] of Object.entries(faults) as [keyof Faults, unknown][]) {
    if (!KINDS.includes(kind))
      throw new TypeError(`simulate: there is no fault ${unknownName(kind, KINDS)}`);
    if (chance === undefined) continue;
    if (isAmount(kind)) checkAmount(kind, chance);
    else checkChance(kind, chance as Chance);
  }
}

/** Names of faults that are to happen. */
export function checkFaultNames(only: readonly string[]): void {
  if (!Array.isArray(only))
    throw new TypeError(`simulate: only is a list of names of faults, not ${shown(only)}`);
  for (const name of only as readonly unknown[]) {
    const kind = typeof name === "string" ? /^(\w+)[:@]./.exec(name)?.[1] : undefined;
    if (kind !== undefined && NAMED.includes(kind)) continue;
    const known = kind === undefined ? "" : `, there is no ${unknownName(kind, NAMED)}`;
    throw new TypeError(
      `simulate: ${shown(name)} is no name of a fault${known}: those of a run are in its \`faults\`, for instance "split:client>server:80#1@0"`,
    );
  }
}

function checkAmount(kind: string, amount: unknown): void {
  const [least, most] = Array.isArray(amount) ? (amount as unknown[]) : [amount, amount];
  const fits = (value: unknown): value is number => typeof value === "number" && value >= 0;
  const pair = !Array.isArray(amount) || (kind === "latency" && amount.length === 2);
  if (pair && fits(least) && fits(most) && least <= most && most < Infinity)
    if (kind === "latency" || most > 0) return;
  const what =
    kind === "latency"
      ? "a number of seconds, or the [least, most] of them"
      : "a number of bytes per second, more than 0";
  throw new TypeError(`simulate: ${kind} is ${what}, not ${shown(amount)}`);
}

const SCHEDULE: readonly (keyof Schedule)[] = ["rate", "at", "from", "until", "between", "seconds"];

function checkChance(kind: FaultKind, chance: Chance): void {
  const wrong = (why: string): TypeError =>
    new TypeError(
      `simulate: ${kind} is a rate from 0 to 1, or { ${SCHEDULE.join(", ")} }, not ${shown(chance)}${why && `: ${why}`}`,
    );
  if (typeof chance !== "number" && (typeof chance !== "object" || chance === null))
    throw wrong("");
  if (typeof chance === "object") checkOptionNames(`simulate: ${kind}`, chance, SCHEDULE);
  const { rate, at, from, until, between, seconds } = scheduleOf(kind, chance);
  const time = (value: unknown): boolean =>
    typeof value === "number" && value >= 0 && value < Infinity;
  if (!(rate >= 0 && rate <= 1))
    throw wrong(typeof chance === "number" ? "" : `rate is ${shown(rate)}`);
  if (!(Array.isArray(at) && at.every(time))) throw wrong("`at` is a list of seconds");
  if (!(time(from) && from < until)) throw wrong("`from` comes before `until`");
  if (at.some((one) => one < from || one >= until))
    throw wrong("`at` is not within `from` and `until`");
  if (typeof chance === "number") return;
  if (chance.rate === undefined && at.length === 0) throw wrong("it needs a rate, or `at`");
  if (!(time(seconds) && seconds > 0)) throw wrong("`seconds` is more than 0");
  if (chance.seconds !== undefined && LASTS[kind] === undefined)
    throw wrong("only a stall and a partition last for `seconds`");
  if (between === undefined) return;
  if (!BETWEEN_HOSTS.includes(kind)) throw wrong("it is not `between` hosts");
  if (!(
    Array.isArray(between) &&
    between.length === 2 &&
    between.every((name) => typeof name === "string")
  ))
    throw wrong("`between` is a pair of names of hosts");
}
