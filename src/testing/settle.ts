import {
  operation,
  PENDING,
  type Pending,
  reactor,
  sleep,
  QueuedWait,
  type Yieldable,
} from "../../reactor/index.js";
import { simulation } from "./simulate.js";

/**
 * Wait until every other fiber waits: nobody can go on before time passes or something arrives.
 *
 * In a simulation that is exact. On the real network it is as exact as can be: what the kernel has and has not told yet is not known.
 * Cancelling stops the waiting. (trio: wait_all_tasks_blocked)
 *
 * @example
 * const fiber = yield* fork(() => client.receive("*l"));
 * yield* settle();
 * console.log(fiber.state); // "parked"
 */
export function settle(): Yieldable<void> {
  return operation("settle", function* () {
    const world = simulation();
    if (world !== null) return yield* new Settling(world.settling, Infinity);
    // Those that have stepped aside stand in the ready queue, too.
    do yield* sleep(0);
    while (reactor.ready > 0);
  });
}

/** Its list is woken when nobody else can run. */
class Settling extends QueuedWait<void> {
  readonly description = "everybody else to wait";
  private asked = false;
  protected acquire(): void | Pending {
    this.asked = !this.asked;
    if (this.asked) return PENDING;
  }
  protected override leave(): void {
    this.asked = false;
    super.leave();
  }
}
