/** What docs/testing.md shows of failing runs is what they print. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, type Handler, serve, sleep, socket } from "cosocket";
import { copas } from "cosocket/copas";
import * as cosocket from "cosocket";
import { ALL_FAULTS, explore, simulate, type SimulationError, type World } from "cosocket/testing";
import { busy, names } from "../../support/opportunities.js";
import { onlyInCI } from "../../support/counts.js";
import { type Bug, planted } from "../../support/planted.js";
import { packageFolder, root } from "../../support/process.js";
import { rejection } from "../../support/simulated.js";

const PORT = 7782;

/** A box office that looks whether a seat is free, waits for a disk, and then writes. */
function boxOffice(): Handler {
  const owners = new Map<string, string>();
  return function* (client) {
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) return;
      const [, seat, name] = line.split(" ") as [string, string, string];
      const owner = owners.get(seat) ?? name;
      yield* sleep(0.001);
      owners.set(seat, owner);
      yield* client.send(owner === name ? "OK\n" : "TAKEN\n");
    }
  };
}

function* ask(question: string): Operation<string> {
  for (;;) {
    const client = socket.tcp();
    client.settimeout(2);
    const [, err] = yield* client.connect("theatre", PORT);
    if (!err) yield* client.send(question + "\n");
    const [answer, failed] = err ? [undefined, err] : yield* client.receive("*l");
    client.close();
    if (!failed) return answer!;
    yield* sleep(1);
  }
}

function* seats(world: World): Operation<void> {
  yield* world.host("theatre", function* () {
    const server = socket.try(yield* socket.bind("*", PORT));
    yield* serve(server, boxOffice());
  });
  const visits = [];
  for (const name of ["ada", "bob", "eve"])
    visits.push(
      yield* world.host(name, function* () {
        let won = 0;
        for (const seat of ["1", "2", "3"])
          if ((yield* ask(`BOOK ${seat} ${name}`)) === "OK") won++;
        return won;
      }),
    );
  let sold = 0;
  for (const visit of visits) sold += yield* visit;
  if (sold !== 3) throw new Error(`${sold} of 3 seats were sold`);
}

/** Two that want what the other one has. */
function* locks(): Operation<void> {
  const [first, second] = [copas.lock.new(Infinity), copas.lock.new(Infinity)];
  const both = function* (...[one, other]: (typeof first)[]): Operation<void> {
    yield* one!.get();
    yield* sleep(1);
    yield* other!.get();
  };
  const one = yield* fork(() => both(first, second), { name: "one" });
  yield* fork(() => both(second, first), { name: "two" });
  yield* one;
}

/** The bug that is told of. */
const DROPPED: Bug = {
  file: "src/connection/connection.js",
  edits: [
    [
      "// While it can still be sent: what halted senders have left behind.\n            writing.wakeAll();\n",
      "",
    ],
  ],
};

/** Two fibers send on one connection, some sends are halted, and the connection is shut down. */
function senders({ fork, serve, sleep, socket }: typeof cosocket) {
  return function* (world: World): Operation<void> {
    let got = "";
    yield* world.host("server", function* () {
      const server = socket.try(yield* socket.bind("*", 7000));
      yield* serve(server, function* (client) {
        const [all, , partial] = yield* client.receive("*a");
        got = String(all ?? partial);
      });
    });
    yield* sleep(1);
    const client = socket.tcp();
    if ((yield* client.connect("server", 7000))[1]) return;
    const begun: string[] = [];
    const sending = [];
    for (const name of ["sa", "sb"])
      sending.push(
        yield* fork(
          function* () {
            for (let number = 1; number <= 5; number++) {
              const message = `${name}.${number}`;
              const rest = ".".repeat(Math.random() < 0.5 ? 3 : 50_000);
              const send = yield* fork(() => client.send(message + rest), { name: message });
              begun.push(message);
              yield* sleep(Math.random() * 0.1);
              if (Math.random() < 0.5) yield* send.halt();
              else yield* send;
            }
          },
          { name },
        ),
      );
    for (const fiber of sending) yield* fiber;
    client.shutdown("send");
    yield* client.receive("*a");
    client.close();
    for (const message of begun)
      if (!got.includes(`${message}.`)) throw new Error(`${message} is lost`);
  };
}

