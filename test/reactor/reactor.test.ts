import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect } from "chai";
import fc from "fast-check";
import { type Fiber, fork, sleep } from "cosocket";
import { simulate } from "cosocket/testing";
import { Deadline, PENDING, type Pending, Reactor, Wait, WaitList } from "cosocket/reactor";
import { Timers } from "../../reactor/timers.js";
import { A_MOMENT, check } from "../support/check.js";
import { runs } from "../support/counts.js";
import { HandClock } from "../support/hand-clock.js";
import { pair } from "../support/pairs.js";

describe("timers", () => {
  it("fire at their time and in their order, not before, however they are armed, moved and disarmed", () => {
    // So many that they stand in runs, and in the heap.
    const COUNT = 40;
    const which = fc.nat(COUNT - 1);
    const step = fc.oneof(
      {
        arbitrary: fc.record({ do: fc.constant("arm" as const), which, after: fc.nat(60) }),
        weight: 12,
      },
      fc.record({ do: fc.constant("disarm" as const), which, after: fc.constant(0) }),
      fc.record({ do: fc.constant("remove" as const), which, after: fc.constant(0) }),
      fc.record({ do: fc.constant("advance" as const), which: fc.constant(0), after: fc.nat(20) }),
    );
    const places = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 150 }), (steps) => {
        const clock = new HandClock();
        const timers = new Timers(
          () => clock,
          () => {},
          () => {},
        );
        const deadlines = Array.from({ length: COUNT }, () => new Deadline(false));
        const model = new Array<number | undefined>(COUNT).fill(undefined);
        const fired: number[] = [];
        const order: number[] = [];
        let armed = 0;
        for (const { do: action, which, after } of steps) {
          const deadline = deadlines[which]!;
          if (action === "arm") {
            timers.arm(deadline, clock.seconds + after, { expire: () => fired.push(which) });
            model[which] = clock.seconds + after;
            order[which] = ++armed;
          } else if (action === "advance") {
            fired.length = 0;
            clock.advance(clock.seconds + after);
            timers.settle();
            const due = deadlines
              .map((_, i) => i)
              .filter((i) => model[i] !== undefined && model[i]! <= clock.seconds)
              .sort((a, b) => model[a]! - model[b]! || order[a]! - order[b]!);
            expect(fired).to.deep.equal(due);
            for (const i of due) model[i] = undefined;
          } else {
            timers[action](deadline);
            model[which] = undefined;
          }
          expect(timers.armed).to.equal(model.filter((at) => at !== undefined).length);
          timers.settle();
          const first = Math.min(...model.map((at) => at ?? Infinity));
          if (first < Infinity) expect(clock.alarm!.at).to.be.at.most(first);
          else expect(clock.alarm).to.equal(null);
          places.add(deadline.index >= 0 ? "heap" : deadline.behind === null ? "none" : "run");
        }
      }),
      { numRuns: runs(50, 150) },
    );
    expect([...places]).to.have.members(["none", "run", "heap"]);
  });

  it("of a few lengths stand in runs, however many there are", () => {
    const clock = new HandClock();
    const timers = new Timers(
      () => clock,
      () => {},
      () => {},
    );
    const passed: number[] = [];
    const deadlines = Array.from({ length: 2000 }, () => new Deadline(false));
    deadlines.forEach((deadline, i) => {
      clock.seconds = i / 100;
      timers.arm(deadline, clock.seconds + [1000, 60, 300][i % 3]!, {
        expire: () => passed.push(i),
      });
    });
    expect(deadlines.filter(({ behind }) => behind === null)).to.deep.equal([]);
    // In any order, none of them leaves a trace.
    for (let i = 0; i < 2000; i += 2) timers.remove(deadlines[(i * 7) % 2000]!);
    for (let at = 20; at < 1100; at++) clock.advance(at);
    const left = deadlines.map((_, i) => i).filter((i) => i % 2 === 1);
    const due = (i: number): number => i / 100 + [1000, 60, 300][i % 3]!;
    expect(passed).to.deep.equal(left.sort((a, b) => due(a) - due(b)));
    expect(deadlines.every(({ before, behind }) => before === null && behind === null)).to.equal(
      true,
    );
  });

  it("cannot be fooled by a wait longer than Node's timers", () =>
    check(function* () {
      const fiber = yield* fork(() => sleep(1e9));
      yield* sleep(5 * A_MOMENT);
      expect(fiber.state).to.equal("parked");
      yield* fiber.halt();
    }));

  it("sleep ten thousand at once, and half of them are halted", () =>
    check(function* () {
      const fibers: Fiber<void>[] = [];
      let woken = 0;
      for (let i = 0; i < 10_000; i++) {
        fibers.push(
          yield* fork(function* () {
            yield* sleep((i % 100) / 10_000);
            woken++;
          }),
        );
      }
      for (let i = 0; i < fibers.length; i += 2) void fibers[i]!.halt();
      for (let i = 1; i < fibers.length; i += 2) yield* fibers[i]!;
      expect(woken).to.be.at.least(5000);
    }));
});

