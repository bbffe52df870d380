import { expect } from "chai";
import type { Operation } from "effection";
import { type Channel, channel, each, fibers, fork, race, sleep, within } from "cosocket";
import { reactor } from "cosocket/reactor";
import { simulate } from "cosocket/testing";
import { eachSeed, runs } from "../../support/counts.js";
import { check } from "../../support/check.js";
import { dice } from "../../support/programs.js";

const CLOSED = [undefined, "closed", undefined];

/** Receives until it is closed. */
function* drained<T>(from: Channel<T>): Operation<T[]> {
  const values: T[] = [];
  for (;;) {
    const [value, err] = yield* from.receive();
    if (err) return values;
    values.push(value as T);
  }
}

describe("channel", () => {
  it("hands values over in their order", () =>
    check(function* () {
      for (const size of [0, 1, 3, Infinity]) {
        const numbers = channel<number>(size);
        const receiver = yield* fork(() => drained(numbers));
        for (let i = 0; i < 10; i++) expect(yield* numbers.send(i)).to.deep.equal([true]);
        numbers.close();
        expect(yield* receiver).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      }
    }));

  it("makes those wait who send more than its size, and lets them go on in their order", () =>
    check(function* () {
      const log: string[] = [];
      const numbers = channel<number>(2);
      for (let i = 1; i <= 4; i++)
        yield* fork(function* () {
          yield* numbers.send(i);
          log.push(`sent ${i}`);
        });
      yield* sleep(0);
      expect([log, numbers.length]).to.deep.equal([["sent 1", "sent 2"], 2]);
      for (let i = 1; i <= 4; i++) {
        expect(yield* numbers.receive()).to.deep.equal([i]);
        yield* sleep(0);
      }
      expect(log).to.deep.equal(["sent 1", "sent 2", "sent 3", "sent 4"]);
    }));

  it("of size 0 lets a sender go on when somebody has received", () =>
    check(function* () {
      const log: string[] = [];
      const numbers = channel<string>();
      yield* fork(function* () {
        yield* numbers.send("a");
        log.push("sent");
      });
      yield* sleep(0);
      expect([log, numbers.length, numbers.size]).to.deep.equal([[], 0, 0]);
      expect(yield* numbers.receive()).to.deep.equal(["a"]);
      yield* sleep(0);
      expect(log).to.deep.equal(["sent"]);
    }));

  it("closed, gives what was sent, and then says so; those who send are told, and nobody gets what they have", () =>
    check(function* () {
      const numbers = channel<number>(1);
      yield* numbers.send(1);
      const waiting = yield* fork(() => numbers.send(2));
      yield* sleep(0);
      numbers.close();
      numbers.close();
      expect(numbers.closed).to.equal(true);
      expect(yield* waiting).to.deep.equal(CLOSED);
      expect(yield* numbers.send(3)).to.deep.equal(CLOSED);
      expect(numbers.trySend(4)).to.deep.equal(CLOSED);
      expect(yield* drained(numbers)).to.deep.equal([1]);
      expect(numbers.tryReceive()).to.deep.equal(CLOSED);
    }));

  it("closed, wakes those who wait to receive", () =>
    check(function* () {
      const numbers = channel<number>();
      const receivers = [
        yield* fork(() => numbers.receive()),
        yield* fork(() => numbers.receive()),
      ];
      yield* sleep(0);
      numbers.close();
      for (const receiver of receivers) expect(yield* receiver).to.deep.equal(CLOSED);
    }));

  it("does not refuse a sender whose value was received in the turn in which it is closed", () =>
    check(function* () {
      const numbers = channel<number>();
      const sender = yield* fork(() => numbers.send(1));
      yield* sleep(0);
      expect(numbers.tryReceive()).to.deep.equal([1]);
      numbers.close();
      expect(yield* sender).to.deep.equal([true]);
    }));

  it("sends and receives without waiting, where that is possible", () =>
    check(function* () {
      const numbers = channel<number>(1);
      expect(numbers.tryReceive()).to.deep.equal([undefined, "empty", undefined]);
      expect(numbers.trySend(1)).to.deep.equal([true]);
      expect(numbers.trySend(2)).to.deep.equal([undefined, "full", undefined]);
      const waiting = yield* fork(() => numbers.send(2));
      yield* sleep(0);
      expect(numbers.tryReceive()).to.deep.equal([1]);
      // There is room, but somebody came before.
      expect(numbers.trySend(3)).to.deep.equal([undefined, "full", undefined]);
      yield* waiting;
      expect(numbers.tryReceive()).to.deep.equal([2]);
      expect(channel<number>().trySend(1)[1]).to.equal("full");
      expect(channel<number>(Infinity).trySend(1)).to.deep.equal([true]);
    }));

  it("is looped over by each, by several fibers that share what comes", () =>
    check(function* () {
      const jobs = channel<number>(4);
      const done: number[] = [];
      const workers = [];
      for (let i = 0; i < 3; i++)
        workers.push(
          yield* fork(function* () {
            for (const job of yield* each(jobs)) {
              yield* sleep(0);
              done.push(job);
              yield* each.next();
            }
          }),
        );
      for (let i = 0; i < 20; i++) yield* jobs.send(i);
      jobs.close();
      for (const worker of workers) yield* worker;
      expect(done.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
      expect(fibers()).to.deep.equal([]);
    }));

  it("is a stream, for subscriptions, too", () =>
    check(function* () {
      const numbers = channel<number>(2);
      yield* numbers.send(1);
      numbers.close();
      const subscription = yield* numbers;
      expect(yield* subscription.next()).to.deep.equal({ done: false, value: 1 });
      expect(yield* subscription.next()).to.deep.equal({ done: true, value: undefined });
    }));

  it("loses nothing to a deadline or a race", () =>
    check(function* () {
      const numbers = channel<number>();
      expect((yield* within(0, numbers.receive()))[1]).to.equal("timeout");
      expect((yield* within(0, numbers.send(1)))[1]).to.equal("timeout");
      const receiver = yield* fork(() => race([numbers.receive(), channel<number>().receive()]));
      yield* numbers.send(2);
      expect(yield* receiver).to.deep.equal([2]);
    }));

  it("says in words what it is, and what is waited for", () =>
    check(function* () {
      const numbers = channel<number>(2);
      yield* numbers.send(1);
      expect(String(numbers)).to.equal("channel (1 of 2)");
      const receiver = yield* fork(() => channel<number>().receive());
      yield* sleep(0);
      expect(fibers()[0]!.waitsFor).to.equal("receive from channel (0 of 0)");
      yield* receiver.halt();
      numbers.close();
      expect(String(numbers)).to.equal("channel (closed, 1 of 2)");
    }));

  it("throws TypeError for what is no size", () => {
    for (const size of [-1, 1.5, NaN, "4", null])
      expect(() => channel(size as number)).to.throw(
        TypeError,
        "channel takes how many values may wait, a whole number or Infinity, not ",
      );
  });

  it("says that it was not performed when it is looped over without each", () => {
    expect(() => [...(channel<number>() as Iterable<unknown>)]).to.throw("was not performed");
  });

  it("sends a value again when the same operation is performed again", () =>
    check(function* () {
      const numbers = channel<number>();
      const again = numbers.send(7);
      const receiver = yield* fork(() => drained(numbers));
      yield* again;
      yield* again;
      numbers.close();
      expect(yield* receiver).to.deep.equal([7, 7]);
      expect(yield* again).to.deep.equal(CLOSED);
    }));
});

describe("a channel, under random sends, receives, deadlines, halts and orders", () => {
  /** How many programs; `COSOCKET_RUNS=100000` for more. */
  const RUNS = runs(20, 40);

  it("gives each value that was sent to one receiver, in each sender's order, and none that was refused", async function () {
    this.timeout(RUNS * 100);
    await eachSeed(RUNS, (seed) => simulate({ seed }, () => program(seed)));
  });

  function* program(seed: number): Operation<void> {
    const random = dice(seed);
    const below = (n: number): number => Math.floor(random() * n);
    const size = [0, 1, 2, 5, Infinity][below(5)]!;
    const values = channel<string>(size);
    const sent = new Set<string>();
    const refused = new Set<string>();
    const received: string[] = [];
    const sender = (name: number) =>
      function* () {
        for (let i = 0; i < 8; i++) {
          const value = `${name}:${i}`;
          if (random() < 0.5) yield* sleep(below(3));
          const how = random();
          const [, err] =
            how < 0.2
              ? values.trySend(value)
              : how < 0.4
                ? yield* within(below(3), values.send(value))
                : yield* values.send(value);
          (err ? refused : sent).add(value);
          expect(values.length).to.be.at.most(size);
        }
      };
    const receiver = function* (): Operation<void> {
      for (;;) {
        if (random() < 0.5) yield* sleep(below(3));
        const [value, err] =
          random() < 0.2
            ? yield* within(below(3), values.receive())
            : random() < 0.2
              ? values.tryReceive()
              : yield* values.receive();
        if (err === "closed") return;
        if (err === undefined) received.push(value);
        else if (err === "empty") yield* sleep(1);
      }
    };
    const senders = [];
    const receivers = [];
    for (let i = 0; i < 1 + below(3); i++) senders.push(yield* fork(sender(i)));
    for (let i = 0; i < 1 + below(3); i++) receivers.push(yield* fork(receiver));
    const halted = [...senders, ...receivers].filter(() => random() < 0.3);
    for (const fiber of halted) {
      yield* sleep(below(4));
      yield* fiber.halt();
    }
    const last = yield* fork(receiver);
    for (const fiber of senders) if (!halted.includes(fiber)) yield* fiber;
    if (random() < 0.5) yield* sleep(below(4));
    values.close();
    for (const fiber of receivers) if (!halted.includes(fiber)) yield* fiber;
    yield* last;
    expect(new Set(received).size).to.equal(received.length);
    for (let i = 0; i < 3; i++) {
      const ofOne = received.filter((value) => value.startsWith(`${i}:`));
      expect(ofOne, `seed ${seed}`).to.deep.equal(ofOne.toSorted());
    }
    for (const value of sent) expect(received, `seed ${seed}`).to.include(value);
    for (const value of refused) expect(received, `seed ${seed}`).to.not.include(value);
    expect(reactor.timers.armed).to.equal(0);
  }
});
