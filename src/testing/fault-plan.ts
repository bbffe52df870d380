/** The fault plan of a simulated world: which faults are injected, by the seed, and which were. */
import { SeededRandom, type Draw } from "./seeded-random.js";
import {
  type Chance,
  type Faults,
  type FaultKind,
  type FullSchedule,
  isAmount,
  LATENCY,
  scheduleOf,
} from "./faults.js";
import { ALL_LATENCY, hostKey, pairName } from "./names.js";

export type Pair = readonly [from: string, to: string];

export interface FaultPlanOptions {
  seed: number;
  faults: Faults;
  /** If given, nothing but this goes wrong. */
  only: readonly string[] | undefined;
  /** Virtual time, in seconds. */
  now(): number;
  /** Called once for each thing that goes wrong, with where; not for what is only late. */
  onFault(fault: string): void;
}

export class FaultPlan {
  readonly random: SeededRandom;
  private faults_: Faults = {};
  /** Of {@link faults}, those that are drawn, with the object that the program gave. */
  private readonly schedules = new Map<FaultKind, FullSchedule & { source: object }>();
  /** What {@link happened}. */
  private readonly injected = new Set<string>();
  private readonly allowed: ReadonlySet<string> | null;
  /** Of each schedule: the times of its `at` that no opportunity has taken. */
  private readonly pending = new WeakMap<object, number[]>();
  private readonly now: () => number;
  private readonly onFault: (fault: string) => void;
  /** All kinds that may have gone wrong at one time or another, and the hosts that were named. */
  private readonly kinds = new Set<FaultKind>();
  private readonly hosts = new Set<string>();

  constructor({ seed, faults, only, now, onFault }: FaultPlanOptions) {
    this.random = new SeededRandom(seed);
    this.allowed = only === undefined ? null : new Set(only);
    this.now = now;
    this.onFault = onFault;
    this.faults = faults;
  }

  get faults(): Faults {
    return this.faults_;
  }
  set faults(faults: Faults) {
    // A change of it would change nothing.
    this.faults_ = Object.freeze({ ...faults });
    this.schedules.clear();
    for (const [kind, chance] of Object.entries(faults) as [FaultKind, Chance][]) {
      if (chance === undefined || chance === 0 || isAmount(kind)) continue;
      const schedule = scheduleOf(kind, chance);
      this.schedules.set(kind, {
        ...schedule,
        source: typeof chance === "object" ? chance : schedule,
      });
      this.kinds.add(kind);
      for (const host of schedule.between ?? []) this.hosts.add(host);
    }
  }

  /** What went wrong, by names that are the same in every run of this seed: "reset:client>server:80#1@0". */
  get happened(): readonly string[] {
    return [...this.injected];
  }

  /** What was to go wrong, and never did: kinds, or names if those were given. */
  get missed(): readonly string[] {
    if (this.allowed !== null) return [...this.allowed].filter((name) => !this.injected.has(name));
    const seen = new Set([...this.injected].map((name) => name.split(/[:@]/, 1)[0]));
    return [...this.kinds].filter((kind) => !seen.has(kind));
  }

  /** Those that a schedule named. */
  get namedHosts(): readonly string[] {
    return [...this.hosts];
  }

  /** Whether a fault of this kind is injected here; then the random numbers for how. `where` names the opportunity in every run of this seed. */
  strikes(kind: FaultKind, where: string, hosts?: Pair): Draw | null {
    const schedule = this.schedules.get(kind);
    if (schedule === undefined || !this.applies(schedule, hosts)) return null;
    const time = schedule.at.length > 0 ? this.takeTime(schedule) : undefined;
    if (time !== undefined && this.permits(`${kind}@${time}`, where))
      return this.random.draw(`${kind}@${time}`);
    const name = `${kind}:${where}`;
    const draw = this.random.draw(name);
    return draw.fraction() < schedule.rate && this.permits(name) ? draw : null;
  }

  /** Until when the plan partitions two hosts; null: it does not, now. */
  partitionedUntil([a, b]: Pair): number | null {
    const schedule = this.schedules.get("partition");
    if (schedule === undefined || !this.applies(schedule, [a, b])) return null;
    const { at, rate, seconds, until } = schedule;
    const now = this.now();
    for (const time of at)
      if (now >= time && now < time + seconds && this.permits(`partition@${time}`))
        return Math.min(time + seconds, until);
    let period = Math.floor(now / seconds);
    if ((period + 1) * seconds <= now) period++;
    const name = `partition:${pairName(a, b)}#${period}`;
    const hit = rate > 0 && this.random.draw(name).fraction() < rate && this.permits(name);
    return hit ? Math.min((period + 1) * seconds, until) : null;
  }

  private applies({ from, until, between }: FullSchedule, hosts: Pair | undefined): boolean {
    const now = this.now();
    if (now < from || now >= until) return false;
    return between === undefined || (hosts !== undefined && same(between, hosts));
  }

  /** The earliest time of `at` that has come, and that nobody has taken. */
  private takeTime({ source, at }: FullSchedule & { source: object }): number | undefined {
    let times = this.pending.get(source);
    if (times === undefined) this.pending.set(source, (times = [...at].sort((a, b) => a - b)));
    return times.length > 0 && times[0]! <= this.now() ? times.shift() : undefined;
  }

  private permits(name: string, where?: string): boolean {
    if (this.allowed !== null && !this.allowed.has(name)) return false;
    if (!this.injected.has(name)) {
      this.injected.add(name);
      if (!name.startsWith("latency:"))
        this.onFault(where === undefined ? name : `${name} ${where}`);
    }
    return true;
  }

  /** Seconds that something takes that is under way at `where`. */
  latency(where: string): number {
    const { latency = LATENCY } = this.faults_;
    if (typeof latency === "number") return latency;
    const [least, most] = latency;
    const name = `latency:${where}`;
    const draw = this.random.draw(name);
    const permitted = this.permits(this.allowed?.has(ALL_LATENCY) ? ALL_LATENCY : name);
    return permitted ? draw.between(least, most) : least;
  }

  /** Seconds that something takes at least. */
  get leastLatency(): number {
    const { latency = LATENCY } = this.faults_;
    return typeof latency === "number" ? latency : latency[0];
  }

  /** How long a stall lasts, in seconds. */
  get stall(): number {
    return this.schedules.get("stall")?.seconds ?? 0;
  }
}

function same([a, b]: Pair, [c, d]: Pair): boolean {
  const is = (one: string, other: string): boolean => hostKey(one) === hostKey(other);
  return (is(a, c) && is(b, d)) || (is(a, d) && is(b, c));
}
