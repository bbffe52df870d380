/** Operations that are awaited. */
import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { expect } from "chai";
import { ensure, type Operation, sleep as effectionSleep } from "effection";
import {
  all,
  fibers,
  fork,
  HaltedError,
  race,
  run,
  sleep,
  status,
  useFiber,
  within,
} from "cosocket";
import {
  awaited,
  channels,
  operation,
  PENDING,
  reactor,
  toPromise,
  Wait,
  WaitList,
  type Yieldable,
} from "cosocket/reactor";

/** Numbers that are put in from outside, for those that wait: first come, first served. */
class Numbers {
  readonly all: number[] = [];
  readonly waiters = new WaitList();
  readonly left: string[] = [];
  put(number: number): void {
    this.all.push(number);
    this.waiters.first?.wake();
  }
  take(name = "take"): Yieldable<number> {
    return new Take(this, name);
  }
}

class Take extends Wait<number> {
  readonly kind = "inactive";
  constructor(
    private readonly numbers: Numbers,
    readonly description: string,
  ) {
    super();
  }
  protected attempt(): number | typeof PENDING {
    const { all, waiters } = this.numbers;
    if (all.length === 0 || !waiters.admits(this)) return PENDING;
    return all.shift()!;
  }
  protected enlist(): void {
    this.numbers.waiters.add(this);
  }
  protected leave(): void {
    const { left, waiters, all } = this.numbers;
    left.push(this.description);
    waiters.delete(this);
    if (all.length > 0) waiters.first?.wake();
  }
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );

