import { Heap, type Placed } from "../../reactor/index.js";

/** A callback at a time. */
class Event implements Placed {
  index = -1;
  constructor(
    /** Seconds of virtual time. */
    readonly due: number,
    readonly order: number,
    readonly callback: () => void,
  ) {}
}

/** The events of the simulated world that are to come, by virtual time; of two at one time the one that was added first comes first. */
export class EventQueue {
  private readonly events = new Heap<Event>();
  private lastOrder = 0;

  /** @returns removes the event, if it has not come */
  at(time: number, callback: () => void): () => void {
    const event = new Event(time, ++this.lastOrder, callback);
    this.events.add(event);
    return () => this.events.delete(event);
  }

  get first(): Event | undefined {
    return this.events.first;
  }

  /** Remove the next one; undefined: there is none. */
  next(): Event | undefined {
    const { first } = this.events;
    if (first !== undefined) this.events.delete(first);
    return first;
  }
}

/** By which code schedules events, on a virtual clock or on the real one. */
export interface Scheduler {
  /** In seconds, from an origin of its own. */
  now(): number;
  at(time: number, callback: () => void): void;
  /** As soon as nobody runs. */
  soon(callback: () => void): void;
}
