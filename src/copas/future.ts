import type { Operation } from "effection";
import { PENDING, Turn, WaitList } from "../../reactor/index.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Thread } from "./thread.js";

/** `[true, value]`, or `[false, error]`; the error of a cancelled one is "cancelled". */
export type Outcome<T> = [ok: true, value: T] | [ok: false, error: unknown];

/** What a thread will have returned. (Copas: copas.future) */
export class Future<T> {
  private outcome: Outcome<T> | null = null;
  private readonly getters = new WaitList();
  private readonly thread: Thread;

  /** @internal Use `copas.future.addthread`. */
  constructor(
    private readonly dispatcher: Dispatcher,
    name: string | undefined,
    body: () => Operation<T>,
  ) {
    this.thread = dispatcher.add(
      name,
      () => this.run(body),
      undefined,
      // Halted from outside: those who wait must not wait for ever.
      () => this.settle([false, "cancelled"]),
    );
  }

  private *run(body: () => Operation<T>): Operation<void> {
    try {
      this.settle([true, yield* body()]);
    } catch (error) {
      this.settle([false, error]);
    }
  }

  private settle(outcome: Outcome<T>): void {
    this.outcome ??= outcome;
    this.getters.wakeAll();
  }

  /** Wait for the outcome. Any number of tasks may; it stays. Cancelling leaves the others alone. (Copas: future:get) */
  get(): Operation<Outcome<T>> {
    return new Turn<Outcome<T>>(
      `future of ${this.thread.name}`,
      this.getters,
      () => this.outcome ?? PENDING,
      () => [false, "timeout"],
      Infinity,
    );
  }

  /** What is known now: `[PENDING]`, `[SUCCESS, value]` or `[ERROR, error]`. (Copas: future:try) */
  try(): [pending: false] | [success: true, value: T] | [error: "error", error: unknown] {
    if (this.outcome === null) return [false];
    return this.outcome[0] ? this.outcome : ["error", this.outcome[1]];
  }

  /** Halt the thread, if it still runs: whether it did. Those who wait get `[false, "cancelled"]`. (Copas: future:cancel) */
  cancel(): boolean {
    if (this.outcome !== null) return false;
    this.settle([false, "cancelled"]);
    this.dispatcher.remove(this.thread);
    return true;
  }
}
