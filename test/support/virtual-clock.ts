import type { Operation } from "effection";
import { reactor, type Alarm, type Clock } from "cosocket/reactor";

interface Ringing {
  at: number;
  ring: () => void;
}

/** Time passes only where `body` lets it, on the real network: nothing is too slow. */
export function* timeStands(body: (clock: VirtualClock) => Operation<void>): Operation<void> {
  const { clock } = reactor;
  const standing = new VirtualClock();
  reactor.clock = standing;
  try {
    yield* body(standing);
  } finally {
    reactor.clock = clock;
  }
}

/** A clock that stands still until nobody can run, and then jumps to the next alarm. */
export class VirtualClock implements Clock {
  #now = 1;
  readonly #alarms = new Set<Ringing>();
  /** Called back by Node, but not yet. */
  #owed = 0;

  now(): number {
    return this.#now;
  }
  time(): number {
    return this.#now;
  }
  setAlarm(callback: () => void, seconds: number): Alarm {
    const alarm = { at: this.#now + Math.max(seconds, 0), ring: callback };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm), hold: () => {} };
  }
  soon(callback: () => void): void {
    this.#owed++;
    process.nextTick(() => {
      this.#owed--;
      callback();
    });
  }
  later(callback: () => void): void {
    this.#owed++;
    setImmediate(() => {
      this.#owed--;
      callback();
    });
  }

  get alarms(): number {
    return this.#alarms.size;
  }

  /** Until nobody can run: promises have settled, too. */
  async settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#owed > 0 || reactor.ready > 0);
  }

  /** Go on to the next alarm; false: there is none. */
  advance(): boolean {
    let first: Ringing | undefined;
    for (const alarm of this.#alarms) if (first === undefined || alarm.at < first.at) first = alarm;
    if (first === undefined) return false;
    this.#alarms.delete(first);
    this.#now = Math.max(this.#now, first.at);
    first.ring();
    return true;
  }
}
