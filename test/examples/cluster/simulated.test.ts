/**
 * The chat of examples/cluster in a simulated world: nodes die or end, the network fails in all its ways, and a log that takes its time is in memory. COSOCKET_RUNS
 * tries more seeds.
 */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, race, sleep, socket, within } from "cosocket";
import { ALL_FAULTS, explore, type World } from "cosocket/testing";
import { chatNode } from "../../../examples/cluster/chat-node.js";
import type { Log, Message, Take } from "../../../examples/cluster/log.js";
import { MemoryLog } from "../../../examples/cluster/memory-log.js";
import { firstSeed, runs } from "../../support/counts.js";
import { Load } from "./load.js";

const PORT = 7786;
const NODES = ["node1", "node2"];

/** As one on another machine: what was asked for may be done when nobody waits for it any more. */
class SlowLog implements Log {
  private readonly log = new MemoryLog();

  *append(room: string, message: Message): Operation<string> {
    yield* sleep(Math.random() * 0.1);
    const place = yield* this.log.append(room, message);
    yield* sleep(Math.random() * 0.1);
    return place;
  }
  follow(room: string, after: string, take: Take): Operation<void> {
    return this.log.follow(room, after, function* (entry) {
      yield* sleep(Math.random() * 0.1);
      return yield* take(entry);
    });
  }
}

/** A node that ends now and then, and is started again. */
function* restarting(world: World, name: string, log: Log): Operation<void> {
  for (;;) {
    const up = yield* world.host(name, function* () {
      const server = socket.try(yield* socket.bind("*", PORT));
      yield* chatNode(server, log);
    });
    yield* sleep(1 + Math.random() * 10);
    yield* up.halt();
    yield* sleep(Math.random() * 3);
  }
}

function* talking(world: World): Operation<void> {
  const log = new SlowLog();
  const load = new Load(4, () => {
    const node = NODES[Math.floor(Math.random() * NODES.length)]!;
    return within(5, socket.connect(node, PORT));
  });
  const clients = function* (): Operation<"done"> {
    const running = yield* fork(() => load.run(log));
    yield* load.progress(60);
    load.end();
    yield* running;
    return "done";
  };
  const nodes = NODES.map((name) => () => restarting(world, name, log));
  yield* race([clients, ...nodes]);
  yield* load.verify(log);
}

describe("a simulated cluster", function () {
  this.timeout(60_000 + runs(0) * 2000);

  it("loses nothing, doubles nothing, and keeps the order of a room, under all faults", async () => {
    const { missed } = await explore(
      { runs: runs(1, 100), seed: firstSeed(), faults: ALL_FAULTS },
      talking,
    );
    expect(missed).to.not.include("split");
  });
});
