/**
 * Clients of a service that is restarted, behind a network on which everything goes wrong: each has its questions answered, in order, whatever happens, and nothing
 * is left of those that are halted on the way. COSOCKET_RUNS tries more seeds.
 */
import { expect } from "chai";
import type { Operation } from "effection";
import { all, fibers, race, reconnecting, serve, sleep, socket, type Tcp, within } from "cosocket";
import { ALL_FAULTS, explore, simulate, type World } from "cosocket/testing";
import { firstSeed, runs } from "../../support/counts.js";

const PORT = 7;
const QUESTIONS = 5;

/** Counts what each client has asked for: a question that comes again, because its answer was lost, gets the same answer. */
class Service {
  readonly asked = new Map<string, number[]>();

  *serve(): Operation<void> {
    const server = socket.try(yield* socket.bind("*", PORT));
    yield* serve(server, (client) => this.talk(client), { errorhandler: () => {} });
  }

  private *talk(client: Tcp): Operation<void> {
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) return;
      const [name, number] = line.split(" ");
      const asked = this.asked.get(name!) ?? [];
      this.asked.set(name!, asked);
      if (!asked.includes(Number(number))) asked.push(Number(number));
      yield* client.send(`${number}\n`);
    }
  }
}

/** Up and down, and at the end up. */
function* restarting(world: World, service: Service): Operation<void> {
  for (let i = 0; i < 4; i++) {
    const up = yield* world.host("server", () => service.serve());
    yield* sleep(Math.random() * 10);
    yield* up.halt();
    yield* sleep(Math.random() * 5);
  }
  yield* world.host("server", () => service.serve());
  yield* sleep(Infinity);
}

/** Has all its questions answered, whatever the number of connections. */
function* asking(name: string): Operation<number[]> {
  const answers: number[] = [];
  yield* reconnecting(
    // A name that is never answered shall not hold it.
    () => within(5, socket.connect("server", PORT)),
    function* (client) {
      client.settimeout(5);
      while (answers.length < QUESTIONS) {
        yield* client.send(`${name} ${answers.length}\n`);
        const [answer, err] = yield* client.receive("*l");
        if (err) return undefined;
        answers.push(Number(answer));
        yield* sleep(Math.random() * 3);
      }
      return "done";
    },
    { backoff: { initial: 0.5, maximum: 5 } },
  );
  return answers;
}

const inOrder = Array.from({ length: QUESTIONS }, (_, i) => i);

function* answered(world: World): Operation<void> {
  const service = new Service();
  const names = ["ann", "ben", "cid"];
  const clients = names.map(
    (name) =>
      function* () {
        return yield* yield* world.host(name, () => asking(name));
      },
  );
  const answers = yield* race([() => all(clients), () => restarting(world, service)]);
  for (const each of answers!) expect(each).to.deep.equal(inOrder);
  for (const name of names) expect(service.asked.get(name)).to.deep.equal(inOrder);
}

/** Halted somewhere on the way. What is left the world tells. */
function* halted(world: World): Operation<void> {
  const service = new Service();
  const client = yield* world.host("client", function* () {
    yield* within(Math.random() * 20, asking("ann"));
    const left = fibers().filter(({ name }) => name.includes("reconnecting"));
    expect(left.map(String)).to.deep.equal([]);
  });
  yield* race([client, () => restarting(world, service)]);
}

describe("reconnecting, simulated", function () {
  this.timeout(60_000 + runs(0) * 1000);
  it("has every question answered, in order, by a service that comes and goes under all faults", async () => {
    const { missed } = await explore(
      { runs: runs(4, 100), seed: firstSeed(), faults: ALL_FAULTS },
      answered,
    );
    expect(missed).to.not.include("split");
  });

  it("leaves nothing, halted at any time under all faults", async () => {
    await explore({ runs: runs(4, 100), seed: firstSeed(), faults: ALL_FAULTS }, halted);
  });

  it("does the same at the same times in each run of a seed", async () => {
    const log = async (): Promise<string> =>
      String(await simulate({ seed: 5, faults: ALL_FAULTS }, answered));
    expect(await log()).to.equal(await log());
  });
});
