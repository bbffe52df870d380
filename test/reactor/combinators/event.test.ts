import { expect } from "chai";
import { run as effectionRun, suspend } from "effection";
import { event, fork, race, run, sleep, within } from "cosocket";
import { check } from "../../support/check.js";

describe("event", () => {
  it("lets all go on who wait, with the value that it was set to, and those who come later", () =>
    check(function* () {
      const ready = event<string>();
      const waiters = [];
      for (let i = 0; i < 3; i++) waiters.push(yield* fork(() => ready.wait()));
      yield* sleep(0);
      expect(ready.isSet).to.equal(false);
      expect(ready.set("go")).to.equal(true);
      for (const waiter of waiters) expect(yield* waiter).to.equal("go");
      expect(yield* ready.wait()).to.equal("go");
      expect(ready.isSet).to.equal(true);
    }));

  it("is set once: a second value changes nothing", () =>
    check(function* () {
      const ready = event<number>();
      expect([ready.set(1), ready.set(2)]).to.deep.equal([true, false]);
      expect(yield* ready.wait()).to.equal(1);
    }));

  it("may have no value, or undefined", () =>
    check(function* () {
      const plain = event();
      plain.set();
      expect(yield* plain.wait()).to.equal(undefined);
      const maybe = event<string | undefined>();
      maybe.set(undefined);
      expect(yield* maybe.wait()).to.equal(undefined);
    }));

  it("is set by plain code, and waited for by tasks of Effection's, too", async () => {
    const ready = event<string>();
    const task = effectionRun(() => ready.wait());
    const fiber = run(() => ready.wait());
    setImmediate(() => ready.set("from a callback"));
    expect(await task).to.equal("from a callback");
    expect(await fiber).to.equal("from a callback");
  });

  it("goes on for the others when one of those who wait is halted, or does not wait any longer", () =>
    check(function* () {
      const ready = event<string>();
      const halted = yield* fork(() => ready.wait());
      const loser = yield* fork(() => within(0, ready.wait()));
      const patient = yield* fork(() => race([ready.wait(), suspend()]));
      yield* sleep(0);
      yield* halted.halt();
      expect((yield* loser)[1]).to.equal("timeout");
      ready.set("go");
      expect(yield* patient).to.equal("go");
    }));

  it("says in words what it is", () => {
    const ready = event();
    expect(String(ready)).to.equal("event (not set)");
    ready.set();
    expect(String(ready)).to.equal("event (set)");
  });

  it("wakes 10,000 at once", () =>
    check(function* () {
      const ready = event();
      let woken = 0;
      for (let i = 0; i < 10_000; i++)
        yield* fork(function* () {
          yield* ready.wait();
          woken++;
        });
      yield* sleep(0);
      ready.set();
      while (woken < 10_000) yield* sleep(0);
      expect(woken).to.equal(10_000);
    }));
});
