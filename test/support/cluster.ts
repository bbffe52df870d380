/** A running cluster, and clients that come all the time. */
import { connect } from "node:net";
import { join } from "node:path";
import type { Operation } from "effection";
import { type Program, program, root } from "./process.js";

/** test/process/workers.ts with a body of it, and what it has printed. */
export class RunningCluster {
  private seen = 0;

  constructor(private readonly running: Program) {}

  get out(): string {
    return this.running.out;
  }

  get pid(): number {
    return this.running.child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.running.child.kill(signal);
  }

  ends(): Promise<{ code: number | null; signal: string | null }> {
    return this.running.ends();
  }

  /** What is waited for from now on has not been printed yet. */
  mark(): void {
    this.seen = this.out.length;
  }

  /** Wait for a line that tells of an event, since the mark: the first one, or that of the worker in a slot. Gives what follows the event's name. */
  async next(event: string, slot = "\\d+", times = 1): Promise<string> {
    const one = `[^]*?\\[${event}\\] (${slot}:[^\n]*)\n`;
    const [, ...found] = await this.running.prints(
      new RegExp(`^[^]{${this.seen}}${one.repeat(times)}`),
    );
    return found.at(-1)!;
  }

  /** How often an event was told of. */
  count(event: string): number {
    return this.out.split(`[${event}]`).length - 1;
  }
}

export function* workers(
  body: string,
  options: object,
  at = "",
  ...node: string[]
): Operation<RunningCluster> {
  const args = [...node, join(root, "dist/test/process/workers.js")];
  const env = { BODY: body, OPTIONS: JSON.stringify(options), AT: at };
  return new RunningCluster(yield* program(process.execPath, args, env));
}

/** What became of a client. */
export interface Visit {
  answer: string;
  error: string | undefined;
  /** How many workers had been killed for certain when it came, and how many may have been when it left. */
  before: number;
  after: number;
}

/** So many clients a second, each with one line on a connection of its own. */
export class Clients {
  readonly visits: Visit[] = [];
  /** Kills that were ordered, and that have happened. */
  ordered = 0;
  happened = 0;
  private readonly timer: NodeJS.Timeout;
  private live = 0;
  private done: (() => void) | null = null;

  constructor(
    private readonly place: { port: number; host: string } | { path: string },
    rate: number,
  ) {
    const begun = performance.now();
    // A timer of a process that is busy comes late: those who are due come together then.
    this.timer = setInterval(() => {
      const due = ((performance.now() - begun) / 1000) * rate;
      while (this.visits.length < due) this.visit();
    }, 1000 / rate);
  }

  private visit(): void {
    const number = this.visits.length;
    const visit: Visit = { answer: "", error: undefined, before: this.happened, after: Infinity };
    this.visits.push(visit);
    this.live++;
    const socket = connect(this.place, () => socket.write(`${number}\n`));
    socket.on("data", (data) => {
      visit.answer += String(data);
      if (visit.answer.endsWith("\n")) socket.end();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => (visit.error = error.code));
    socket.on("close", () => {
      visit.after = this.ordered;
      this.live--;
      if (this.live === 0) this.done?.();
    });
  }

  /** No more; wait until the last has left. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    if (this.live > 0) await new Promise<void>((resolve) => (this.done = resolve));
  }

  /** Those who got no answer; of them, only those that no death of a worker explains. */
  get lost(): string[] {
    const lost = [...this.visits.entries()].filter(
      ([number, { answer }]) => !new RegExp(`^\\d+ \\d+ ${number}\n$`).test(answer),
    );
    return lost
      .filter(([, { error, before, after }]) => error === "ECONNREFUSED" || before === after)
      .map(([number, { answer, error }]) => `${number}: ${error ?? JSON.stringify(answer)}`);
  }
}
