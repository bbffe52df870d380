import { Deadline } from "./deadline.js";
import { Heap, isBefore } from "./heap.js";

/** Runs that are kept: for so many timeouts of different lengths nothing is ever sorted. */
const MOST_RUNS = 4;

/**
 * Deadlines, by their keys; each can be taken out.
 *
 * A program has few timeouts of different lengths, and those of one length pass in the order in which they were armed. So a
 * deadline is appended to a run of others that are due earlier, wherever that is possible: constant time for each, and no memory is
 * touched but its neighbours', however many there are. A heap has what fits nowhere.
 */
export class DeadlineQueue {
  /** Rings, in order; the head of each is no deadline, and due before all. */
  readonly #runs: Deadline[] = [];
  readonly #heap = new Heap<Deadline>();

  get first(): Deadline | undefined {
    let { first } = this.#heap;
    for (const head of this.#runs) {
      const next = head.behind!;
      if (next !== head && (first === undefined || isBefore(next, first))) first = next;
    }
    return first;
  }

  has(deadline: Deadline): boolean {
    return deadline.behind !== null || deadline.index >= 0;
  }

  /** Only for one that is not there. */
  add(deadline: Deadline): void {
    const head = this.#runFor(deadline);
    if (head === null) return this.#heap.add(deadline);
    const last = head.before!;
    deadline.before = last;
    deadline.behind = head;
    last.behind = head.before = deadline;
  }

  /** Take it out, if it is there. */
  delete(deadline: Deadline): void {
    const { before, behind } = deadline;
    if (behind === null) return this.#heap.delete(deadline);
    before!.behind = behind;
    behind.before = before;
    deadline.before = deadline.behind = null;
  }

  /** Of those that it can be appended to the run that ends latest: so each length of timeout finds its own. */
  #runFor(deadline: Deadline): Deadline | null {
    let best: Deadline | null = null;
    for (const head of this.#runs) {
      const last = head.before!;
      if (isBefore(deadline, last)) continue;
      if (best === null || isBefore(best.before!, last)) best = head;
    }
    if (best === null && this.#runs.length < MOST_RUNS) this.#runs.push((best = newRun()));
    return best;
  }

  *[Symbol.iterator](): Generator<Deadline> {
    yield* this.#heap;
    for (const head of this.#runs)
      for (let next = head.behind!; next !== head; next = next.behind!) yield next;
  }
}

function newRun(): Deadline {
  const head = new Deadline(false);
  head.due = -Infinity;
  return (head.before = head.behind = head);
}
