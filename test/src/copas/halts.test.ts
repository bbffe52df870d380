/**
 * Locks, semaphores, queues, limits, futures and timers, whose users are halted, raced and timed out at random turns. What was taken is
 * given back, nothing is lost or doubled, and whoever waits behind gets the turn.
 */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, type Fiber, sleep } from "cosocket";
import { future, limit, lock, queue, semaphore, timer } from "cosocket/copas";
import { Chaos } from "../../support/chaos.js";
import { programs } from "../../support/runs.js";

const PATIENCE = 0.2;

const program = (body: (chaos: Chaos) => Operation<void>) =>
  function* (seed: number, longest: number): Operation<void> {
    yield* yield* fork(() => body(new Chaos(seed, longest)));
  };

/** Several that do it again and again, disturbed. */
function* crowd(chaos: Chaos, body: () => Operation<void>, most = 4): Operation<void> {
  const fibers: Fiber[] = [];
  for (let i = chaos.below(most); i >= 0; i--)
    fibers.push(
      yield* fork(function* () {
        for (let steps = 2 + chaos.below(5); steps > 0; steps--) {
          yield* chaos.disturb(body);
          if (chaos.chance(0.3)) yield* chaos.pause();
        }
      }),
    );
  for (const fiber of fibers) yield* fiber;
}

const timeout = (chaos: Chaos): number =>
  chaos.chance(0.3) ? (chaos.chance(0.3) ? 0 : chaos.seconds) : PATIENCE;

function* locking(chaos: Chaos): Operation<void> {
  const mutex = lock.new(PATIENCE);
  let holders = 0;
  yield* crowd(chaos, function* () {
    // In a fiber: what holds it when it ends gives it back.
    yield* yield* fork(function* () {
      const [, error] = yield* mutex.get(timeout(chaos));
      if (error) return void expect(error).to.equal("timeout");
      expect(++holders, "those that hold the lock").to.equal(1);
      try {
        if (chaos.chance(0.3)) expect((yield* mutex.get())[1]).to.equal(undefined);
        yield* chaos.pause();
      } finally {
        holders--;
      }
      if (chaos.chance(0.5)) mutex.release();
    });
  });
  expect((yield* mutex.get(0))[1]).to.equal(undefined);
  expect(mutex.release()).to.deep.equal([true]);
}

function* counting(chaos: Chaos): Operation<void> {
  const max = 1 + chaos.below(4);
  const places = semaphore.new(max, max, PATIENCE);
  let taken = 0;
  yield* crowd(chaos, function* () {
    const wanted = 1 + chaos.below(max);
    const [, error] = yield* places.take(wanted, timeout(chaos));
    if (error) return void expect(error).to.equal("timeout");
    taken += wanted;
    expect(taken, "taken").to.be.at.most(max);
    try {
      yield* chaos.pause();
    } finally {
      taken -= wanted;
      places.give(wanted);
    }
  });
  expect(places.get_count()).to.deep.equal([max]);
  expect((yield* places.take(max, 0))[1]).to.equal(undefined);
}

function* queueing(chaos: Chaos): Operation<void> {
  const items = yield* queue.new<number>({ max: 1 + chaos.below(3) });
  let last = 0;
  const pushed: number[] = [];
  const popped: number[] = [];
  const worked: number[] = [];
  const push = function* (): Operation<void> {
    const item = ++last;
    const [, error] = yield* items.push(item, timeout(chaos));
    if (error) return void expect(error).to.equal("timeout");
    pushed.push(item);
  };
  const pop = function* (): Operation<void> {
    const [item, error] = yield* items.pop(timeout(chaos));
    if (error) return void expect(error).to.equal("timeout");
    popped.push(item!);
  };
  const pushers = yield* fork(() => crowd(chaos, push));
  yield* crowd(chaos, pop);
  items.add_worker((item) => void worked.push(item));
  yield* pushers;
  expect(yield* items.finish(1)).to.deep.equal([true]);
  expect([...popped, ...worked].sort((a, b) => a - b)).to.deep.equal(
    [...pushed].sort((a, b) => a - b),
  );
  // First in, first out.
  expect(worked).to.deep.equal(pushed.filter((item) => worked.includes(item)));
  expect(popped).to.deep.equal(pushed.filter((item) => popped.includes(item)));
}

function* limiting(chaos: Chaos): Operation<void> {
  const max = 1 + chaos.below(3);
  const tasks = yield* limit.new(max);
  let running = 0;
  yield* crowd(chaos, function* () {
    const thread = tasks.addthread(function* () {
      expect(++running, "running").to.be.at.most(max);
      try {
        yield* chaos.pause();
      } finally {
        running--;
      }
    });
    try {
      yield* chaos.pause();
      if (chaos.chance(0.5)) yield* tasks.wait();
    } finally {
      if (chaos.chance(0.3)) tasks.removethread(thread);
    }
  });
  expect(yield* tasks.wait()).to.equal(true);
  expect(running).to.equal(0);
  // All places are free.
  for (let i = 0; i < max; i++) tasks.addthread(() => sleep(0));
  yield* tasks.wait();
}

function* promising(chaos: Chaos): Operation<void> {
  const value = yield* future.addthread(function* () {
    yield* chaos.pause();
    return "value";
  });
  const outcomes: unknown[] = [];
  const cancels = chaos.chance(0.3);
  const getters = yield* fork(() =>
    crowd(chaos, function* () {
      outcomes.push(yield* value.get());
    }),
  );
  let cancelled = false;
  if (cancels) {
    yield* chaos.pause();
    cancelled = value.cancel();
  }
  yield* getters;
  const outcome = yield* value.get();
  expect(outcome).to.deep.equal(cancelled ? [false, "cancelled"] : [true, "value"]);
  for (const one of outcomes) expect(one).to.deep.equal(outcome);
}

function* ticking(chaos: Chaos): Operation<void> {
  let armed = 0;
  yield* crowd(chaos, function* () {
    let over = false;
    const one = yield* timer.new({
      delay: chaos.seconds,
      recurring: chaos.chance(0.5),
      callback: function* () {
        expect(over, "called after it was cancelled").to.equal(false);
        armed++;
        yield* chaos.pause();
        armed--;
      },
    });
    try {
      yield* chaos.pause();
    } finally {
      over = true;
      one.cancel();
    }
  });
  expect(armed).to.be.at.least(0);
}

describe("random halts of those that wait for each other", () => {
  programs("a lock has one holder, and is free at the end", program(locking), 8);
  programs("a semaphore has as many places at the end as before", program(counting), 8);
  programs("a queue hands each item over once, in their order", program(queueing), 8);
  programs("a limit lets so many run, and all in the end", program(limiting), 8);
  programs("a future gives everybody the same", program(promising), 8);
  programs("a timer that was cancelled calls no more", program(ticking), 8);
});
