/** What is between the hosts: how long something takes, and whether it gets through at all. */
import type { Fate } from "../faults.js";
import type { Log } from "../log.js";

/** Who sees to it that things happen at their time. */
export interface Post {
  /** In seconds, from an origin of its own. */
  now(): number;
  at(time: number, happen: () => void): void;
  /** As soon as nobody runs. */
  soon(happen: () => void): void;
}

/** Seconds after which a sender gives up what does not get through. (Linux: tcp_retries2) */
const GIVE_UP = 924;

export type Pair = readonly [from: string, to: string];

/** Periods in a row after which hosts are taken to be parted for ever. */
const MOST_PERIODS = 1000;

export class Air {
  /** Pairs that `partition` has parted, and what is to be done when they are healed. */
  private readonly parted = new Map<string, Set<() => void>>();

  /** @param giveUp seconds after which a sender gives up what does not get through */
  constructor(
    private readonly post: Post,
    readonly fate: Fate,
    readonly log: Log,
    readonly giveUp = GIVE_UP,
  ) {}

  now(): number {
    return this.post.now();
  }

  at(time: number, happen: () => void): void {
    this.post.at(Math.max(time, this.now()), happen);
  }

  after(seconds: number, happen: () => void): void {
    this.post.at(this.now() + seconds, happen);
  }

  soon(happen: () => void): void {
    this.post.soon(happen);
  }

  /** Seconds that so many bytes take to leave. */
  takes(bytes: number): number {
    const { bandwidth } = this.fate.faults;
    return bandwidth === undefined ? 0 : bytes / bandwidth;
  }

  /** When something that is to leave at `time` can leave: later, or never, if chance has parted the hosts then. */
  opens([a, b]: Pair, time: number): number {
    if (a === b || this.fate.faults.partition === undefined) return time;
    const period = this.fate.lasts("partition");
    const names = pairName(a, b);
    const first = Math.floor(time / period);
    for (let number = first; number < first + MOST_PERIODS; number++) {
      const begins = Math.max(time, number * period);
      if (this.fate.strikes("partition", `${names}#${number}`, [a, b], begins) === null)
        return begins;
    }
    return Infinity;
  }

  partition(a: string, b: string): void {
    const name = pairName(a, b);
    if (!this.parted.has(name)) this.parted.set(name, new Set());
    this.log.add("world", `parts ${a} from ${b}`);
  }

  heal(a: string, b: string): void {
    const name = pairName(a, b);
    const waiting = this.parted.get(name);
    this.parted.delete(name);
    this.log.add("world", `heals ${a} and ${b}`);
    for (const go of waiting ?? []) go();
  }

  /** Those that wait for the hosts to be healed; null: they are not parted. */
  partedBetween([a, b]: Pair): Set<() => void> | null {
    return this.parted.get(pairName(a, b)) ?? null;
  }
}

function pairName(a: string, b: string): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
