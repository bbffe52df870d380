import type { Yieldable } from "./operation.js";
import type { Resumer } from "./reactor.js";
import { shown } from "./show.js";
import { PENDING, Wait, type Pending, type WaitKind } from "./wait.js";

/** Parked for a number of seconds, or until it is roused. */
export abstract class Rest<T> extends Wait<T> {
  private over = false;
  constructor(protected readonly seconds: number) {
    super();
  }
  /** The result, when it is over. */
  protected abstract rested(): T;

  get kind(): WaitKind {
    return this.seconds === Infinity ? "inactive" : "timer";
  }
  protected attempt(): T | Pending {
    return this.over ? this.rested() : PENDING;
  }
  protected override get block(): number {
    return this.seconds;
  }
  protected override get holds(): boolean {
    return true;
  }
  override expire(): void {
    this.over = true;
    super.expire();
  }
  /** End it now. False: it is over already. */
  rouse(): boolean {
    if (this.over) return false;
    this.over = true;
    this.wake();
    return true;
  }
  protected enlist(): void {}
  protected leave(): void {
    this.over = false;
  }
}

class Sleep extends Rest<void> {
  get description(): string {
    return `sleep(${this.seconds})`;
  }
  protected rested(): void {}
}

/** Lets everybody else run once, and Node poll the kernel. */
class Yield extends Wait<void> {
  readonly description = "sleep(0)";
  readonly kind = "timer";
  private asked = false;
  protected attempt(): void | Pending {
    this.asked = !this.asked;
    if (this.asked) return PENDING;
  }
  override park(resumer: Resumer): void {
    super.park(resumer);
    this.wakeAside();
  }
  protected enlist(): void {}
  protected leave(): void {
    this.asked = false;
  }
}

/**
 * Let this task sleep, and no other.
 *
 * @param seconds may be fractional; 0 or less only lets the others run; Infinity sleeps until halted
 */
export function sleep(seconds: number): Yieldable<void> {
  if (typeof seconds !== "number" || Number.isNaN(seconds)) {
    throw new TypeError(`sleep takes a number of seconds, not ${shown(seconds)}`);
  }
  return seconds > 0 ? new Sleep(seconds) : new Yield();
}
