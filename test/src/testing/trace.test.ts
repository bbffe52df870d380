import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { all, serve, sleep, socket, type Tcp } from "cosocket";
import { ALL_FAULTS, explore, simulate, type World } from "cosocket/testing";
import { eachSeed, runs } from "../../support/counts.js";
import { failure, found } from "../../support/simulated.js";
import { type TraceEvent, type TraceFile, violations } from "../../support/trace-rules.js";

let folder: string;
let file: string;
let number = 0;

const text = (): string => readFileSync(file, "utf8");
const events = (): TraceEvent[] => (JSON.parse(text()) as TraceFile).traceEvents;
const named = (name: string): string[] =>
  events()
    .filter((event) => event.name === name)
    .map(({ args }) => String(args!["name"]));

function* echo(client: Tcp) {
  for (;;) {
    const [line, err] = yield* client.receive("*l");
    if (err) return;
    yield* client.send(line + "\n");
  }
}

/** A few clients on hosts of their own, whatever becomes of them. */
function* program(world: World) {
  yield* world.host("server", function* () {
    yield* serve(socket.try(yield* socket.bind("*", 7777)), echo);
  });
  const visit = function* () {
    yield* sleep(1);
    const client = socket.tcp();
    client.settimeout(10);
    yield* client.connect("server", 7777);
    for (let i = 0; i < 5; i++) {
      yield* client.send("a secret\n");
      const [, err] = yield* client.receive("*l");
      if (err) return;
      world.log(`line ${i}`);
    }
    const udp = socket.udp();
    yield* udp.sendto("another secret", "server", 53);
    client.close();
  };
  const names = ["ada", "bob", "eve"];
  const visitors = [];
  for (const name of names) visitors.push(yield* world.host(name, visit));
  yield* all(visitors);
}

describe("simulate({ trace })", () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cosocket-trace-"));
  });
  beforeEach(() => {
    file = join(folder, `${++number}.json`);
  });
  afterEach(() => delete process.env["COSOCKET_TRACE"]);
  after(() => rmSync(folder, { recursive: true }));

  it("writes a valid trace under all faults, whatever goes wrong", async () => {
    await eachSeed(runs(8, 200), async (seed) => {
      await simulate({ seed, faults: ALL_FAULTS, trace: file }, program).catch(() => {});
      expect(violations(text()).slice(0, 3)).to.deep.equal([]);
    });
  });

  it("has a group of rows for each host, and one for what is between them", async () => {
    await simulate({ trace: file }, program);
    expect(named("process_name")).to.have.members(["world", "home", "server", "ada", "bob", "eve"]);
    const network = named("thread_name").filter((name) => name === "network");
    expect(network).to.have.length(4);
  });

  it("draws an arrow from where bytes leave to where they arrive, and on to who receives them", async () => {
    await simulate({ trace: file }, program);
    const all = events();
    const pid = (name: string): number =>
      all.find((event) => event.name === "process_name" && event.args!["name"] === name)!.pid;
    const sent = all.find(
      (event) => event.ph === "s" && event.name === "sends" && event.pid === pid("ada"),
    )!;
    const arrived = all.find(({ ph, id }) => ph === "f" && id === sent.id)!;
    expect(arrived.pid).to.equal(pid("server"));
    const wakes = all.filter(({ ph, name }) => ph === "s" && name === "wakes");
    const woken = wakes.find((event) => event.tid === arrived.tid && event.ts! > arrived.ts!)!;
    const reader = all.find(({ ph, id }) => ph === "f" && id === woken.id)!;
    const thread = all.find((event) => event.name === "thread_name" && event.tid === reader.tid)!;
    expect(thread.args!["name"]).to.match(/^server/);
  });

  it("is the same for the same seed, to the byte, in virtual time, and has nothing of what is sent", async () => {
    const options = { seed: 3, faults: ALL_FAULTS, trace: file };
    await simulate(options, program).catch(() => {});
    const first = text();
    await simulate(options, program).catch(() => {});
    expect(text()).to.equal(first);
    expect(first).to.include("bytes arrive").and.not.include("secret");
  });

  it("shows faults, and what the program logs, where they happen", async () => {
    await simulate({ seed: 1, faults: { split: 1 }, trace: file }, program);
    const names = new Set(events().map(({ name }) => name));
    expect([...names].some((name) => name.startsWith("split:"))).to.equal(true);
    expect(names).to.include("line 4");
  });

  it("is written when the run fails, with what failed, and the cleanup behind it", async () => {
    const stuck = function* () {
      yield* socket.try(yield* socket.bind("*", 80)).accept();
    };
    await failure({ trace: file }, stuck);
    const deadlock = events().find(({ name }) => name.includes("deadlock"))!;
    const halted = events().find(({ name }) => name === "halted")!;
    expect(halted.ts).to.be.above(deadlock.ts!);
  });

  it("of explore is that of the failure that it reports, and nothing is written when none fails", async () => {
    const drops = function* (world: World) {
      yield* program(world);
      if (world.seed === 3) throw new Error("it is the third");
    };
    await explore({ runs: 2, trace: file }, drops);
    expect(existsSync(file)).to.equal(false);
    const error = await found(
      { runs: 10, faults: { latency: 0.001, split: 0.5 }, trace: file },
      drops,
    );
    expect(error.seed).to.equal(3);
    expect((JSON.parse(text()) as TraceFile).otherData).to.include({ seed: 3 });
    // Made smaller, as the report is: without faults.
    expect(text()).to.include("it is the third").and.not.include("split:");
  });

  it("is asked for by COSOCKET_TRACE, too; of several runs the last that has failed stays", async () => {
    process.env["COSOCKET_TRACE"] = file;
    await simulate({ seed: 1 }, () => sleep(1));
    expect(text()).to.include('"seed":1');
    await failure({ seed: 2 }, function* () {
      throw new Error("two");
    });
    await simulate({ seed: 3 }, () => sleep(1));
    expect(text()).to.include('"seed":2').and.include("two");
  });

  it("refuses what is no name of a file, and a folder that there is not, before it runs", async () => {
    // @ts-expect-error: a number
    await expectThrown(simulate({ trace: 7 }, program), "trace is the name of a file");
    await expectThrown(simulate({ trace: "" }, program), "trace is the name of a file");
    await expectThrown(simulate({ trace: "/no/such/x.json" }, program), "ENOENT");
  });
});

async function expectThrown(promise: Promise<unknown>, text: string): Promise<void> {
  const thrown: unknown = await promise.then(() => "nothing").catch((error: unknown) => error);
  expect(String(thrown)).to.include(text);
}
