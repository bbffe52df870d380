/** What drives a simulated world: all that can run runs; then the clock jumps to the next event. */
import type { Operation } from "effection";
import { reactor, run, WaitList } from "../../reactor/index.js";
import { Pool } from "../domain/pool.js";
import { deadlock, livelock, overtime } from "./report.js";
import type { SimWorld, World } from "./world.js";

/** Real requests that the program may have made, and that have to be waited for; and Node's own work on them. */
const REALLY_BUSY = /^(?:FSReq|CloseReq|Immediate)/;

// The real one: a simulation puts its own in its place.
const { setImmediate } = globalThis;

export class Simulation {
  /** Those that wait until nobody else can go on. */
  readonly settling = new WaitList();
  /** How many of setTimeout's and setInterval's are to come. */
  timers: () => number = () => 0;
  private failure: { error: unknown } | null = null;

  constructor(
    readonly world: SimWorld,
    private readonly limit: number,
    private readonly mostEvents: number,
  ) {}

  async perform<T>(program: (world: World) => Operation<T>): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    const task = run(() => program(this.world), { name: "program" });
    task.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
    try {
      await this.drive(() => outcome !== undefined);
    } catch (error) {
      await this.abandon(task);
      throw error;
    }
    Pool.closeAll();
    // What was closed, or asked to be called, may still have something to do.
    await this.drive(() => reactor.ready === 0);
    if ("error" in outcome!) throw outcome.error;
    return outcome!.value;
  }

  /** It cannot go on: let it clean up, as far as that needs nobody else. */
  private async abandon(task: { halt(): PromiseLike<void> }): Promise<void> {
    let over = false;
    const ended = (): void => {
      over = true;
    };
    task.halt().then(ended, ended);
    this.failure = null;
    await this.drive(() => over, 60).catch(() => {});
    Pool.closeAll();
  }

  /** @param more seconds beyond now, if not the limit */
  private async drive(done: () => boolean, more?: number): Promise<void> {
    const { agenda, clock } = this.world;
    const end = more === undefined ? this.limit : clock.elapsed + more;
    for (let events = 0; ; events++) {
      await this.quiet();
      if (this.failure !== null) throw this.failure.error;
      if (done()) return;
      if (events >= this.mostEvents) throw livelock(events);
      if (this.settling.first !== null && reactor.ready === 0) {
        this.settling.first.wake();
        continue;
      }
      const event = agenda.next();
      if (event === undefined) throw deadlock();
      if (event.due > end) throw overtime(end);
      clock.elapsed = Math.max(clock.elapsed, event.due);
      this.attempt(event.happen);
    }
  }

  /** Until nobody can run: what was to be called soon, promises, and Node's own work. */
  private async quiet(): Promise<void> {
    const { clock } = this.world;
    for (;;) {
      this.attempt(() => clock.runSoons());
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.idle && !reallyBusy()) return;
    }
  }

  /** What a callback throws fails the simulation, not the process. */
  private attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.failure ??= { error };
    }
  }

  /** Throws if there is a socket, a fiber or a deadline. */
  mustHaveEndedAll(): void {
    const left = [...this.world.network.open].map(String);
    if (reactor.live > 0) left.push(`${reactor.live} fibers`);
    if (reactor.timers.armed > 0) left.push(`${reactor.timers.armed} deadlines`);
    if (this.timers() > 0) left.push(`${this.timers()} of the program's timers`);
    if (left.length > 0) throw new Error(`it has left behind: ${left.join(", ")}`);
  }
}

function reallyBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => REALLY_BUSY.test(name));
}
