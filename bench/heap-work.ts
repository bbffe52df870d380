/** How something is done many times over. */
import { run as runTask, sleep as sleepInTask, type Operation } from "effection";
import { run } from "cosocket";
import { Until, WaitList } from "cosocket/reactor";

export type Once = (number: number) => Promise<unknown>;

export interface HeapWork {
  /** How often, when it is run by hand. */
  count: number;
  /** Set up what is needed, and have `once` performed again and again, its argument counting up from one. */
  begin(perform: (once: Once) => Promise<void>): Promise<void>;
}

/** Work that needs nothing around it. */
export function alone(count: number, once: Once): HeapWork {
  return { count, begin: (perform) => perform(once) };
}

/** Several as one: at each time each of them once, and those with lower counts in proportion. */
export function together(works: HeapWork[]): HeapWork {
  const count = Math.max(...works.map((work) => work.count));
  return {
    count,
    begin(perform) {
      const begin = (rest: HeapWork[], begun: Once[]): Promise<void> => {
        const [next, ...others] = rest;
        if (next === undefined)
          return perform(async (number) => {
            for (const once of begun) await once(number);
          });
        const every = Math.round(count / next.count);
        return next.begin((once) => {
          const seldom: Once = async (number) => {
            if (number % every === 0) await once(number / every);
          };
          return begin(others, [...begun, seldom]);
        });
      };
      return begin(works, []);
    },
  };
}

/** A task that lives as long as the work, and performs each piece of it when it is asked to. */
class Worker {
  private readonly changes = new WaitList();
  private asked: { number: number; done: () => void; failed: (error: unknown) => void } | null =
    null;
  private over = false;

  /** What the task runs. `begin` sets up what is needed, and gives what is done each time. */
  *work(begin: Begin): Operation<void> {
    const once = yield* begin();
    for (;;) {
      yield* new Until(
        "work",
        "read",
        this.changes,
        () => this.asked !== null || this.over,
        Infinity,
      );
      const { asked } = this;
      this.asked = null;
      if (asked === null) return;
      try {
        yield* once(asked.number);
        asked.done();
      } catch (error) {
        asked.failed(error);
      }
    }
  }

  readonly perform: Once = (number) =>
    new Promise<void>((done, failed) => {
      this.asked = { number, done, failed };
      this.changes.wakeAll();
    });

  end(): void {
    this.over = true;
    this.changes.wakeAll();
  }
}

export type Begin = () => Operation<(number: number) => Operation<unknown>>;

/** Starts a task that lives long. */
type Start = (body: () => Operation<void>) => PromiseLike<void>;

const aFiber: Start = (body) => run(body);
const aPromotedFiber: Start = (body) =>
  run(function* () {
    yield* sleepInTask(0);
    yield* body();
  });
const aTask: Start = (body) => runTask(body);

function within(start: Start, count: number, begin: Begin): HeapWork {
  return {
    count,
    async begin(perform) {
      const worker = new Worker();
      const working = start(() => worker.work(begin));
      await Promise.race([working, perform(worker.perform)]);
      worker.end();
      await working;
    },
  };
}

/** Work within one fiber that lives as long as all of it: to see what that fiber, and what it holds, keeps each time. */
export function inside(count: number, begin: Begin): HeapWork {
  return within(aFiber, count, begin);
}

/** The same, a third of the times in a fiber, in a promoted one, and in a task of Effection's. */
export function inEach(count: number, begin: Begin): HeapWork {
  const starts = [aFiber, aPromotedFiber, aTask];
  const some = Math.ceil(count / starts.length);
  return together(starts.map((start) => within(start, some, begin)));
}
