/** One client's stay with an async handler: how it is awaited, and how it ends when its server does. */
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";
import { isOperation } from "../object/index.js";
import { StreamObject } from "../stream/index.js";
import type { Operations } from "./types.js";

/** Seconds after its signal in which a handler must have settled. */
const PATIENCE = 10;

export class Visit {
  private outcome: { error: unknown } | Record<never, never> | null = null;
  private readonly waiters = new WaitList();
  private controller: AbortController | null = null;
  private ending = false;
  private givenUp = false;
  /** What its handler gets. */
  readonly context: { readonly signal: AbortSignal };

  constructor(
    private readonly client: Operations,
    /** Why its server ends. */
    private readonly reason: () => unknown,
  ) {
    const signal = (): AbortSignal => this.signal;
    this.context = {
      get signal() {
        return signal();
      },
    };
  }

  /** Made when somebody asks: it costs more than a connection does. */
  private get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.ending) this.abort();
    }
    return this.controller.signal;
  }

  settle(promise: PromiseLike<unknown>): void {
    const settled = (outcome: object): void => {
      this.outcome = outcome;
      this.waiters.wakeAll();
    };
    promise.then(
      () => settled({}),
      (error: unknown) => {
        settled({ error });
        // Nobody waits for it any more: as with any promise, that is told to the process.
        if (this.givenUp) this.result();
      },
    );
  }

  /** Whether its handler has settled. */
  get over(): boolean {
    return this.outcome !== null;
  }

  until(seconds: number): Operation<boolean> {
    return new Until("its async handler", "inactive", this.waiters, () => this.over, seconds);
  }

  /** What its handler threw, but that it was told to end. */
  result(): void {
    const { outcome } = this;
    if (outcome !== null && "error" in outcome && !this.told(outcome.error)) throw outcome.error;
  }

  /** Tell it to end. */
  end(): void {
    this.ending = true;
    this.abort();
    // What it waits for without its signal, and that it may still say good-bye.
    if (this.client instanceof StreamObject) this.client.shutdown("receive");
    else this.client.close();
  }

  /** Wait for it no more. */
  giveUp(): never {
    this.givenUp = true;
    throw new Error(
      `the handler was told to end, and has not settled in ${PATIENCE} s: it goes on by itself, without its client`,
    );
  }

  private abort(): void {
    this.controller?.abort(this.reason());
  }

  private told(error: unknown): boolean {
    if (!this.ending) return false;
    const { name, cause } = (error ?? {}) as Partial<Error>;
    const reason: unknown = this.controller?.signal.reason;
    return (
      name === "AbortError" || (reason !== undefined && (error === reason || cause === reason))
    );
  }
}

/** @param returned what the handler has returned */
export function* performVisit(visit: Visit, returned: unknown): Operation<void> {
  if (isOperation(returned)) return yield* returned as Operation<void>;
  if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== "function") return;
  visit.settle(returned as PromiseLike<unknown>);
  try {
    yield* visit.until(Infinity);
  } finally {
    // It waits in the fiber's own generator, where a halt is not lost (docs/rationale.md).
    if (!visit.over) {
      visit.end();
      // eslint-disable-next-line cosocket/no-waiting-in-finally
      if (!(yield* visit.until(PATIENCE))) visit.giveUp();
    }
    visit.result();
  }
}
