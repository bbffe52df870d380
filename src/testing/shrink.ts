/** Making a failure smaller: leaving out faults, as long as it still fails in the same way. (Zeller: delta debugging) */
import type { Operation } from "effection";
import { canReplay, kindOf, SimulationError } from "./report.js";
import type { SimulateOptions } from "./simulate-options.js";
import { simulateUntil } from "./simulate.js";
import { ALL_LATENCY } from "./names.js";
import { realNow } from "./virtual/real.js";
import type { World } from "./world.js";

/** What may be spent on it. */
export interface Budget {
  runs: number;
  /** Of real time. */
  seconds: number;
}

export class Shrinking {
  private readonly kind: string;
  /** The smallest so far. */
  private best: SimulationError;
  private runs: number;
  private readonly until: number;

  constructor(
    private readonly options: SimulateOptions,
    private readonly program: (world: World) => Operation<unknown>,
    private readonly failure: SimulationError,
    { runs, seconds }: Budget,
  ) {
    this.kind = kindOf(failure.cause);
    this.best = failure;
    this.runs = runs;
    this.until = realNow() + seconds;
  }

  /** @param tried how many seeds were tried until this one */
  async run(tried: number): Promise<SimulationError> {
    await this.fails([]);
    await this.withoutKinds();
    const late = this.best.faults.filter(isLatency);
    if (late.length > 1) await this.fails([...this.best.faults.filter(isNotLatency), ALL_LATENCY]);
    let smallest = await this.withoutSome();
    if (this.best.faults.includes(ALL_LATENCY)) smallest = (await this.oneLate(late)) || smallest;
    // What the program was to meet, and not what the last attempt was allowed.
    return this.best.with({ runs: tried, smallest, missed: this.failure.missed });
  }

  /** Perhaps it is one delay that matters, and not their sum. True: none of those that are left can be left out. */
  private async oneLate(late: readonly string[]): Promise<boolean> {
    const together = this.best;
    if (!(await this.fails([...together.faults.filter(isNotLatency), ...late], Infinity)))
      return false;
    const smallest = await this.withoutSome();
    if (this.best.faults.length <= together.faults.length) return smallest;
    this.best = together;
    return false;
  }

  /** All of one kind at once: mostly what matters is only one or two kinds. */
  private async withoutKinds(): Promise<void> {
    const kind = (name: string): string => name.split(/[:@]/, 1)[0]!;
    const kinds = new Set(this.best.faults.map(kind));
    for (const one of kinds)
      await this.fails(this.best.faults.filter((name) => kind(name) !== one));
  }

  /** Ever smaller parts. True: none of those that are left can be left out. */
  private async withoutSome(): Promise<boolean> {
    for (let size = this.best.faults.length; ;) {
      const { length } = this.best.faults;
      if (length === 0) return this.best.replay.endsWith(" -");
      size = Math.max(1, Math.min(size >> 1, length));
      let smaller = false;
      for (let start = 0; start < this.best.faults.length;) {
        if (this.spent) return false;
        const { faults } = this.best;
        const rest = [...faults.slice(0, start), ...faults.slice(start + size)];
        if (await this.fails(rest)) smaller = true;
        else start += size;
      }
      if (size === 1 && !smaller) return true;
    }
  }

  private get spent(): boolean {
    return this.runs <= 0 || realNow() >= this.until;
  }

  /** Whether it still fails in the same way with only these; then they are what is to be made smaller. */
  private async fails(
    only: readonly string[],
    fewerThan = this.best.faults.length,
  ): Promise<boolean> {
    if (this.spent || !canReplay(this.best.seed, only)) return false;
    this.runs--;
    const { best } = this;
    try {
      const { until } = this;
      await simulateUntil({ ...this.options, seed: best.seed, only }, this.program, { until });
      return false;
    } catch (error) {
      if (!(error instanceof SimulationError) || kindOf(error.cause) !== this.kind) return false;
      if (error.faults.length >= fewerThan && best.faults.length > 0) return false;
      this.best = error;
      return true;
    }
  }
}

function isLatency(name: string): boolean {
  return name.startsWith("latency:");
}

function isNotLatency(name: string): boolean {
  return !isLatency(name);
}
