import type { Yieldable } from "./operation.js";
import { shown } from "./show.js";
import type { Resumer, WaitKind } from "./types.js";
import { PENDING, Wait, type Pending } from "./wait.js";

/**
 * Parked for a number of seconds, or until it is woken. Of 0 seconds: until everybody else has run once, and Node has polled the
 * kernel.
 *
 * @example
 * class Nap extends Sleep<string> {
 *   readonly description = "nap";
 *   protected slept = () => "rested";
 * }
 * const nap = new Nap(5);
 * setTimeout(() => nap.wake(), 100);
 * const how = yield* nap;
 */
export abstract class Sleep<T> extends Wait<T> {
  private over = false;
  /** @param seconds not negative */
  constructor(protected readonly seconds: number) {
    super();
  }
  /** The result, when it is over. */
  protected abstract slept(): T;

  get kind(): WaitKind {
    return this.seconds === Infinity ? "inactive" : "timer";
  }
  protected attempt(): T | Pending {
    return this.over ? this.slept() : PENDING;
  }
  protected override get block(): number {
    return this.seconds > 0 ? this.seconds : Infinity;
  }
  protected override get holds(): boolean {
    return true;
  }
  override park(resumer: Resumer): void {
    super.park(resumer);
    if (this.seconds > 0) return;
    this.over = true;
    this.wakeAside();
  }
  override expire(): void {
    this.over = true;
    super.expire();
  }
  /** End it now. False: it is over already. */
  override wake(): boolean {
    if (this.over) return false;
    this.over = true;
    super.wake();
    return true;
  }
  protected enlist(): void {}
  protected leave(): void {
    this.over = false;
  }
}

class PlainSleep extends Sleep<void> {
  get description(): string {
    return `sleep(${this.seconds})`;
  }
  protected slept(): void {}
}

/**
 * Let this task sleep, and no other.
 *
 * @param seconds may be fractional; 0 or less only lets the others run; Infinity sleeps until halted
 *
 * @example
 * yield* sleep(0.5);
 * yield* sleep(0); // let the others run
 */
export function sleep(seconds: number): Yieldable<void> {
  if (typeof seconds !== "number" || Number.isNaN(seconds)) {
    throw new TypeError(`sleep takes a number of seconds, not ${shown(seconds)}`);
  }
  return new PlainSleep(Math.max(seconds, 0));
}
