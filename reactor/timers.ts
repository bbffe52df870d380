import type { Alarm, Clock } from "./clock.js";
import { Heap, type Placed } from "./heap.js";

/**
 * What a deadline belongs to: told when the deadline has passed.
 *
 * @example
 * const waiter: Expiring = {
 *   expire() {
 *     console.log("it is time");
 *   },
 * };
 */
export interface Expiring {
  expire(): void;
}

/**
 * One point in time that somebody waits for.
 *
 * Made once and armed over and over: a socket keeps one for reading and one for writing. Arming it later than
 * it stands in the heap, and disarming it, only write `at`; the heap is put right when the old place comes up.
 * That makes a timeout on every `receive` cost three stores.
 */
export class Deadline implements Placed {
  /** When it passes, on the monotonic clock, in seconds. Infinity: not armed. */
  at = Infinity;
  /** Its key in the heap: never later than `at` while it is in the heap. */
  due = Infinity;
  /** Of several of one time the one that was armed first passes first: part of the key. */
  order = 0;
  /** What `order` is to be when it stands where it belongs. */
  turn = 0;
  /** Its place in the heap, -1 when it is not there. */
  index = -1;
  /** Who waits. Not null exactly while armed. */
  waiter: Expiring | null = null;
  /**
   * @param holds whether waiting for it alone keeps the process alive: true for a sleep; false beside a
   * socket, which does so itself
   */
  constructor(readonly holds: boolean) {}
}

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
  readonly #heap = new Heap<Deadline>();
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
    if (deadline.index < 0) {
      rekey(deadline);
      this.#heap.add(deadline);
    } else if (at < deadline.due) {
      rekey(deadline);
      this.#heap.earlier(deadline);
    } else if (at === deadline.due) {
      rekey(deadline);
      this.#heap.later(deadline);
    }
    this.#setAlarm();
  }

  disarm(deadline: Deadline): void {
    if (deadline.waiter === null) return;
    deadline.waiter = null;
    deadline.at = Infinity;
    this.#armed--;
    if (deadline.holds) this.#holding--;
    if (this.#armed === 0 || (this.#held && this.#holding === 0)) this.#needsSettling();
  }

  /** Disarm it and take it out of the heap, so that nothing refers to it any more. */
  remove(deadline: Deadline): void {
    this.disarm(deadline);
    this.#heap.delete(deadline);
  }

  /** @internal Disarm all, and forget their places: they are of no use for a clock of another origin. */
  abandon(): void {
    for (const deadline of [...this.#heap]) this.remove(deadline);
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
    const { due } = this.#heap.first!;
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
    const heap = this.#heap;
    for (let { first } = heap; first !== undefined && first.due <= now; first = heap.first) {
      if (first.at > first.due && first.at < Infinity) {
        rekey(first);
        heap.later(first);
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