const page = readFileSync(join(root, "docs/testing.md"), "utf8");
/** Blocks of output on the page. What checkStream says has a test of its own. */
const blocks = [...page.matchAll(/^```text\n([^]*?)^```/gm)]
  .map(([, block]) => block!)
  .filter((block) => !block.startsWith("Error: checkStream"));

/** All of the block is in what a run prints, from its beginning; a line of dots stands for what is left out. */
function expectShown(message: string): void {
  const [first] = message.split("\n", 1);
  const block = blocks.find((one) => one.startsWith(`${first}\n`));
  if (block === undefined) throw new Error(`the page does not show:\n${message}`);
  let rest = message;
  for (const [i, part] of block.split(/^ *\.\.\.\n/m).entries()) {
    const at = rest.indexOf(part);
    const shown = i === 0 ? at === 0 : at >= 0;
    // The whole of both, should they differ.
    expect(shown ? message : block).to.equal(message);
    rest = rest.slice(at + part.length);
  }
}

describe("what docs/testing.md shows of runs that fail is what they print", function () {
  this.timeout(60_000);

  it("seats that are sold twice", async () => {
    expectShown(((await rejection(explore({ faults: ALL_FAULTS }, seats))) as Error).message);
  });

  it("a deadlock", async () => {
    expectShown(((await rejection(simulate({}, locks))) as Error).message);
  });

  it("a message that was lost, with the bug that is told of planted in the library", async function () {
    onlyInCI(this, "it plants a bug in a copy of the library");
    const folder = packageFolder();
    try {
      const { library, testing } = await planted(DROPPED, folder);
      const faults = { latency: [0.0001, 0.02] as const, stall: 0.1 };
      const lost = rejection(testing.explore({ faults }, senders(library)));
      const { message, seed } = (await lost) as SimulationError;
      expectShown(message);
      await simulate({ seed, faults }, senders(cosocket));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("and there is nothing else that it shows", () => expect(blocks).to.have.length(3));
});

describe("the faults that docs/testing.md lists", () => {
  /** Of each: the cells of its row. */
  const rows = new Map<string, string[]>();
  const table = /^\| fault [^]*?\n\n/m.exec(page)![0];
  for (const line of table.trim().split("\n").slice(2)) {
    const [names = "", ...cells] = line.split("|").slice(1, -1);
    const kinds = [...names.matchAll(/`(\w+)`/g)].map(([, kind]) => kind!);
    const rates = cells[1]!.replaceAll(/[`\s]/g, "");
    for (const [i, kind] of kinds.entries())
      rows.set(kind, [cells[0]!, kinds.length > 1 ? rates.split(",")[i]! : rates, cells[2]!]);
  }

  it("are all that there are, each with what it is drawn for, how often, and what happens", () => {
    expect([...rows.keys()]).to.have.members([...Object.keys(ALL_FAULTS), "bandwidth"]);
    for (const [kind, chance] of Object.entries(ALL_FAULTS)) {
      const [unit, rate, what] = rows.get(kind)!;
      const { rate: own = chance, seconds } = chance as { rate?: number; seconds?: number };
      expect(rate, kind).to.equal(JSON.stringify(own));
      // How long it lasts is said where it is the default.
      if (seconds !== undefined) expect(what, kind).to.include(`\`seconds\` (${seconds})`);
      expect(unit!.trim(), kind).to.match(/^\w+/);
      expect(what!.trim().length, kind).to.be.greaterThan(10);
    }
  });

  it("each strikes in a program that meets all of them", async () => {
    const struck = new Set<string>();
    const kinds = Object.keys(ALL_FAULTS);
    const program = busy(() => {});
    // Two are enough; who changes the program need not look for others.
    for (let seed = 12; seed < 72 && struck.size < kinds.length; seed++)
      for (const name of (await simulate({ seed, names, faults: ALL_FAULTS }, program)).faults)
        struck.add(/^\w+/.exec(name)![0]);
    expect([...struck]).to.have.members(kinds);
  });
});
