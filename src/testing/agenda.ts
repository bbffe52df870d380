/** What will happen in the simulated world, by time: a binary heap. Of two things at one time the one that was put in first comes first. */
export class Event {
  cancelled = false;
  constructor(
    /** Seconds of virtual time. */
    readonly at: number,
    readonly order: number,
    readonly happen: () => void,
  ) {}
}

export class Agenda {
  private readonly heap: Event[] = [];
  private lastOrder = 0;

  at(time: number, happen: () => void): Event {
    const event = new Event(time, ++this.lastOrder, happen);
    const { heap } = this;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!before(event, heap[above]!)) break;
      heap[index] = heap[above]!;
      index = above;
    }
    heap[index] = event;
    return event;
  }

  /** Take the next one out; undefined: nothing will ever happen. */
  next(): Event | undefined {
    for (;;) {
      const event = this.pop();
      if (event?.cancelled !== true) return event;
    }
  }

  private pop(): Event | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++;
      if (!before(heap[below]!, last)) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
