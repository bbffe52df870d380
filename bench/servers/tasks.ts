/** What tasks and fibers cost by themselves. */
import { run as runEffection, spawn, type Operation } from "effection";
import { type Fiber, fork, run, sleep } from "cosocket";

/** Microseconds of the processor that `work` takes. */
export async function microseconds(work: () => PromiseLike<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** Microseconds to start a task of a function made for it, as one writes it, let it end, and join it. */
export async function spawnCost(system: string): Promise<number> {
  const fibers = function* (count: number): Operation<void> {
    for (let i = 0; i < count; i++) yield* yield* fork(function* () {});
  };
  const tasks = function* (count: number): Operation<void> {
    for (let i = 0; i < count; i++) yield* yield* spawn(function* () {});
  };
  const [count, once] =
    system === "effection"
      ? [10_000, () => runEffection(() => tasks(10_000))]
      : [200_000, () => run(() => fibers(200_000))];
  // V8 compiles what is hot.
  await once();
  return (await microseconds(once)) / count;
}

/** So long they all sleep, before the first one wakes: they are made in that time. */
const SECONDS_EACH = 10e-6;
const SMALL = 10_000;

/** Microseconds for each of `count` fibers that are all asleep at a time, wake one after the other, and are joined. */
export async function sleeperCost(count: number): Promise<number> {
  const sleepers = function* (count: number): Operation<void> {
    const fibers: Fiber<void>[] = [];
    for (let i = 0; i < count; i++) {
      const seconds = (count + i / 5) * SECONDS_EACH;
      fibers.push(yield* fork(() => sleep(seconds)));
    }
    for (const fiber of fibers) yield* fiber;
  };
  const once = (count: number) => () => run(() => sleepers(count));
  for (let i = 0; i < 10; i++) await once(SMALL)();
  const times = count === SMALL ? 10 : 1;
  let total = 0;
  for (let i = 0; i < times; i++) total += await microseconds(once(count));
  return total / (count * times);
}