describe("the turn", () => {
  it("resumes in the order of becoming ready", () =>
    check(function* () {
      const log: number[] = [];
      const fibers: Fiber<void>[] = [];
      for (let i = 0; i < 5; i++) {
        fibers.push(
          yield* fork(function* () {
            log.push(i);
            yield* sleep(0);
            log.push(i + 5);
          }),
        );
      }
      for (const fiber of fibers) yield* fiber;
      expect(log).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }));

  it("makes a task step aside whose input is always ready, in a fiber and in Effection", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const lines = 5_000;
      yield* served.send("x\n".repeat(lines));
      // Everything is in the buffer before it reads.
      while (client.getstats()[0] < lines * 2) yield* sleep(0);
      let immediates = 0;
      let running = true;
      const tick = (): void => {
        immediates++;
        if (running) setImmediate(tick);
      };
      const readAll = function* () {
        for (let i = 0; i < lines / 2; i++) yield* client.receive();
      };
      setImmediate(tick);
      yield* yield* fork(readAll);
      expect(immediates).to.be.at.least(2);
      const before = immediates;
      yield* readAll();
      running = false;
      expect(immediates - before).to.be.at.least(2);
    }));

  it("makes a task step aside that takes long between its operations", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("x\n".repeat(200));
      while (client.getstats()[0] < 400) yield* sleep(0);
      const log: string[] = [];
      const busy = yield* fork(function* () {
        for (let i = 0; i < 200; i++) {
          yield* client.receive();
          const end = performance.now() + 0.2;
          while (performance.now() < end);
        }
        log.push("busy");
      });
      const other = yield* fork(function* () {
        yield* sleep(0);
        log.push("other");
      });
      yield* busy;
      yield* other;
      expect(log).to.deep.equal(["other", "busy"]);
    }));

  it("lets a crowd begin while it is forked, in a fiber and in Effection", () =>
    check(function* () {
      const crowd = function* () {
        let begun = 0;
        for (let i = 0; i < 2000; i++)
          yield* fork(function* () {
            begun++;
          });
        return begun;
      };
      // All but those of one share of operations, whether that ends by their number or by the clock.
      expect(yield* yield* fork(crowd)).to.be.at.least(2000 - 1024);
      expect(yield* crowd()).to.be.at.least(2000 - 1024);
    }));

  it("has forked nobody for a fork that is halted while it steps aside", () =>
    check(function* () {
      let forks = 0;
      let begun = 0;
      const maker = yield* fork(function* () {
        while (forks < 2000) {
          forks++;
          yield* fork(function* () {
            begun++;
          });
        }
      });
      yield* sleep(0);
      yield* maker.halt();
      expect(forks).to.be.below(2000);
      expect(begun).to.equal(forks - 1);
    }));

  it("lets the kernel be polled although fibers wake one another for ever", () =>
    check(function* () {
      let rounds = 0;
      const ring = yield* fork(function* () {
        for (;;) {
          yield* yield* fork(function* () {
            rounds++;
          });
        }
      });
      // A timer needs Node's loop to come round: if it did not, this would never end.
      yield* sleep(A_MOMENT);
      const before = rounds;
      while (rounds === before) yield* sleep(A_MOMENT);
      yield* ring.halt();
      expect(rounds).to.be.greaterThan(before);
    }));

  it("gives what plain code begins a share of operations of its own, once in a poll of the kernel", () => {
    const own = new Reactor();
    const polls: (() => void)[] = [];
    const clock = new HandClock();
    own.clock = Object.assign(clock, { later: (callback: () => void) => polls.push(callback) });
    clock.seconds = 1;
    const share = (): number => {
      let operations = 0;
      while (!own.budgetSpent()) operations++;
      return operations;
    };
    const whole = share();
    expect(whole).to.be.above(0);
    // Nobody knows yet that it is another one.
    expect(share()).to.equal(0);
    for (const poll of polls.splice(0)) poll();
    own.enqueue({ resume: share, outside: true });
    own.run();
    expect(share(), "after a turn").to.equal(whole);
    for (const poll of polls.splice(0)) poll();
    for (let i = 0; i < whole / 2; i++) own.budgetSpent();
    for (const poll of polls.splice(0)) poll();
    clock.seconds += 60;
    expect(share(), "a minute later").to.equal(whole);
  });

  it("serves the queue again after a crowd", async () => {
    const own = new Reactor();
    const seen: number[] = [];
    for (let i = 0; i < 3000; i++) own.enqueue({ resume: () => seen.push(i) });
    own.run();
    for (let i = 3000; i < 3010; i++) own.enqueue({ resume: () => seen.push(i) });
    while (seen.length < 3010) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).to.deep.equal(Array.from({ length: 3010 }, (_, i) => i));
  });
});

