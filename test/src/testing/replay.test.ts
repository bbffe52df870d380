/** A failure is made small, and the line that is printed replays it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import type { Operation } from "effection";
import { sleep, socket } from "cosocket";
import { explore, type ExploreOptions, type SimulationError, type World } from "cosocket/testing";
import { naive } from "../../support/naive.js";
import { root } from "../../support/process.js";
import { failure, rejection } from "../../support/simulated.js";

const RUNS = Number(process.env["COSOCKET_RUNS"] ?? 1);
/** Those that are quick to find; with COSOCKET_RUNS all are tried, with so many failures each. */
const KINDS =
  process.env["COSOCKET_RUNS"] === undefined
    ? ["split", "reset", "partition at a time", "loss", "order"]
    : Object.keys(naive);

async function found(
  options: ExploreOptions,
  program: (world: World) => Operation<unknown>,
): Promise<SimulationError> {
  const error = await rejection(explore(options, program));
  expect(error).to.have.property("name", "SimulationError");
  return error as SimulationError;
}

describe("a failure", function () {
  this.timeout(60_000 * RUNS);

  it("of each kind of fault shrinks to one or two, and its line replays it in another process", async () => {
    const failures: [kind: string, error: SimulationError][] = [];
    for (const kind of KINDS) {
      const { program, faults } = naive[kind]!;
      for (let seed = 1, run = 0; run < RUNS; run++) {
        const error = await found({ seed, faults, runs: 5000 }, program);
        expect(error.smallest, `${kind}: ${error.message}`).to.equal(true);
        expect(error.faults.length, `${kind}: ${error.message}`).to.be.within(1, 2);
        failures.push([kind, error]);
        seed = error.seed + 1;
      }
    }
    const { stdout } = spawnSync(
      process.execPath,
      ["--enable-source-maps", join(root, "dist/test/process/replays.js")],
      {
        input: failures.map(([kind, { replay }]) => JSON.stringify([kind, replay])).join("\n"),
        maxBuffer: 2 ** 30,
        encoding: "utf8",
      },
    );
    const replayed = stdout.trim().split("\n");
    for (const [i, [kind, error]] of failures.entries()) {
      const here = JSON.stringify([String(error.cause), error.faults, error.log]);
      expect(replayed[i], `${kind}: ${error.replay}`).to.equal(here);
    }
  });

  it("is told as it was found when there is no time to make it small", async () => {
    const { program, faults } = naive["reset"]!;
    for (const budget of [{ shrink: 0 }, { shrinkSeconds: 0 }]) {
      const error = await found({ faults, ...budget }, program);
      expect(error.smallest).to.equal(false);
      expect(error.replay).to.equal(String(error.seed));
    }
  });

  it("keeps what was left out when the runs for it are spent", async () => {
    const { program, faults } = naive["reset"]!;
    const error = await found({ faults, shrink: 3 }, program);
    expect(error.smallest).to.equal(false);
    expect(error.replay).to.equal([error.seed, ...error.faults].join(" "));
    const again = await failure({ seed: error.seed, faults, only: error.faults }, program);
    expect(again.log).to.deep.equal(error.log);
    expect(again.replay).to.equal(error.replay);
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

  it("another one is not taken for it, wherever it is thrown", async () => {
    const helper = (what: string): never => {
      throw new Error(what);
    };
    const two = function* (world: World): Operation<void> {
      yield* world.host("server", function* () {
        yield* socket.bind("*", 7000);
        yield* sleep(100);
      });
      yield* sleep(0.01);
      const [client, err] = yield* socket.connect("server", 7000);
      if (err === "connection refused") helper("refused");
      client?.close();
      helper("always");
    };
    const error = await found({ faults: { latency: [0.001, 0.01] }, runs: 1 }, two);
    const other = await found({ faults: { refuse: 1 }, runs: 1 }, two);
    expect([String(error.cause), error.faults]).to.deep.equal(["Error: always", []]);
    expect([String(other.cause), other.faults.length]).to.deep.equal(["Error: refused", 1]);
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
    expect(error.log.at(-2)?.what ?? "").to.match(/entry 4999|ends/);
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