describe("an operation that is awaited", () => {
  let unhandled: unknown[];
  const note = (error: unknown): void => void unhandled.push(error);
  let listeners: NodeJS.UnhandledRejectionListener[];
  beforeEach(() => {
    unhandled = [];
    listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
  });
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener("unhandledRejection", note);
    for (const listener of listeners) process.on("unhandledRejection", listener);
    expect(fibers()).to.deep.equal([]);
    expect(awaited()).to.deep.equal([]);
    expect([reactor.ready, status().timeout]).to.deep.equal([0, 0]);
  });

  it("gives what is there at once, and waits for what is not", async () => {
    const numbers = new Numbers();
    numbers.put(1);
    expect(await toPromise(numbers.take())).to.equal(1);
    const second = toPromise(numbers.take());
    const third = toPromise(numbers.take());
    numbers.put(2);
    numbers.put(3);
    expect([await second, await third]).to.deep.equal([2, 3]);
  });

  it("begins at the call, and needs no fiber for what only waits", async () => {
    const numbers = new Numbers();
    const log: string[] = [];
    const promise = toPromise(
      operation("two", function* () {
        log.push("begun");
        const first = yield* numbers.take();
        return first + (yield* numbers.take());
      }),
    );
    expect(log).to.deep.equal(["begun"]);
    numbers.put(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fibers()).to.deep.equal([]);
    expect(awaited().map(({ waitsFor }) => waitsFor)).to.deep.equal(["take"]);
    numbers.put(2);
    expect(await promise).to.equal(3);
  });

  it("goes on in a fiber with what only a fiber can perform: forks, Effection's effects, what asks for its fiber", async () => {
    const promise = toPromise(
      operation("mixed", function* () {
        yield* sleep(0);
        const child = yield* fork(function* () {
          yield* effectionSleep(0);
          return "child";
        });
        return [yield* child, (yield* useFiber())!.name];
      }),
    );
    expect(await promise).to.deep.equal(["child", "mixed"]);
  });

  it("rejects with what it throws, wherever that is", async () => {
    const failing = (steps: () => Operation<unknown>): Promise<unknown> =>
      caught(toPromise(operation("failing", steps)));
    const error = new Error("failed");
    expect(
      await failing(function* () {
        throw error;
      }),
    ).to.equal(error);
    expect(
      await failing(function* () {
        yield* sleep(0);
        throw error;
      }),
    ).to.equal(error);
    expect(
      await failing(function* () {
        yield* useFiber();
        throw error;
      }),
    ).to.equal(error);
    const as = (): never => {
      throw error;
    };
    expect(await caught(toPromise(sleep(0), undefined, as))).to.equal(error);
  });

  it("tells a generator that has yielded a wait instead of performing it", async () => {
    const yielding = operation("yielding", function* () {
      try {
        yield sleep(0) as never;
      } catch (error) {
        return (error as Error).message;
      }
      return "not told";
    });
    expect(await toPromise(yielding)).to.match(/write `yield\*`, not `yield`/);
  });

  it("is halted by its signal: nothing is taken, the next gets it, and the promise rejects with the reason", async () => {
    const numbers = new Numbers();
    const controller = new AbortController();
    const first = toPromise(numbers.take("first"), controller.signal);
    const second = toPromise(numbers.take("second"));
    controller.abort("enough");
    numbers.put(1);
    expect(await caught(first)).to.equal("enough");
    expect(await second).to.equal(1);
    expect(numbers.left).to.deep.equal(["first", "second"]);
  });

  it("is halted also when it has been woken and has not run: the next gets what it was woken for", async () => {
    const numbers = new Numbers();
    const controller = new AbortController();
    const first = toPromise(numbers.take(), controller.signal);
    const second = toPromise(numbers.take());
    numbers.put(1);
    controller.abort();
    expect(await caught(first)).to.equal(controller.signal.reason);
    expect(await second).to.equal(1);
  });

  it("keeps what it has got when the signal comes after it", async () => {
    const numbers = new Numbers();
    const controller = new AbortController();
    const first = toPromise(numbers.take(), controller.signal);
    numbers.put(1);
    // The turn in which it is resumed is over; nobody has seen its promise yet.
    await new Promise((resolve) => process.nextTick(resolve));
    controller.abort();
    expect(await first).to.equal(1);
  });

  it("keeps what it has got when the signal comes after it, in a fiber, too", async () => {
    const numbers = new Numbers();
    const ways: Record<string, () => Operation<unknown>> = {
      within: () => within(5, numbers.take()),
      race: () => race([numbers.take(), () => sleep(100)]),
      all: () => all([numbers.take()]),
      operation: () =>
        operation("in a fiber", function* () {
          yield* useFiber();
          return yield* numbers.take();
        }),
    };
    for (const [name, way] of Object.entries(ways)) {
      const controller = new AbortController();
      const promise = toPromise(way(), controller.signal);
      await new Promise((resolve) => setImmediate(resolve));
      numbers.put(1);
      // The turn in which its fiber ends is over; nobody has seen its promise yet.
      await new Promise((resolve) => process.nextTick(resolve));
      controller.abort();
      expect([await promise].flat(), name).to.deep.equal([1]);
    }
  });

  it("keeps what it has got when whoever is told of its fiber's end aborts it", async () => {
    const numbers = new Numbers();
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const taking = operation("in a fiber", function* () {
      yield* useFiber();
      return yield* numbers.take();
    });
    numbers.all.push(1);
    const promise = toPromise(taking, controller.signal);
    channels.end.subscribe(abort);
    try {
      expect(await promise).to.equal(1);
      expect(controller.signal.aborted).to.equal(true);
    } finally {
      channels.end.unsubscribe(abort);
    }
  });

  it("keeps what it has taken before it aborts its own signal", async () => {
    const numbers = new Numbers();
    numbers.all.push(1);
    const controller = new AbortController();
    const taking = operation("taking", function* () {
      yield* sleep(0);
      const number = yield* numbers.take();
      controller.abort();
      return number;
    });
    expect(await toPromise(taking, controller.signal)).to.equal(1);
  });

  it("does not begin when its signal is aborted already", async () => {
    let begun = false;
    const late = operation("late", function* () {
      begun = true;
    });
    const signal = AbortSignal.abort("too late");
    expect(await caught(toPromise(late, signal))).to.equal("too late");
    expect(begun).to.equal(false);
  });

  it("cleans up when it is halted, and may wait for that, in a fiber, too", async () => {
    const log: string[] = [];
    const cleaning = (withFiber: boolean): Operation<void> =>
      operation("cleaning", function* () {
        try {
          if (withFiber) yield* useFiber();
          yield* sleep(100);
          log.push("behind the wait");
        } finally {
          log.push("cleaning");
          yield* sleep(0);
          log.push("clean");
        }
      });
    for (const withFiber of [false, true]) {
      const controller = new AbortController();
      const promise = toPromise(cleaning(withFiber), controller.signal);
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      expect(await caught(promise)).to.equal(controller.signal.reason);
    }
    expect(log).to.deep.equal(["cleaning", "clean", "cleaning", "clean"]);
  });

  it("cleans up what it had begun although the fiber that was to go on with it had not", async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const promise = toPromise(
      operation("forking", function* () {
        try {
          yield* fork(() => sleep(100));
        } finally {
          log.push("clean");
        }
      }),
      controller.signal,
    );
    controller.abort();
    expect(await caught(promise)).to.equal(controller.signal.reason);
    expect(log).to.deep.equal(["clean"]);
  });

  it("rejects with what its cleanup throws, instead of the reason", async () => {
    const controller = new AbortController();
    const broken = operation("broken", function* () {
      try {
        yield* sleep(100);
      } finally {
        // eslint-disable-next-line no-unsafe-finally
        throw new Error("cleanup");
      }
    });
    const promise = toPromise(broken, controller.signal);
    controller.abort();
    expect(await caught(promise)).to.have.property("message", "cleanup");
  });

  it("is halted by a signal that it aborts itself", async () => {
    const controller = new AbortController();
    for (const before of [0, 1]) {
      const itself = operation("itself", function* () {
        for (let i = 0; i < before; i++) yield* sleep(0);
        controller.abort("by itself");
        yield* sleep(100);
      });
      expect(await caught(toPromise(itself, controller.signal))).to.equal("by itself");
    }
  });

  it("is no unhandled rejection when it is halted and nobody waits; when it fails, it is", async () => {
    const controller = new AbortController();
    void toPromise(sleep(100), controller.signal);
    void toPromise(
      operation("in a fiber", function* () {
        yield* useFiber();
        yield* sleep(100);
      }),
      controller.signal,
    );
    void run(() => sleep(100), { signal: controller.signal });
    controller.abort();
    void toPromise(sleep(100), controller.signal);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).to.deep.equal([]);
    const error = new Error("failed");
    const failing = operation("failing", function* () {
      throw error;
    });
    void toPromise(failing);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).to.deep.equal([error]);
  });

  it("has one listener for all that wait under one signal, and none when they are done", async () => {
    const { signal } = new AbortController();
    const numbers = new Numbers();
    const all = Array.from({ length: 20 }, () => toPromise(numbers.take(), signal));
    expect(getEventListeners(signal, "abort")).to.have.length(1);
    for (let i = 0; i < 20; i++) numbers.put(i);
    expect(await Promise.all(all)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
    expect(getEventListeners(signal, "abort")).to.deep.equal([]);
  });

  it("runs the steps of an operation in the context in which it was called", async () => {
    const storage = new AsyncLocalStorage<string>();
    const numbers = new Numbers();
    const seen: unknown[] = [];
    const looking = operation("looking", function* () {
      yield* numbers.take();
      seen.push(storage.getStore());
    });
    const promise = storage.run("the caller's", () => toPromise(looking));
    storage.run("of whoever wakes it", () => numbers.put(1));
    await promise;
    expect(seen).to.deep.equal(["the caller's"]);
  });

  it("runs in nobody's name, also when a fiber calls", async () => {
    const seen: unknown[] = [];
    const looking = operation("looking", function* () {
      seen.push(reactor.current);
    });
    await run(function* () {
      const me = reactor.current;
      void toPromise(looking);
      expect(reactor.current).to.equal(me);
    });
    expect(seen).to.deep.equal([null]);
  });

  it("steps aside, so that a loop that awaits what is always there lets others run", async () => {
    const numbers = new Numbers();
    let over = false;
    setImmediate(() => (over = true));
    let count = 0;
    for (; !over && count < 1_000_000; count++) {
      numbers.all.push(count);
      await toPromise(numbers.take());
    }
    expect(over).to.equal(true);
  });

  it("says that it was halted when something else than its signal halts the fiber that performs it", async () => {
    const promise = toPromise(
      operation("halted from outside", function* () {
        void (yield* useFiber())!.halt();
        yield* ensure(() => {});
        yield* sleep(100);
      }),
    );
    expect(await caught(promise)).to.be.instanceOf(HaltedError);
  });
});
