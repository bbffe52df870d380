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
 * it stands in the queue, and disarming it, only write `at`; the queue is put right when the old place comes up.
 * That makes a timeout on every `receive` cost three stores.
 */
export class Deadline {
  /** When it passes, on the monotonic clock, in seconds. Infinity: not armed. */
  at = Infinity;
  /** Its key in the queue: never later than `at` while it is there. */
  due = Infinity;
  /** Of several of one time the one that was armed first passes first: part of the key. */
  order = 0;
  /** What `order` is to be when it stands where it belongs. */
  turn = 0;
  /** Neighbours in a run of the queue; null when it is in none. */
  before: Deadline | null = null;
  behind: Deadline | null = null;
  /** Its place in the heap of the queue, -1 when it is not there. */
  index = -1;
  /** Who waits. Not null exactly while armed. */
  waiter: Expiring | null = null;
  /**
   * @param holds whether waiting for it alone keeps the process alive: true for a sleep; false beside a
   * socket, which does so itself
   */
  constructor(readonly holds: boolean) {}
}
