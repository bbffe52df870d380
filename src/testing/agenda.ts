import { Heap, type Placed } from "../../reactor/index.js";

/** Something that will happen, at a time. */
class Event implements Placed {
  index = -1;
  constructor(
    /** Seconds of virtual time. */
    readonly due: number,
    readonly order: number,
    readonly happen: () => void,
  ) {}
}

/** What will happen in the simulated world, by time. Of two things at one time the one that was put in first comes first. */
export class Agenda {
  private readonly events = new Heap<Event>();
  private lastOrder = 0;

  /** @returns takes it out again, if it has not happened */
  at(time: number, happen: () => void): () => void {
    const event = new Event(time, ++this.lastOrder, happen);
    this.events.add(event);
    return () => this.events.delete(event);
  }

  get first(): Event | undefined {
    return this.events.first;
  }

  /** Take the next one out; undefined: nothing will ever happen. */
  next(): Event | undefined {
    const { first } = this.events;
    if (first !== undefined) this.events.delete(first);
    return first;
  }
}
