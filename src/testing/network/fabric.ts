/** The network fabric between the hosts: its latency and bandwidth, and which hosts are partitioned. */
import type { Scheduler } from "../event-queue.js";
import type { FaultPlan, Pair } from "../fault-plan.js";
import type { Log } from "../log.js";
import { pairName } from "../names.js";

export type { Pair } from "../fault-plan.js";

/** Seconds after which a sender gives up what does not get through. (Linux: tcp_retries2) */
const GIVE_UP = 924;

/** A transmission that waits for the end of a partition. */
interface BlockedSend {
  readonly hosts: Pair;
  go(): void;
  /** When it will be tried again. */
  next: number;
}

export class Fabric {
  /** Pairs that `partition` has separated. */
  private readonly partitioned = new Set<string>();
  /** The oldest first. */
  private readonly blocked = new Set<BlockedSend>();

  /** @param giveUp seconds after which a sender gives up what does not get through */
  constructor(
    private readonly scheduler: Scheduler,
    readonly plan: FaultPlan,
    readonly log: Log,
    readonly giveUp = GIVE_UP,
  ) {}

  now(): number {
    return this.scheduler.now();
  }

  at(time: number, callback: () => void): void {
    this.scheduler.at(Math.max(time, this.now()), callback);
  }

  after(seconds: number, callback: () => void): void {
    this.scheduler.at(this.now() + seconds, callback);
  }

  soon(callback: () => void): void {
    this.scheduler.soon(callback);
  }

  /** Seconds that the bandwidth takes for so many bytes. */
  transmissionTime(bytes: number): number {
    const { bandwidth } = this.plan.faults;
    return bandwidth === undefined ? 0 : bytes / bandwidth;
  }

  /** Until when two hosts are partitioned, as far as that is known; null: they are not. */
  private partitionedUntil([a, b]: Pair): number | null {
    if (a === b) return null;
    if (this.partitioned.has(pairName(a, b))) return Infinity;
    return this.plan.partitionedUntil([a, b]);
  }

  passes(hosts: Pair): boolean {
    return this.partitionedUntil(hosts) === null;
  }

  /** Call `go` when something can pass between two hosts: at once, if it can now; `lost` if it cannot for `giveUp` seconds. */
  pass(hosts: Pair, go: () => void, lost?: () => void): void {
    if (this.passes(hosts)) return go();
    const send = { hosts, go, next: -1 };
    this.blocked.add(send);
    this.retry(send);
    if (lost === undefined || this.giveUp === Infinity) return;
    this.after(this.giveUp, () => {
      if (this.blocked.delete(send)) lost();
    });
  }

  private retry(send: BlockedSend): void {
    if (!this.blocked.has(send)) return;
    const until = this.partitionedUntil(send.hosts);
    if (until === null) {
      this.blocked.delete(send);
      send.go();
    } else if (until < Infinity && until !== send.next) {
      send.next = until;
      this.at(until, () => this.retry(send));
    }
  }

  /** The partitions, or the plan, have changed: what is blocked may be able to pass. */
  changed(): void {
    for (const send of [...this.blocked]) this.retry(send);
  }

  partition(a: string, b: string): void {
    this.partitioned.add(pairName(a, b));
    this.log.network("world", null, `parts ${a} from ${b}`);
  }

  repair(a: string, b: string): void {
    this.partitioned.delete(pairName(a, b));
    this.log.network("world", null, `heals ${a} and ${b}`);
    this.changed();
  }
}
