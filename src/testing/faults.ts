/** What may go wrong in the simulated world, how often, and when; and which of it did. */
import { Dice, type Roll } from "./dice.js";

/** How often: of so many opportunities, from 0 to 1; or that, with when and where. */
export type Chance = number | Schedule;

export interface Schedule {
  /** Of so many opportunities, from 0 to 1. Default 0: only `at`. */
  rate?: number;
  /** Seconds of virtual time: the first opportunity at or after each of them is taken. */
  at?: readonly number[];
  /** Not before, and not from then on. */
  from?: number;
  until?: number;
  /** Only between these two hosts. */
  between?: readonly [string, string];
  /** How long it lasts, of what lasts: a stall (default 5), a partition (default 2). */
  seconds?: number;
}

export interface Faults {
  /** Seconds that a packet takes, one way: always, or from and to. Default 0.0001. */
  latency?: number | readonly [least: number, most: number];
  /** Bytes per second of one direction of a connection. Default: no limit. */
  bandwidth?: number;
  /** For each packet of a stream: it is cut somewhere, and the pieces come one by one. */
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
  /** For each datagram: it does not arrive; arrives twice; comes later than those behind it. */
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

const KINDS = Object.keys({ ...ALL_FAULTS, bandwidth: 0 }) as (keyof Faults)[];
export type FaultKind = Exclude<keyof Faults, "latency" | "bandwidth">;

export const LATENCY = 0.0001;
/** Default of `seconds`. */
const LASTS: Partial<Record<FaultKind, number>> = { stall: 5, partition: 2 };

/** Misuse throws TypeError. */
export function checkFaults(faults: Faults): void {
  for (const [kind, chance] of Object.entries(faults) as [keyof Faults, unknown][]) {
    if (!KINDS.includes(kind))
      throw new TypeError(`simulate: there is no fault ${kind}: there are ${KINDS.join(", ")}`);
    if (kind === "latency" || kind === "bandwidth") checkAmount(kind, chance);
    else checkChance(kind, chance as Chance);
  }
}

function checkAmount(kind: string, amount: unknown): void {
  const [least, most] = Array.isArray(amount) ? (amount as unknown[]) : [amount, amount];
  const fits = (value: unknown): value is number => typeof value === "number" && value >= 0;
  if (fits(least) && fits(most) && least <= most && (kind === "latency" || most > 0)) return;
  throw new TypeError(`simulate: ${kind} cannot be ${JSON.stringify(amount)}`);
}

function checkChance(kind: FaultKind, chance: Chance): void {
  const { rate = 0, seconds = 1 } = typeof chance === "number" ? { rate: chance } : chance;
  if (!(rate >= 0 && rate <= 1 && seconds > 0))
    throw new TypeError(
      `simulate: ${kind} is a rate from 0 to 1, or { rate, at, from, until, between, seconds }, not ${JSON.stringify(chance)}`,
    );
}

/** Decides what goes wrong, and keeps account of it. */
export class Fate {
  faults: Faults;
  /** What {@link happened}. */
  private readonly struck = new Set<string>();
  private readonly allowed: ReadonlySet<string> | null;
  private readonly taken = new Map<string, number>();
  readonly dice: Dice;

  /**
   * @param only if given, nothing but this goes wrong
   * @param now the virtual time
   * @param tell called once for each thing that goes wrong; not that something is only late
   */
  constructor(
    seed: number,
    faults: Faults,
    only: readonly string[] | undefined,
    private readonly now: () => number,
    private readonly tell: (fault: string) => void,
  ) {
    this.dice = new Dice(seed);
    this.faults = faults;
    this.allowed = only === undefined ? null : new Set(only);
  }

  /** What went wrong, in words that name it in every run of this seed: "reset:c1>5". */
  get happened(): readonly string[] {
    return [...this.struck];
  }

  /** Whether it goes wrong here; then the numbers for how. `where` names the opportunity in every run of this seed. */
  strikes(
    kind: FaultKind,
    where: string,
    hosts?: readonly [string, string],
    when = this.now(),
  ): Roll | null {
    const chance = this.faults[kind];
    if (chance === undefined || chance === 0) return null;
    const name = `${kind}:${where}`;
    const roll = this.dice.about(name);
    const hit = roll.fraction() < this.rate(kind, chance, hosts, when);
    return hit && this.permits(name) ? roll : null;
  }

  private rate(
    kind: FaultKind,
    chance: Chance,
    hosts: readonly [string, string] | undefined,
    now: number,
  ): number {
    if (typeof chance === "number") return chance;
    const { rate = 0, at, from = 0, until = Infinity, between } = chance;
    if (now < from || now >= until) return 0;
    if (between !== undefined && !(hosts && same(between, hosts))) return 0;
    const taken = this.taken.get(kind) ?? 0;
    if (at !== undefined && taken < at.length && now >= at[taken]!) {
      this.taken.set(kind, taken + 1);
      return 1;
    }
    return rate;
  }

  private permits(name: string): boolean {
    if (this.allowed !== null && !this.allowed.has(name)) return false;
    if (!this.struck.has(name)) {
      this.struck.add(name);
      if (!name.startsWith("latency:")) this.tell(name);
    }
    return true;
  }

  /** Seconds that something takes that is under way at `where`. */
  latency(where: string): number {
    const { latency = LATENCY } = this.faults;
    if (typeof latency === "number") return latency;
    const [least, most] = latency;
    const name = `latency:${where}`;
    const roll = this.dice.about(name);
    return this.permits(name) ? roll.between(least, most) : least;
  }

  /** How long it lasts. */
  lasts(kind: FaultKind): number {
    const chance = this.faults[kind];
    return (typeof chance === "object" ? chance.seconds : undefined) ?? LASTS[kind] ?? 1;
  }
}

function same([a, b]: readonly [string, string], [c, d]: readonly [string, string]): boolean {
  return (a === c && b === d) || (a === d && b === c);
}
