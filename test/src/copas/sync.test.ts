/** Lock, semaphore and queue: each function's result, error and edge, and all of them under random cancellation. */
import { expect } from "chai";
import { type Operation, race, spawn } from "effection";
import fc from "fast-check";
import { type Fiber, fork, race as lightRace, sleep, within } from "cosocket";
import { settle } from "cosocket/testing";
import { copas, type Lock, lock, queue, semaphore } from "cosocket/copas";
import { A_MOMENT } from "../../support/check.js";
import { thrown, until } from "../../support/pairs.js";
import { simulated } from "../../support/simulated.js";
import { worlds } from "../../support/transports.js";
import { runs, runsAreAsked, times } from "../../support/counts.js";

/** A fiber that has the lock, until it is halted. */
function* holding(mutex: Lock): Operation<Fiber> {
  const owner = yield* fork(function* () {
    yield* mutex.get();
    yield* sleep(Infinity);
  });
  yield* sleep(0);
  return owner as Fiber;
}

for (const { where, check } of worlds) {
  describe(where + "lock", () => {
    it("is had by one, and goes to those who wait in their order", () =>
      check(function* () {
        const mutex = lock.new();
        yield* mutex.get();
        const log: string[] = [];
        const fibers = [];
        for (const name of ["a", "b", "c"]) {
          fibers.push(
            yield* fork(function* () {
              const [waited, err] = yield* mutex.get();
              expect(err).to.equal(undefined);
              expect(waited).to.be.at.least(0);
              log.push(`${name} in`);
              yield* sleep(0);
              log.push(`${name} out`);
              expect(mutex.release()).to.deep.equal([true]);
            }),
          );
          // So that they ask in this order, whoever runs first.
          yield* settle();
        }
        expect(log).to.deep.equal([]);
        mutex.release();
        for (const fiber of fibers) yield* fiber;
        expect(log).to.deep.equal(["a in", "a out", "b in", "b out", "c in", "c out"]);
      }));

    it("is re-entrant, unless it is told not to be", () =>
      check(function* () {
        yield* yield* fork(function* () {
          const mutex = lock.new();
          yield* mutex.get();
          expect(yield* mutex.get(0)).to.deep.equal([0]);
          expect(mutex.release()).to.deep.equal([true]);
          expect(mutex.release()).to.deep.equal([true]);
          expect(mutex.release()[1]).to.equal("cannot release a lock not owned");
          const strict = lock.new(0.002, true);
          yield* strict.get();
          expect((yield* strict.get())[1]).to.equal("timeout");
        });
      }));

    it("got within a deadline, or in a race, belongs to the caller, who releases it", () =>
      check(function* () {
        const mutex = lock.new();
        const caller = yield* fork(function* () {
          expect(yield* within(5, mutex.get())).to.deep.equal([0]);
          expect(yield* lightRace([mutex.get(), sleep(Infinity)])).to.deep.equal([0]);
          yield* sleep(0);
          expect([mutex.release(), mutex.release()]).to.deep.equal([[true], [true]]);
          // What a generator gets by itself ends with it.
          yield* within(5, () => holding(mutex));
          expect(yield* mutex.get(0)).to.deep.equal([0]);
        });
        yield* caller;
      }));

    it("a try that fails, a timeout and a halt leave the queue (Copas 199, 201)", () =>
      check(function* () {
        const mutex = lock.new();
        const owner = yield* holding(mutex);
        const [none, error, waited] = yield* mutex.get(0);
        expect([none, error]).to.deep.equal([undefined, "timeout"]);
        expect(waited).to.be.a("number");
        expect((yield* mutex.get(0.001))[1]).to.equal("timeout");
        const halted = yield* fork(() => mutex.get());
        yield* sleep(0);
        yield* halted.halt();
        yield* race([mutex.get(), sleep(0)]);
        const next = yield* fork(function* () {
          return (yield* mutex.get())[1];
        });
        yield* sleep(0);
        // Its owner's end gives it back.
        yield* owner.halt();
        expect(yield* next).to.equal(undefined);
        expect((yield* mutex.get(0))[1]).to.equal(undefined);
        mutex.release();
      }));

    it("only its owner can release it; destroyed, it is of no use to anybody", () =>
      check(function* () {
        const mutex = lock.new();
        const owner = yield* holding(mutex);
        expect(mutex.release()[1]).to.equal("cannot release a lock not owned");
        const waiting = yield* fork(() => mutex.get());
        yield* sleep(0);
        expect(mutex.destroy()).to.deep.equal([true]);
        expect((yield* waiting)[1]).to.equal("destroyed");
        expect((yield* mutex.get())[1]).to.equal("destroyed");
        expect(mutex.release()[1]).to.equal("destroyed");
        yield* owner.halt();
        expect(() => lock.new(-1)).to.throw(TypeError, "0 or more");
        expect(() => lock.new("x" as never)).to.throw(TypeError, "number of seconds");
      }));

    it("works in plain Effection tasks", () =>
      check(function* () {
        const mutex = lock.new();
        yield* mutex.get();
        const task = yield* spawn(() => mutex.get());
        yield* sleep(0);
        mutex.release();
        expect((yield* task)[1]).to.equal(undefined);
        mutex.release();
      }));
  });

  describe(where + "semaphore", () => {
    it("takes and gives; big requests are not overtaken; several fit at once", () =>
      check(function* () {
        const sema = semaphore.new(5, 1);
        const log: string[] = [];
        const take = function* (name: string, n: number): Operation<void> {
          const [, err] = yield* sema.take(n);
          log.push(err ?? name);
        };
        const fibers = [];
        for (const [name, n] of [
          ["three", 3],
          ["one", 1],
          ["another", 1],
        ] as const) {
          fibers.push(yield* fork(() => take(name, n)));
          yield* settle();
        }
        expect(log).to.deep.equal([]);
        expect(sema.get_count()).to.deep.equal([1]);
        expect(sema.get_wait()).to.deep.equal([4]);
        expect(sema.give(4)).to.deep.equal([true]);
        for (const fiber of fibers) yield* fiber;
        expect(log).to.deep.equal(["three", "one", "another"]);
        expect(sema.get_count()).to.deep.equal([0]);
      }));

    it("too many, timeout, destroyed; beyond the maximum nothing is added", () =>
      check(function* () {
        const sema = semaphore.new(2, 2);
        expect((yield* sema.take(3))[1]).to.equal("too many");
        expect(sema.give()).to.deep.equal([undefined, "too many", undefined]);
        expect(sema.get_count()).to.deep.equal([2]);
        expect(yield* sema.take(2, 0)).to.deep.equal([true]);
        expect((yield* sema.take(1, 0))[1]).to.equal("timeout");
        expect((yield* sema.take(1, 0.001))[1]).to.equal("timeout");
        const waiting = yield* fork(() => sema.take());
        yield* sleep(0);
        expect(sema.destroy()).to.deep.equal([true]);
        expect((yield* waiting)[1]).to.equal("destroyed");
        for (const answer of [sema.give(), sema.get_count(), sema.get_wait(), yield* sema.take()])
          expect(answer[1]).to.equal("destroyed");
        for (const wrong of [-1, Number.NaN, "1" as never]) {
          expect(() => sema.take(wrong)).to.throw(TypeError, "number of resources, 0 or more");
          expect(() => semaphore.new(wrong)).to.throw(TypeError, "number of resources, 1 or more");
        }
        for (const wrong of [-Infinity, Number.NaN, "1" as never])
          expect(() => sema.give(wrong)).to.throw(TypeError, "number of resources");
        expect(() => semaphore.new(2, 3)).to.throw(TypeError, "from 0 to 2");
      }));

    it("takes and gives any number: none, those that are wanted, all", () =>
      check(function* () {
        const sema = semaphore.new(2, 1);
        expect(sema.give(0)).to.deep.equal([true]);
        expect(yield* sema.take(0)).to.deep.equal([true]);
        expect(sema.get_count()).to.deep.equal([1]);
        // Copas's idiom, while nobody waits: what there is is taken back.
        expect(sema.give(sema.get_wait()[0])).to.deep.equal([true]);
        expect(sema.get_count()).to.deep.equal([0]);
        expect(sema.give(sema.get_wait()[0])).to.deep.equal([true]);
        const takers = [];
        for (const wanted of [2, 1]) {
          takers.push(yield* fork(() => sema.take(wanted)));
          yield* sleep(0);
        }
        expect(sema.give(sema.get_wait()[0])[1]).to.equal("too many");
        expect(sema.give()).to.deep.equal([true]);
        for (const taker of takers) expect(yield* taker).to.deep.equal([true]);
        expect(sema.give(Infinity)[1]).to.equal("too many");
        expect(sema.get_count()).to.deep.equal([2]);
        expect(sema.give(-5)).to.deep.equal([true]);
        expect(sema.get_count()).to.deep.equal([-3]);
        expect((yield* sema.take(0, 0))[1]).to.equal("timeout");
        expect((yield* sema.take(Infinity, 0))[1]).to.equal("too many");
        const boundless = semaphore.new(Infinity, 0.5);
        expect(boundless.give(1e12)).to.deep.equal([true]);
        expect(yield* boundless.take(0.5)).to.deep.equal([true]);
        expect((yield* boundless.take(Infinity))[1]).to.equal("too many");
      }));

    it("what is given to those who wait is theirs at once: not counted, not lost", () =>
      check(function* () {
        const sema = semaphore.new(4, 0);
        const takers = [];
        for (let i = 0; i < 2; i++) takers.push(yield* fork(() => sema.take(3)));
        yield* sleep(0);
        expect(sema.give(3)).to.deep.equal([true]);
        expect([sema.get_count(), sema.get_wait()]).to.deep.equal([[0], [3]]);
        expect(sema.give(3)).to.deep.equal([true]);
        expect([sema.get_count(), sema.get_wait()]).to.deep.equal([[0], [0]]);
        expect(sema.give(5)[1]).to.equal("too many");
        expect(sema.get_count()).to.deep.equal([4]);
        for (const taker of takers) expect(yield* taker).to.deep.equal([true]);
        expect(sema.get_count()).to.deep.equal([4]);
      }));

    it("a halted big request lets the small ones behind it pass", () =>
      check(function* () {
        const sema = semaphore.new(5, 1);
        const big = yield* fork(() => sema.take(5));
        const small = yield* fork(() => sema.take(1));
        yield* sleep(0);
        expect(small.state).to.equal("parked");
        yield* big.halt();
        expect(yield* small).to.deep.equal([true]);
      }));
  });

  describe(where + "queue", () => {
    it("gives items in their order, undefined too; times out, and only tries with 0", () =>
      check(function* () {
        const items = yield* queue.new<string | undefined>({ name: "items" });
        expect(items.name).to.equal("items");
        expect((yield* items.pop(0))[1]).to.equal("timeout");
        expect((yield* items.pop(0.001))[1]).to.equal("timeout");
        for (const item of ["a", undefined, "b"]) yield* items.push(item);
        expect(items.get_size()).to.deep.equal([3]);
        expect(yield* items.pop()).to.deep.equal(["a"]);
        expect(yield* items.pop()).to.deep.equal([undefined]);
        expect(yield* items.pop()).to.deep.equal(["b"]);
        expect(() => items.pop(-1)).to.throw(TypeError, "0 or more");
        expect(String(yield* thrown(queue.new({ max: 0 })))).to.match(
          /max must be a positive number, not 0/,
        );
        expect((yield* queue.new()).name).to.match(/^queue_\d+$/);
      }));

    it("leaves to those who wait what is theirs, and gives the rest to whoever comes", () =>
      check(function* () {
        const items = yield* queue.new<number>();
        const waiter = yield* fork(() => items.pop());
        yield* settle();
        yield* items.push(1);
        expect((yield* items.pop(0))[1]).to.equal("timeout");
        yield* items.push(2);
        const [mine] = yield* items.pop(0);
        const [its] = yield* waiter;
        expect([mine, its]).to.have.members([1, 2]);
      }));

    it("with a maximum push waits for room", () =>
      check(function* () {
        const items = yield* queue.new<number>({ max: 1 });
        yield* items.push(1);
        expect((yield* items.push(2, 0))[1]).to.equal("timeout");
        const pushing = yield* fork(() => items.push(2));
        const halted = yield* fork(() => items.push(3));
        yield* sleep(0);
        yield* halted.halt();
        expect(yield* items.pop()).to.deep.equal([1]);
        expect(yield* pushing).to.deep.equal([true]);
        expect(yield* items.pop()).to.deep.equal([2]);
        expect((yield* items.pop(0))[1]).to.equal("timeout");
      }));

    it("stop refuses items, and destroys it when the last has been popped", () =>
      check(function* () {
        const items = yield* queue.new<number>({ max: 1 });
        yield* items.push(1);
        const pushing = yield* fork(() => items.push(2));
        yield* sleep(0);
        expect(items.stop()).to.deep.equal([true]);
        expect((yield* pushing)[1]).to.equal("stopping");
        expect((yield* items.push(3))[1]).to.equal("stopping");
        expect(yield* items.pop()).to.deep.equal([1]);
        expect((yield* items.pop())[1]).to.equal("destroyed");
        expect((yield* items.push(3))[1]).to.equal("destroyed");
        expect(items.get_size()[1]).to.equal("destroyed");
        expect(items.stop()[1]).to.equal("destroyed");
        expect((yield* items.finish())[1]).to.equal("destroyed");
      }));

    it("finish waits until the workers are done with their last item (Copas 168)", () =>
      check(function* () {
        const items = yield* queue.new<number>({ name: "q" });
        const done: number[] = [];
        for (let i = 0; i < 3; i++) {
          items.add_worker(function* (item) {
            yield* sleep(A_MOMENT);
            done.push(item);
          });
        }
        expect(items.get_workers()[0]!.map(({ name }) => name)).to.deep.equal([
          "q:worker_1",
          "q:worker_2",
          "q:worker_3",
        ]);
        for (let i = 0; i < 7; i++) yield* items.push(i);
        expect(yield* items.finish()).to.deep.equal([true]);
        expect(done.sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
        expect(items.get_workers()[1]).to.equal("destroyed");
      }));

    it("finish gives up after its timeout, and destroys what is left, unless it is to be kept", () =>
      check(function* () {
        for (const keep of [false, true]) {
          const items = yield* queue.new<number>();
          yield* items.push(1);
          expect((yield* items.finish(0.001, keep))[1]).to.equal("timeout");
          expect((yield* items.pop(0))[0]).to.equal(keep ? 1 : undefined);
          items.destroy();
        }
      }));

    it("a worker whose function throws goes on, and the error is told", () =>
      check(function* () {
        const items = yield* queue.new<number>();
        const errors: string[] = [];
        const done: number[] = [];
        items.add_worker(
          (item) => {
            if (item === 1) throw new Error("one");
            done.push(item);
          },
          (error, worker) => errors.push(`${worker.name.slice(-8)}: ${(error as Error).message}`),
        );
        for (const item of [0, 1, 2]) yield* items.push(item);
        yield* items.finish();
        expect(done).to.deep.equal([0, 2]);
        expect(errors).to.deep.equal(["worker_1: one"]);
        expect(() => items.add_worker(5 as never)).to.throw(TypeError, "takes a function");
      }));

    it("a worker halted before it began does not hold finish up", () =>
      check(function* () {
        const items = yield* queue.new<number>();
        const worker = items.add_worker(function* () {});
        copas.removethread(worker);
        expect(yield* items.finish()).to.deep.equal([true]);
      }));
  });

  describe(where + "under random cancellation", function () {
    this.timeout(runsAreAsked ? 0 : 30_000);

    it("a lock is had by at most one, and nobody is stranded", () =>
      fc.assert(
        fc.asyncProperty(fc.array(fc.nat(5), { minLength: 1, maxLength: 30 }), (fates) =>
          check(function* () {
            const mutex = lock.new(Infinity);
            let inside = 0;
            const fibers: Fiber[] = [];
            for (const fate of fates) {
              fibers.push(
                (yield* fork(function* () {
                  const [, err] = yield* mutex.get(fate === 1 ? 0 : Infinity);
                  if (err) return;
                  try {
                    expect(++inside).to.equal(1);
                    for (let i = 0; i < fate; i++) yield* sleep(0);
                  } finally {
                    inside--;
                  }
                  // One in six forgets: its end does it.
                  if (fate !== 2) mutex.release();
                })) as Fiber,
              );
            }
            for (const [i, fate] of fates.entries()) {
              if (fate === 3) yield* fibers[i]!.halt();
              if (fate === 4) yield* sleep(0);
            }
            yield* until(() => fibers.every((fiber) => fiber.state === "ended"));
            expect((yield* mutex.get(0))[1]).to.equal(undefined);
            mutex.release();
          }),
        ),
        { numRuns: runs(20, 30) },
      ));

    const workers = times(200, 1000);
    it(`${workers} workers on one queue: no item is lost, none is done twice`, () =>
      check(function* () {
        const items = yield* queue.new<number>({ max: 50 });
        const seen = new Map<number, number>();
        for (let i = 0; i < workers; i++) {
          items.add_worker(function* (item) {
            seen.set(item, (seen.get(item) ?? 0) + 1);
            if (item % 3 === 0) yield* sleep(0);
          });
        }
        const victims = items.get_workers()[0]!.filter((_, i) => i % 7 === 3);
        const killing = yield* fork(function* () {
          for (const victim of victims) {
            // One that waits, not one that has taken an item.
            if (victim.fiber!.waiting?.description.endsWith(":pop")) yield* victim.fiber!.halt();
            yield* sleep(0);
          }
        });
        const total = 5 * workers;
        for (let item = 0; item < total; item++)
          expect((yield* items.push(item, Infinity))[1]).to.equal(undefined);
        expect(yield* items.finish(Infinity)).to.deep.equal([true]);
        yield* killing.halt();
        expect(seen.size).to.equal(total);
        expect([...seen.values()].every((times) => times === 1)).to.equal(true);
      }));

    it("a semaphore does what its model does, whoever takes, gives and is halted", () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.oneof(
              fc.record({ do: fc.constant("take" as const), n: fc.integer({ min: 1, max: 5 }) }),
              fc.record({ do: fc.constant("try" as const), n: fc.integer({ min: 1, max: 5 }) }),
              fc.record({ do: fc.constant("give" as const), n: fc.integer({ min: 1, max: 5 }) }),
              fc.record({ do: fc.constant("halt" as const), n: fc.nat(9) }),
              fc.record({ do: fc.constant("turn" as const), n: fc.constant(0) }),
            ),
            { maxLength: 40 },
          ),
          (steps) =>
            check(function* () {
              const max = 4;
              const sema = semaphore.new(max, 2, Infinity);
              let count = 2;
              let queue: { wanted: number; fiber: Fiber }[] = [];
              const granted = new Set<Fiber>();
              const got: string[] = [];
              const serve = (): void => {
                while (queue.length > 0 && queue[0]!.wanted <= count) {
                  count -= queue[0]!.wanted;
                  granted.add(queue.shift()!.fiber);
                }
              };
              for (const { do: action, n } of steps) {
                if (action === "take") {
                  const fiber = (yield* fork(function* () {
                    const [, err] = yield* sema.take(n);
                    if (err) got.push(err);
                  })) as Fiber;
                  // So that it is in the queue, as in the model.
                  yield* settle();
                  if (n <= max) queue.push({ wanted: n, fiber });
                  else expect(got.pop()).to.equal("too many");
                } else if (action === "try") {
                  const free = queue.length === 0 && n <= count;
                  const [, err] = yield* sema.take(n, 0);
                  expect(err).to.equal(n > max ? "too many" : free ? undefined : "timeout");
                  if (free) count -= n;
                } else if (action === "give") {
                  const over = count + n > max;
                  count = Math.min(count + n, max);
                  expect(sema.give(n)[1]).to.equal(over ? "too many" : undefined);
                } else if (action === "halt") {
                  const victim = queue[n];
                  if (victim !== undefined) yield* victim.fiber.halt();
                  queue = queue.filter((waiter) => waiter !== victim);
                } else yield* sleep(0);
                serve();
                const wanted = queue.reduce((sum, waiter) => sum + waiter.wanted, 0);
                expect(sema.get_count()).to.deep.equal([count]);
                expect(sema.get_wait()).to.deep.equal([wanted - count]);
              }
              yield* settle();
              for (const fiber of granted) expect(fiber.state).to.equal("ended");
              for (const { fiber } of queue.toReversed()) {
                // One that was woken in vain waits again.
                yield* settle();
                expect(fiber.state).to.equal("parked");
                yield* fiber.halt();
              }
            }),
        ),
        { numRuns: runs(20, 60) },
      ));
  });
}

