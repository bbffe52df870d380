import type { Yieldable } from "../operation.js";
import { reactor } from "../reactor.js";
import { shown } from "../show.js";
import { Deadline, type Expiring } from "../deadline.js";
import type { FiberParent, Resumer } from "../types.js";
import type { Branch } from "./branch.js";
import { checkPerformable, type Performable } from "./performable.js";
import { Together } from "./together.js";

/**
 * What `within` gives: an array that the operation has returned, as it is, since that is all its values; anything else as `[value]`; or
 * "timeout".
 */
export type Within<T> =
  | (T extends readonly unknown[] ? Values<T> : Values<[T]>)
  | [value: undefined, error: "timeout", partial: undefined];
/** A tuple of one may be taken apart as a result. */
type Values<T extends readonly unknown[]> = T extends readonly [infer V]
  ? [value: V, error?: undefined, partial?: undefined]
  : { -readonly [K in keyof T]: T[K] };

/**
 * A deadline around any operation: several waits, a whole conversation. It is performed by a fiber of its own, and halted when the time is over;
 * its cleanup is waited for, also if that takes longer.
 *
 * @param seconds fractions count; 0 or less: it may do what it can without waiting; Infinity: no deadline
 * @param operation an operation, of this package or of Effection's, or a generator function
 * @returns what it has returned: a result tuple as it is (any array is taken for one), anything else as `[value]`; or
 * `[undefined, "timeout"]`. What it has returned when its time is over is not lost. What belongs to it (sockets, fibers) ends with it, but for what it returns.
 *
 * What it throws is thrown. Cancelling halts it, and waits for its cleanup. (trio: `move_on_after`)
 *
 * @example
 * const [name, err] = yield* within(10, function* () {
 *   yield* client.send("your name?\n");
 *   return yield* client.receive("*l");
 * });
 * if (err) return; // "timeout" of either, "closed"
 */
export function within<const T>(seconds: number, operation: Performable<T>): Yieldable<Within<T>> {
  if (typeof seconds !== "number" || Number.isNaN(seconds))
    throw new TypeError(
      `within takes a number of seconds first, within(5, operation), not ${shown(seconds)}`,
    );
  checkPerformable("within", operation);
  return new Timed<Within<T>>(seconds, operation);
}

class Timed<T> extends Together<T> {
  readonly prefix = "within";
  private limit: Limit | null = null;

  constructor(
    private readonly seconds: number,
    operation: Performable,
  ) {
    super([operation]);
  }
  override get description(): string {
    return `within(${this.seconds})`;
  }
  override get until(): number {
    return this.limit?.at ?? Infinity;
  }

  protected override begin(parent: FiberParent): void {
    super.begin(parent);
    if (this.seconds === Infinity) return;
    this.limit = new Limit(this.branches[0]!);
    // Without any time: when everybody who is ready has run.
    if (this.seconds <= 0) reactor.scheduleAside(this.limit);
    else reactor.timers.arm(this.limit, reactor.clock.now() + this.seconds, this.limit);
  }

  returned(): void {}
  protected failed({ error }: Branch): void {
    this.failWith(error);
  }
  protected outcome(): T {
    const { hasReturned, value } = this.branches[0]!;
    if (!hasReturned) return [undefined, "timeout", undefined] as T;
    return (Array.isArray(value) ? value : [value]) as T;
  }
  protected override leave(): void {
    if (this.limit !== null) reactor.timers.remove(this.limit);
    this.limit = null;
  }
}

/** When the time of an operation is over. It takes its turn among those that are ready. */
class Limit extends Deadline implements Expiring, Resumer {
  constructor(private readonly branch: Branch) {
    super(true);
  }
  expire(): void {
    reactor.enqueue(this);
  }
  resume(): void {
    this.branch.expire();
  }
}
