import { measureTurns, type Meter, reactor } from "../../reactor/index.js";

/** What `copas.status(true)` counts since it was last asked. Times are wall-clock seconds, durations milliseconds. (Copas: copas.status) */
export interface CopasStatistics {
  time_start: number;
  time_end: number;
  time_tot: number;
  /** Average time of a step with what it waited, in ms. */
  time_avg: number;
  /** Turns of the reactor. */
  steps: number;
  /** How long turns took, without what they waited, in ms. */
  duration_tot: number;
  duration_avg: number;
  duration_min: number;
  duration_max: number;
  duration_min_ever: number;
  duration_max_ever: number;
}

const ms = (seconds: number): number => Math.round(seconds * 1e6) / 1e3;
const wallClock = (seconds: number): number => Math.round(seconds * 1e3) / 1e3;

/** One that counts for a loop. */
class Statistics implements Meter {
  private start = reactor.clock.now();
  private startTime = reactor.clock.time();
  private steps = 0;
  private total = 0;
  private shortest = Infinity;
  private longest = 0;
  private shortestEver = Infinity;
  private longestEver = 0;
  private begun: number | null = null;

  begin(): void {
    this.begun = reactor.clock.now();
  }

  end(): void {
    // Switched on in the middle of a turn.
    if (this.begun === null) return;
    const duration = reactor.clock.now() - this.begun;
    this.steps++;
    this.total += duration;
    this.shortest = Math.min(this.shortest, duration);
    this.longest = Math.max(this.longest, duration);
  }

  /** What was counted, and begin again; undefined while there is nothing. */
  take(): CopasStatistics | undefined {
    const { steps, total, shortest, longest, start, startTime } = this;
    if (steps === 0) return undefined;
    const now = reactor.clock.now();
    this.shortestEver = Math.min(this.shortestEver, shortest);
    this.longestEver = Math.max(this.longestEver, longest);
    this.start = now;
    this.startTime = reactor.clock.time();
    this.steps = this.total = this.longest = 0;
    this.shortest = Infinity;
    return {
      time_start: wallClock(startTime),
      time_end: wallClock(this.startTime),
      time_tot: wallClock(now - start),
      time_avg: ms((now - start) / steps),
      steps,
      duration_tot: ms(total),
      duration_avg: ms(total / steps),
      duration_min: ms(shortest),
      duration_max: ms(longest),
      duration_min_ever: ms(this.shortestEver),
      duration_max_ever: ms(this.longestEver),
    };
  }
}

/** The switch of copas.status. */
export class Measuring {
  private statistics: Statistics | null = null;
  private unmeasure: (() => void) | null = null;

  /** What was counted since it was last asked, if it is switched on. @param enable true: on from now; false: off */
  take(enable: boolean | undefined): CopasStatistics | undefined {
    if (enable === false) this.stop();
    else if (enable === true && this.statistics === null) this.start();
    else return this.statistics?.take();
    return undefined;
  }

  private start(): void {
    this.statistics = new Statistics();
    this.unmeasure = measureTurns(this.statistics);
  }

  private stop(): void {
    this.unmeasure?.();
    this.statistics = this.unmeasure = null;
  }
}
