/** A failure is made small, and the line that is printed replays it. */
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { Operation } from "effection";
import { sleep, socket } from "cosocket";
import { copas } from "cosocket/copas";
import { reactor } from "cosocket/reactor";
import { runs, runsAreAsked } from "../../support/counts.js";
import { anything } from "../../support/anything.js";
import { Elsewhere } from "../../support/elsewhere.js";
import { naive, told } from "../../support/naive.js";
import { failure, found } from "../../support/simulated.js";

/** Failures of each kind that are tried. With COSOCKET_RUNS also of those kinds that are slow to find. */
const RUNS = runs(1);
const KINDS = runsAreAsked
  ? Object.keys(naive)
  : ["split", "reset", "partition at a time", "loss", "order"];
/** Of random programs. */
const SEEDS = runs(4);

describe("another process tells the same", function () {
  this.timeout(60_000 * RUNS);
  let elsewhere: Elsewhere;
  before(() => (elsewhere = new Elsewhere()));
  after(() => elsewhere.end());

  for (const kind of KINDS)
    it(`of what ${kind} makes fail: one or two faults are left, and the line replays it`, async () => {
      const { program, faults } = naive[kind]!;
      for (let seed = 1, run = 0; run < RUNS; run++) {
        const error = await found({ seed, faults, runs: 5000 }, program);
        expect(error.smallest, error.message).to.equal(true);
        expect(error.faults.length, error.message).to.be.within(1, 2);
        const [, line] = /replay it with: COSOCKET_REPLAY='([^']*)' in front/.exec(error.message)!;
        expect(await elsewhere.told(kind, line!), line).to.equal(told(error));
        seed = error.seed + 1;
      }
    });

  it("of random programs of everything, which leave nothing behind", async () => {
    const left = (): unknown[] => [
      ...[reactor.live, reactor.ready, reactor.timers.armed, reactor.here()],
      ...[globalThis.setTimeout, globalThis.Date, Math.random, readFile, copas.running],
      ...["uncaughtException", "unhandledRejection", "warning", "exit"].map((event) =>
        process.listenerCount(event),
      ),
    ];
    const before = left();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const there = elsewhere.told("anything", String(seed));
      const first = await anything(seed);
      expect(await anything(seed), `seed ${seed}, again`).to.equal(first);
      expect(await there, `seed ${seed}, elsewhere`).to.equal(first);
      expect(left(), `seed ${seed}`).to.deep.equal(before);
    }
  });
});

describe("a failure", () => {
  it("is told as it was found when there is no time to make it small", async () => {
    const { program, faults } = naive["reset"]!;
    for (const budget of [{ shrink: 0 }, { shrinkSeconds: 0 }]) {
      const error = await found({ faults, ...budget }, program);
      expect(error.smallest).to.equal(false);
      expect(error.replay).to.equal(String(error.seed));
    }
  });

  it("that never ends is made small no longer than there is time", async () => {
    const endless = function* (): Operation<void> {
      const client = socket.tcp();
      yield* client.connect("nobody", 1);
      for (;;) yield* sleep(0);
    };
    const error = await found(
      { faults: { lookupfail: 1 }, events: 20_000, runs: 1, shrinkSeconds: 0.05 },
      endless,
    );
    expect(String(error.cause)).to.match(/20000 things have happened/);
  });

  it("may be anything that can be thrown", async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const tricky = Object.defineProperty(new Error("tricky"), "stack", {
      get(): string {
        throw new Error("no stack");
      },
    });
    for (const [thrown, text] of [
      [{ code: 7 }, "{ code: 7 }"],
      [Object.create(null), "[Object: null prototype] {}"],
      [undefined, "undefined"],
      ["text", "text"],
      [Symbol("s"), "Symbol(s)"],
      [tricky, "Error: tricky"],
      [proxy, ""],
    ] as [unknown, string][]) {
      const error = await found({ runs: 1 }, function* () {
        yield* sleep(1);
        throw thrown;
      });
      expect(error.message.startsWith(text), error.message).to.equal(true);
      expect(error.message).to.include("seed 1");
    }
  });
});

describe("memory is bounded", () => {
  it("the log keeps its last entries, and is printed whatever its length", async () => {
    const error = await failure({ entries: 1000 }, function* (world) {
      for (let i = 0; i < 5000; i++) world.log(`entry ${i}`);
      yield* sleep(0);
      throw new Error("over");
    });
    expect(error.log).to.have.length(1000);
    expect(
      error.log.slice(0, -1).every(({ what }, i, all) => i === 0 || what > "" || all),
    ).to.equal(true);
    expect(error.log.at(-2)!.what).to.equal("entry 4999");
  });

  it("a long log is printed", async () => {
    const { simulate } = await import("cosocket/testing");
    const run = await simulate({}, function* (world) {
      for (let i = 0; i < 200_000; i++) world.log("x");
      yield* sleep(0);
    });
    expect(String(run).split("\n")).to.have.length(200_003);
    const short = await simulate({ entries: 10 }, function* (world) {
      for (let i = 0; i < 100; i++) world.log(`${i}`);
      yield* sleep(0);
    });
    expect(String(short)).to.match(/^\(92 entries before\)\n.* 91\n/);
  });
});
