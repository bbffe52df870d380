/** What combinators cost by themselves: this package's, and what one writes with Effection instead. */
import * as effection from "effection";
import type { Operation } from "effection";
import { all, channel, each, event, fork, race, run, sleep, within } from "cosocket";
import { microseconds } from "./tasks.js";

/** Does it so many times. */
type Work = (count: number) => Operation<unknown>;

const times = (operation: () => Operation<unknown>): Work =>
  function* (count) {
    for (let i = 0; i < count; i++) yield* operation();
  };

/** What is performed: it returns at once, so that what is measured is what is around it. */
function* nothing(): Operation<void> {}

const ours: Record<string, Work> = {
  within: times(() => within(10, nothing)),
  race: times(() => race([() => sleep(Infinity), nothing])),
  all: times(() => all([nothing, nothing])),
  event: times(function* () {
    const ready = event();
    const waiter = yield* fork(() => ready.wait());
    ready.set();
    yield* waiter;
  }),
  *channel(count) {
    const numbers = channel<number>(64);
    yield* fork(function* () {
      for (let i = 0; i < count; i++) yield* numbers.send(i);
    });
    for (let i = 0; i < count; i++) yield* numbers.receive();
  },
  *each(count) {
    const numbers = channel<number>(64);
    yield* fork(function* () {
      for (let i = 0; i < count; i++) yield* numbers.send(i);
      numbers.close();
    });
    let sum = 0;
    for (const number of yield* each(numbers)) {
      sum += number;
      yield* each.next();
    }
    return sum;
  },
};

const effections: Record<string, Work> = {
  within: times(() => effection.race([nothing(), effection.sleep(10_000)])),
  race: times(() => effection.race([effection.suspend(), nothing()])),
  all: times(() => effection.all([nothing(), nothing()])),
  event: times(function* () {
    const ready = effection.withResolvers<void>();
    const waiter = yield* effection.spawn(() => ready.operation);
    ready.resolve();
    yield* waiter;
  }),
  *channel(count) {
    const numbers = effection.createChannel<number, void>();
    const items = yield* numbers;
    yield* effection.spawn(function* () {
      for (let i = 0; i < count; i++) yield* numbers.send(i);
    });
    for (let i = 0; i < count; i++) yield* items.next();
  },
  *each(count) {
    const numbers = effection.createChannel<number, void>();
    yield* effection.spawn(function* () {
      // Until somebody listens.
      yield* effection.sleep(0);
      for (let i = 0; i < count; i++) yield* numbers.send(i);
      yield* numbers.close();
    });
    let sum = 0;
    for (const number of yield* effection.each(numbers)) {
      sum += number;
      yield* effection.each.next();
    }
    return sum;
  },
};

/** Microseconds for one of them, or for one item. */
export async function combinatorCost(system: string, what: string): Promise<number> {
  const light = system !== "effection";
  const count = light ? 100_000 : 4_000;
  const work = (light ? ours : effections)[what]!;
  const once = (): PromiseLike<unknown> =>
    light ? run(() => work(count)) : effection.run(() => work(count));
  // V8 compiles what is hot.
  await once();
  return (await microseconds(once)) / count;
}
