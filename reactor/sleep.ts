import type { Operation } from "effection";
import type { Resumer } from "./reactor.js";
import { PENDING, Wait, type Pending, type WaitKind } from "./wait.js";

class Sleep extends Wait<void> {
  private over = false;
  constructor(private readonly seconds: number) {
    super();
  }
  get description(): string {
    return `sleep(${this.seconds})`;
  }
  get kind(): WaitKind {
    return this.seconds === Infinity ? "inactive" : "timer";
  }
  protected attempt(): void | Pending {
    if (!this.over) return PENDING;
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
  protected enlist(): void {}
  protected leave(): void {
    this.over = false;
  }
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
export function sleep(seconds: number): Operation<void> {
  if (typeof seconds !== "number" || Number.isNaN(seconds)) {
    throw new TypeError(`sleep takes a number of seconds, not ${String(seconds)}`);
  }
  return seconds > 0 ? new Sleep(seconds) : new Yield();
}
