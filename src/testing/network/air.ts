/** What is between the hosts: how long something takes, and whether it gets through at all. */
import type { Fate, Pair } from "../fate.js";
import type { Log } from "../log.js";
import { pairName } from "../names.js";

export type { Pair } from "../fate.js";

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

/** Something that cannot pass at the moment. */
interface Passing {
  readonly hosts: Pair;
  go(): void;
  /** When it will be tried again. */
  next: number;
}

export class Air {
  /** Pairs that `partition` has parted. */
  private readonly parted = new Set<string>();
  /** What is to pass when it can, the oldest first. */
  private readonly waiting = new Set<Passing>();

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

  /** Until when nothing passes between two hosts, as far as that is known; null: it passes. */
  private closedUntil([a, b]: Pair): number | null {
    if (a === b) return null;
    if (this.parted.has(pairName(a, b))) return Infinity;
    return this.fate.parts([a, b]);
  }

  passes(hosts: Pair): boolean {
    return this.closedUntil(hosts) === null;
  }

  /** Call `go` when something can pass between two hosts: at once, if it can now; `lost` if it cannot for `giveUp` seconds. */
  pass(hosts: Pair, go: () => void, lost?: () => void): void {
    if (this.passes(hosts)) return go();
    const passing = { hosts, go, next: -1 };
    this.waiting.add(passing);
    this.retry(passing);
    if (lost === undefined || this.giveUp === Infinity) return;
    this.after(this.giveUp, () => {
      if (this.waiting.delete(passing)) lost();
    });
  }

  private retry(passing: Passing): void {
    if (!this.waiting.has(passing)) return;
    const until = this.closedUntil(passing.hosts);
    if (until === null) {
      this.waiting.delete(passing);
      passing.go();
    } else if (until < Infinity && until !== passing.next) {
      passing.next = until;
      this.at(until, () => this.retry(passing));
    }
  }

  /** Perhaps something can pass now that could not before. */
  changed(): void {
    for (const passing of [...this.waiting]) this.retry(passing);
  }

  partition(a: string, b: string): void {
    this.parted.add(pairName(a, b));
    this.log.add("world", `parts ${a} from ${b}`);
  }

  heal(a: string, b: string): void {
    this.parted.delete(pairName(a, b));
    this.log.add("world", `heals ${a} and ${b}`);
    this.changed();
  }
}
