import type { Alarm, Clock } from "./clock.js";
import type { Deadline, Expiring } from "./deadline.js";
import { DeadlineQueue } from "./deadline-queue.js";

/** Its key says when it passes. */
function rekey(deadline: Deadline): void {
  deadline.due = deadline.at;
  deadline.order = deadline.turn;
}

/**
 * All deadlines of a reactor on one alarm.
 *
 * @example
 * const deadline = new Deadline(true);
 * reactor.timers.arm(deadline, reactor.clock.now() + 5, { expire: () => console.log("5 s") });
 * reactor.timers.disarm(deadline); // and it can be armed again
 * reactor.timers.remove(deadline); // nothing refers to it any more
 */
export class Timers {
  readonly #queue = new DeadlineQueue();
  readonly #clock: () => Clock;
  readonly #afterFiring: () => void;
  readonly #needsSettling: () => void;
  #alarm: Alarm | null = null;
  /** When the alarm rings; Infinity without one. */
  #alarmAt = Infinity;
  #held = false;
  #lastOrder = 0;
  /** Armed deadlines, and those among them that hold the process. */
  #armed = 0;
  #holding = 0;

  /**
   * @param afterFiring called when deadlines have passed and their waiters are ready to run
   * @param needsSettling called when {@link settle} should be, before Node waits
   */
  constructor(clock: () => Clock, afterFiring: () => void, needsSettling: () => void) {
    this.#clock = clock;
    this.#afterFiring = afterFiring;
    this.#needsSettling = needsSettling;
  }

  /** How many deadlines are armed. */
  get armed(): number {
    return this.#armed;
  }

  arm(deadline: Deadline, at: number, waiter: Expiring): void {
    if (deadline.waiter === null) {
      this.#armed++;
      if (deadline.holds) this.#holding++;
    }
    deadline.waiter = waiter;
    deadline.at = at;
    // Round, after some hours: a small integer costs nothing.
    deadline.turn = this.#lastOrder = (this.#lastOrder + 1) | 0;
    // One that is due later stays where it is until that comes up, with the key that it has there.
    if (!this.#queue.has(deadline)) this.#place(deadline);
    else if (at <= deadline.due) this.#move(deadline);
    if (deadline.due < this.#alarmAt) this.#setAlarm();
    else this.#hold();
  }

  #place(deadline: Deadline): void {
    rekey(deadline);
    this.#queue.add(deadline);
  }

  #move(deadline: Deadline): void {
    this.#queue.delete(deadline);
    this.#place(deadline);
  }

  disarm(deadline: Deadline): void {
    if (deadline.waiter === null) return;
    deadline.waiter = null;
    deadline.at = Infinity;
    this.#armed--;
    if (deadline.holds) this.#holding--;
    if (this.#armed === 0 || (this.#held && this.#holding === 0)) this.#needsSettling();
  }

  /** Disarm it and take it out of the queue, so that nothing refers to it any more. */
  remove(deadline: Deadline): void {
    this.disarm(deadline);
    this.#queue.delete(deadline);
  }

  /** @internal Disarm all, and forget their places: they are of no use for a clock of another origin. */
  abandon(): void {
    for (const deadline of [...this.#queue]) this.remove(deadline);
    this.settle();
  }

  /** @internal At the end of a turn: without armed deadlines there is no alarm either, and it holds only for sleepers. */
  settle(): void {
    if (this.#alarm === null) return;
    if (this.#armed === 0) {
      this.#alarm.cancel();
      this.#alarm = null;
      this.#alarmAt = Infinity;
    } else this.#hold();
  }

  #hold(): void {
    const hold = this.#holding > 0;
    if (hold === this.#held) return;
    this.#held = hold;
    this.#alarm!.hold(hold);
  }

  #setAlarm(): void {
    const { due } = this.#queue.first!;
    if (due < this.#alarmAt) {
      this.#alarm?.cancel();
      const clock = this.#clock();
      this.#alarm = clock.setAlarm(this.#ring, due - clock.now());
      this.#alarmAt = due;
      this.#held = true;
    }
    this.#hold();
  }

  readonly #ring = (): void => {
    this.#alarm = null;
    this.#alarmAt = Infinity;
    const now = this.#clock().now();
    const queue = this.#queue;
    for (let { first } = queue; first !== undefined && first.due <= now; first = queue.first) {
      if (first.at > first.due && first.at < Infinity) {
        this.#move(first);
        continue;
      }
      const { waiter } = first;
      this.remove(first);
      waiter?.expire();
    }
    if (this.#armed > 0) this.#setAlarm();
    this.#afterFiring();
  };
}
