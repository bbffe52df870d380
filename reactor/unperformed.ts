/**
 * Operations that were made and never performed: mostly, somebody has forgotten a `yield*`.
 *
 * To take the stack of every operation costs about as much as to perform one. So it is taken of the first ones only, and again from when one
 * was made while the one before it was not performed: where a `yield*` is missing that is so each time.
 */
import type { OperationObserver } from "./observer.js";
import { inWords, placeIn, type Trace, traceOf, type Unperformed } from "./place.js";
import { reactor } from "./reactor.js";

/** How many stacks may still be taken. Runs of one program may have one in common. */
export interface TraceBudget {
  left: number;
}

/** How many stacks are taken, before they are only taken if there is a reason. */
const TRACES = 2000;
/** How many operations are kept that were not performed: that is more than anybody reads. */
const MOST = 1000;

/**
 * Notes what is made, until it is performed.
 *
 * @example
 * const record = new OperationRecord({ left: 1000 });
 * const before = observeOperations(record);
 * record.made(sleep(1));
 * record.performed(sleep(1));
 * for (const { what, place } of record.unperformed()) console.log(`${what}, made ${place}`);
 * observeOperations(before);
 */
export class OperationRecord implements OperationObserver {
  private readonly open = new Map<object, { trace: Trace | null; exact: boolean }>();
  /** Made last, without a stack, and not performed. */
  private last: object | null = null;
  private maker: object | null = null;

  constructor(private readonly budget: TraceBudget = { left: TRACES }) {}

  readonly made = (operation: object): void => {
    const { budget, last } = this;
    if (last !== null) budget.left = Math.max(budget.left, TRACES);
    else if (budget.left === 0) {
      this.last = operation;
      this.maker = reactor.current;
      return;
    }
    budget.left--;
    const trace = traceOf(this.made);
    // It was made a little before, if the same fiber has made both.
    if (last !== null) this.keep(last, this.maker === reactor.current ? trace : null, false);
    this.last = null;
    this.keep(operation, trace, true);
  };

  readonly performed = (operation: object): void => {
    if (operation === this.last) this.last = null;
    else this.open.delete(operation);
  };

  /** Those that nobody has performed until now, one for each place. */
  unperformed(): Unperformed[] {
    if (this.last !== null) this.keep(this.last, null, false);
    this.last = null;
    const places = new Map<string, Unperformed>();
    for (const [operation, { trace, exact }] of this.open) {
      const known = trace === null ? UNKNOWN : placeIn(trace);
      if (known === null) continue;
      const place = exact || trace === null ? `at ${known}` : `shortly before ${known}`;
      if (!places.has(place)) places.set(place, { what: inWords(operation), place });
    }
    return [...places.values()];
  }

  private keep(operation: object, trace: Trace | null, exact: boolean): void {
    if (this.open.size < MOST) this.open.set(operation, { trace, exact });
  }
}

const UNKNOWN = `an unknown place (not of the first ${TRACES} operations)`;
