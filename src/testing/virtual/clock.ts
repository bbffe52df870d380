import type { Alarm, Clock } from "../../../reactor/index.js";
import type { EventQueue } from "../event-queue.js";

/** The clock's own origin: not 0, which the reactor takes for "never". */
const ORIGIN = 1;
/** Wall-clock time at the beginning: 2024-01-01T00:00:00Z. */
export const EPOCH = 1_704_067_200;
/** Seconds that pass when somebody lets the others run: so a loop that asks again and again comes to an end. */
const TURN = 1e-5;

/** Time that stands still while somebody can run, and jumps to the next event when nobody can. */
export class VirtualClock implements Clock {
  /** Seconds since the beginning. */
  elapsed = 0;
  private soons: (() => void)[] = [];

  constructor(private readonly events: EventQueue) {}

  readonly now = (): number => ORIGIN + this.elapsed;
  readonly time = (): number => EPOCH + this.elapsed;

  setAlarm(callback: () => void, seconds: number): Alarm {
    return {
      cancel: this.events.at(this.elapsed + Math.max(seconds, 0), callback),
      // Nothing of a simulation keeps the process alive.
      hold: () => {},
    };
  }

  /** When the others have run. */
  next(callback: () => void): Alarm {
    return this.setAlarm(callback, TURN);
  }

  readonly soon = (callback: () => void): void => {
    this.soons.push(callback);
  };

  readonly later = (callback: () => void): void => void this.next(callback);

  get idle(): boolean {
    return this.soons.length === 0;
  }

  /** Call all that is to be called soon. */
  runSoons(): void {
    const soons = this.soons;
    this.soons = [];
    for (const [i, callback] of soons.entries()) {
      try {
        callback();
      } catch (error) {
        // The others are to be called nevertheless.
        this.soons = [...soons.slice(i + 1), ...this.soons];
        throw error;
      }
    }
  }
}