describe("a timeout", () => {
  const cases: [what: string, prepare: () => Operation<(timeout: number) => Operation<unknown>>][] =
    [
      [
        "lock:get",
        function* () {
          const mutex = lock.new();
          yield* holding(mutex);
          return (timeout) => mutex.get(timeout);
        },
      ],
      [
        "semaphore:take",
        function* () {
          const places = semaphore.new(3, 1);
          return (timeout) => places.take(2, timeout);
        },
      ],
      [
        "queue:pop",
        function* () {
          const items = yield* queue.new();
          return (timeout) => items.pop(timeout);
        },
      ],
      [
        "queue:push",
        function* () {
          const items = yield* queue.new<string>({ max: 1 });
          yield* items.push("full");
          return (timeout) => items.push("more", timeout);
        },
      ],
    ];

  for (const [what, prepare] of cases) {
    it(`of ${what} is for the whole wait, whoever comes and goes in front`, () =>
      simulated()(function* () {
        const wait = yield* prepare();
        const start = copas.gettime();
        const waiters = [];
        for (const timeout of [5, 7, 12]) {
          waiters.push(
            yield* fork(function* () {
              yield* wait(timeout);
              return Math.round(copas.gettime() - start);
            }),
          );
        }
        const times = [];
        for (const waiter of waiters) times.push(yield* waiter);
        expect(times).to.deep.equal([5, 7, 12]);
      }));
  }

  it("of queue:finish is for the whole wait, too", () =>
    simulated()(function* () {
      const items = yield* queue.new<number>();
      for (const seconds of [2, 4, 6, 100]) {
        items.add_worker((seconds) => sleep(seconds));
        yield* items.push(seconds);
      }
      const start = copas.gettime();
      expect((yield* items.finish(10))[1]).to.equal("timeout");
      expect(copas.gettime() - start).to.be.closeTo(10, 0.01);
    }));
});
