/**
 * With COSOCKET_DEBUG in the environment: operations that nobody has performed are told of on stderr, when nobody can perform them any more
 * (they were collected as garbage), or when the process ends.
 */
import { inWords, placeIn, type Trace, traceOf, type Unperformed } from "./place.js";

export class Forgotten {
  /** Made just now. Almost all are performed before the next microtask. */
  private readonly fresh = new Map<object, Trace>();
  private readonly kept = new WeakMap<object, Unperformed>();
  private readonly all = new Set<Unperformed>();
  /** Places that were told of. */
  private readonly told = new Set<string>();
  private readonly collected = new FinalizationRegistry<Unperformed>((one) => {
    this.all.delete(one);
    const text = this.textOf(one);
    if (text !== null) process.emitWarning(text, "CosocketWarning");
  });

  constructor() {
    process.on("exit", () => {
      this.sift();
      for (const one of this.all) {
        const text = this.textOf(one);
        if (text !== null) console.error(`CosocketWarning: ${text}`);
      }
    });
  }

  readonly made = (operation: object): void => {
    if (this.fresh.size === 0) queueMicrotask(this.sift);
    this.fresh.set(operation, traceOf(this.made));
  };

  readonly performed = (operation: object): void => {
    if (this.fresh.delete(operation)) return;
    const one = this.kept.get(operation);
    if (one === undefined) return;
    this.kept.delete(operation);
    this.all.delete(one);
    this.collected.unregister(operation);
  };

  /** Of those that are left over nothing may be kept by which they could not be collected. */
  private readonly sift = (): void => {
    for (const [operation, trace] of this.fresh) {
      const place = placeIn(trace);
      if (place === null) continue;
      const one = { what: inWords(operation), place: `at ${place}` };
      this.kept.set(operation, one);
      this.all.add(one);
      this.collected.register(operation, one, operation);
    }
    this.fresh.clear();
  };

  /** Of each place once. */
  private textOf({ what, place }: Unperformed): string | null {
    if (this.told.has(place)) return null;
    this.told.add(place);
    return `${what}, made ${place}, was never performed (is a yield* missing?)`;
  }
}
