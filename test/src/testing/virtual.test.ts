/** What is virtual in a simulation: time, timers and chance. */
import crypto, { randomBytes, randomFill, randomInt, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as timers from "node:timers";
import * as timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "chai";
import { call, sleep as effectionSleep, spawn, until as promised } from "effection";
import { sleep, socket } from "cosocket";
import { copas } from "cosocket/copas";
import { simulate } from "cosocket/testing";
import { root } from "../../support/process.js";

describe("simulated time", () => {
  it("passes only when nobody can go on, and then at once", async () => {
    const real = performance.now();
    const run = await simulate({}, function* (world) {
      const [a] = [socket.tcp()];
      a.settimeout(30);
      const times: number[] = [];
      yield* sleep(3600);
      times.push(world.now());
      yield* effectionSleep(1000);
      times.push(world.now());
      yield* call(() => new Promise((resolve) => setTimeout(resolve, 500)));
      times.push(world.now());
      yield* copas.loop(function* () {
        yield* copas.pause(10);
      });
      times.push(world.now());
      return times.map((time) => Math.round(time * 100) / 100);
    });
    expect(run.value).to.deep.equal([3600, 3601, 3601.5, 3611.5]);
    expect(run.seconds).to.be.closeTo(3611.5, 0.01);
    expect(performance.now() - real).to.be.lessThan(1000 * run.seconds);
  });

  it("is what timers, Date, performance and Math.random tell; afterwards they are real again", async () => {
    const before = [setTimeout, setInterval, setImmediate, clearTimeout, Date, Math.random];
    const run = await simulate({ seed: 5 }, function* () {
      const ticks: number[] = [];
      const interval = setInterval((step: number) => ticks.push(step), 1000, 7);
      const never = setTimeout(() => ticks.push(0), 1500);
      clearTimeout(never);
      const immediate = setImmediate(() => ticks.push(0));
      clearImmediate(immediate);
      yield* sleep(3.5);
      clearInterval(interval);
      yield* sleep(10);
      const started = new Date();
      yield* sleep(60);
      return {
        ticks,
        date: started.toISOString(),
        minute: Date.now() - started.getTime(),
        isDate: started instanceof Date,
        fixed: new Date(0).getTime(),
        text: Date(),
        now: performance.now(),
        gettime: socket.gettime() * 1000 - Date.now(),
        random: [Math.random(), Math.random()],
      };
    });
    const { random, text, ...rest } = run.value;
    expect(rest.now).to.be.closeTo(73_500, 1);
    expect(rest).to.deep.include({
      ticks: [7, 7, 7],
      date: "2024-01-01T00:00:13.500Z",
      minute: 60_000,
      isDate: true,
      fixed: 0,
    });
    expect(Math.abs(rest.gettime)).to.be.lessThan(1);
    expect(text).to.match(/2024/);
    expect(random[0]).to.not.equal(random[1]);
    const again = await simulate({ seed: 5 }, function* () {
      return [Math.random(), Math.random()];
    });
    expect(again.value).to.deep.equal(random);
    expect([setTimeout, setInterval, setImmediate, clearTimeout, Date, Math.random]).to.deep.equal(
      before,
    );
    expect(Date.now()).to.be.greaterThan(1_750_000_000_000);
  });

  it("waits for promises, and for files", async () => {
    const run = await simulate({}, function* () {
      let depth = 0;
      yield* call(async () => {
        for (let i = 0; i < 100; i++) {
          await Promise.resolve();
          depth++;
        }
      });
      const text = yield* promised(readFile(join(root, "package.json"), "utf8"));
      return [depth, (JSON.parse(text) as { name: string }).name];
    });
    expect(run.value).to.deep.equal([100, "cosocket"]);
    expect(run.seconds).to.equal(0);
  });

  it("is what node:timers and node:timers/promises tell, however they were imported", async () => {
    const before = { ...timersPromises };
    const run = await simulate({}, function* (world) {
      const log: unknown[] = [];
      const tell = (what: unknown): void => void log.push([Math.round(world.now() * 1e3), what]);
      yield* call(async () => {
        tell(await timersPromises.setTimeout(10_000, "a"));
        tell(await promisify(setTimeout)(1000, "b"));
        await timersPromises.scheduler.wait(1000);
        await timersPromises.scheduler.yield();
        tell(await timersPromises.setImmediate("c"));
        const ticks = timersPromises.setInterval(1000, "tick");
        const [first] = [ticks[Symbol.asyncIterator]()];
        tell((await first.next()).value);
        // Two that nobody took in time, and one that is on time.
        await timersPromises.setTimeout(2500);
        for (let i = 0; i < 3; i++) tell((await first.next()).value);
        await first.return!();
        const required = createRequire(import.meta.url)("node:timers") as typeof timers;
        await new Promise<void>((resolve) => required.setTimeout(resolve, 1000));
        const never = timers.setTimeout(() => tell("never"), 10);
        timers.clearTimeout(never);
        await new Promise<void>((resolve) => timers.setImmediate(resolve));
      });
      tell("end");
      return log;
    });
    expect(run.value).to.deep.equal([
      [10_000, "a"],
      [11_000, "b"],
      [12_000, "c"],
      [13_000, "tick"],
      [15_500, "tick"],
      [15_500, "tick"],
      [16_000, "tick"],
      [17_000, "end"],
    ]);
    expect({ ...timersPromises }).to.deep.equal(before);
  });

  it("obeys signals, and is obeyed by AbortSignal.timeout", async () => {
    const run = await simulate({}, function* (world) {
      const controller = new AbortController();
      const failed = (promise: Promise<unknown>): Promise<unknown> =>
        promise.then(
          () => "no",
          (error: Error) => [error.name, String(error.cause), Math.round(world.now())],
        );
      yield* spawn(function* () {
        yield* sleep(5);
        controller.abort("enough");
      });
      const { signal } = controller;
      const ticking = async (): Promise<void> => {
        for await (const tick of timersPromises.setInterval(2000, "tick", { signal }))
          expect(tick).to.equal("tick");
      };
      const both = yield* promised(
        Promise.all([failed(timersPromises.setTimeout(60_000, 0, { signal })), failed(ticking())]),
      );
      const late = yield* promised(failed(timersPromises.setTimeout(1, 0, { signal })));
      const timeout = AbortSignal.timeout(30_000);
      yield* sleep(29);
      const early = timeout.aborted;
      yield* sleep(2);
      return [...both, late, early, (timeout.reason as Error).name];
    });
    const abort = ["AbortError", "enough", 5];
    expect(run.value).to.deep.equal([abort, abort, abort, false, "TimeoutError"]);
  });

  it("is what process.hrtime tells", async () => {
    const run = await simulate({}, function* () {
      const [start, big] = [process.hrtime(), process.hrtime.bigint()];
      yield* sleep(1.25);
      return [process.hrtime(start), Number(process.hrtime.bigint() - big)];
    });
    expect(run.value).to.deep.equal([[1, 250_000_000], 1_250_000_000]);
  });

  it("node:crypto and the global crypto give by the seed", async () => {
    const chosen = (seed: number) =>
      simulate({ seed }, function* () {
        const filled = yield* promised(
          new Promise((resolve) => randomFill(Buffer.alloc(8), 2, 4, (_, view) => resolve(view))),
        );
        return {
          uuids: [randomUUID(), globalThis.crypto.randomUUID()],
          bytes: [randomBytes(4), crypto.randomFillSync(new Uint16Array(3), 1, 1), filled],
          views: globalThis.crypto.getRandomValues(new Uint8Array(5)),
          numbers: Array.from({ length: 50 }, () => [randomInt(3), randomInt(5, 7)]),
          wrong: [() => randomInt(5, 5), () => crypto.randomFillSync(Buffer.alloc(1), 2)].map(
            (wrong) => {
              try {
                return wrong();
              } catch (error) {
                return (error as Error).name;
              }
            },
          ),
        };
      });
    const [one, same, other] = [await chosen(1), await chosen(1), await chosen(2)];
    expect(same.value).to.deep.equal(one.value);
    expect(other.value.uuids).to.not.deep.equal(one.value.uuids);
    const { uuids, bytes, views, numbers, wrong } = one.value;
    for (const uuid of uuids)
      expect(uuid).to.match(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(new Set([...uuids, randomUUID()]).size).to.equal(3);
    expect(String(bytes[1]).split(",").map(Number)).to.have.length(3).and.include(0);
    expect((bytes[2] as Buffer).subarray(0, 2)).to.deep.equal(Buffer.alloc(2));
    expect(views.some((value) => value > 0)).to.equal(true);
    expect(new Set(numbers.map(([below]) => below))).to.deep.equal(new Set([0, 1, 2]));
    expect(new Set(numbers.map(([, between]) => between))).to.deep.equal(new Set([5, 6]));
    expect(wrong).to.deep.equal(["RangeError", "RangeError"]);
  });

  it("what a program has kept of it is real afterwards", async () => {
    const { value: kept } = await simulate({}, function* () {
      const { setTimeout, Date, Math } = globalThis;
      return { setTimeout, Date, random: Math.random, hrtime: process.hrtime };
    });
    await new Promise((resolve) => kept.setTimeout(resolve, 1));
    expect(kept.Date.now()).to.be.closeTo(Date.now(), 60_000);
    expect(new kept.Date().getTime()).to.be.closeTo(Date.now(), 60_000);
    expect(kept.random()).to.be.within(0, 1);
    expect(kept.hrtime()[0]).to.be.closeTo(process.hrtime()[0], 60);
  });

  it("a real timer can be cleared meanwhile", async () => {
    const timers = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout");
    // Mocha arms its own once the test has been called.
    await timersPromises.setImmediate();
    const before = timers();
    const real = setTimeout(() => {}, 1e6);
    expect(timers()).to.have.length(before.length + 1);
    await simulate({}, function* () {
      clearTimeout(real);
      yield* sleep(1);
    });
    expect(timers()).to.deep.equal(before);
  });
});