/** A wait that only stands in a list. */
class Standing extends Wait<void> {
  readonly kind = "inactive";
  readonly description = "standing";
  protected attempt(): Pending {
    return PENDING;
  }
  protected enlist(): void {}
  protected leave(): void {}
}

/** A wait under a timeout, on a deadline that all of its kind keep. */
class Kept extends Wait<string> {
  readonly kind = "inactive";
  readonly description = "kept";
  open = false;
  constructor(private readonly shared: Deadline) {
    super();
  }
  protected override get deadline(): Deadline {
    return this.shared;
  }
  protected override get total(): number {
    return 0.01;
  }
  protected attempt(): string | Pending {
    return this.open ? "open" : PENDING;
  }
  protected override timedOut(): string {
    return "timeout";
  }
  protected enlist(): void {}
  protected leave(): void {}
}

describe("a deadline that several waits keep", () => {
  for (const open of [true, false])
    it(`stays with who came to wait while one that ${open ? "is done" : "has to wait on"} was woken`, () =>
      simulate({ seed: 1 }, function* () {
        const shared = new Deadline(true);
        const [woken, other] = [new Kept(shared), new Kept(shared)];
        const first = yield* fork(() => woken);
        yield* sleep(0);
        const second = yield* fork(function* () {
          woken.open = open;
          woken.wake();
          return yield* other;
        });
        expect([yield* first, yield* second]).to.deep.equal([open ? "open" : "timeout", "timeout"]);
      }));
});

describe("a wait list", () => {
  it("keeps its order whoever leaves, and admits only the first", () => {
    const step = fc.record({ add: fc.boolean(), which: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const list = new WaitList();
        const waits = Array.from({ length: 10 }, () => new Standing());
        let model: Standing[] = [];
        for (const { add, which } of steps) {
          const wait = waits[which]!;
          if (!add) {
            if (model.includes(wait)) list.delete(wait);
            model = model.filter((one) => one !== wait);
          } else if (!model.includes(wait)) {
            list.add(wait);
            model.push(wait);
          }
          expect([...list]).to.deep.equal(model);
          expect(list.empty).to.equal(model.length === 0);
          for (const one of waits)
            expect(list.admits(one)).to.equal(model.length === 0 || model[0] === one);
        }
      }),
    );
  });
});

describe("diagnostics channels", () => {
  it("carry spawn, resume, park and end of a fiber", () =>
    check(function* () {
      const log: string[] = [];
      const listeners = ["spawn", "resume", "park", "end"].map((what) => {
        const listener = (message: unknown): void => {
          log.push(`${what} ${(message as { fiber: Fiber }).fiber.name}`);
        };
        subscribe(`cosocket:fiber:${what}`, listener);
        return () => unsubscribe(`cosocket:fiber:${what}`, listener);
      });
      try {
        yield* yield* fork(() => sleep(0), { name: "f" });
      } finally {
        for (const stop of listeners) stop();
      }
      expect(log).to.deep.equal(["spawn f", "resume f", "park f", "resume f", "end f"]);
    }));
});
