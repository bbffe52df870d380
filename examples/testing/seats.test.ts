// node --test dist/examples/testing/
//
// Tests of seats.ts in a simulated world. They run with node:test, and with mocha if the next line is left out.
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { Operation } from "effection";
import { serve, sleep, socket, type Tcp } from "cosocket";
import { ALL_FAULTS, explore, simulate, type World } from "cosocket/testing";
import { boxOffice } from "./seats.js";

const PORT = 7782;

/** The box office on a host of its own. */
function* open(world: World): Operation<void> {
  yield* world.host("theatre", function* () {
    const server = socket.try(yield* socket.bind("*", PORT));
    yield* serve(server, boxOffice());
  });
}

/** Ask until there is an answer. */
function* ask(question: string): Operation<string> {
  for (;;) {
    const client: Tcp = socket.tcp();
    client.settimeout(2);
    const [, err] = yield* client.connect("theatre", PORT);
    if (!err) yield* client.send(question + "\n");
    const [answer, failed] = err ? [undefined, err] : yield* client.receive("*l");
    client.close();
    if (!failed) return answer!;
    yield* sleep(1);
  }
}

describe("the box office", () => {
  it("sells each seat once, whatever happens on the way", async () => {
    await explore({ runs: 100, faults: ALL_FAULTS }, function* (world) {
      yield* open(world);
      const visits = [];
      for (const name of ["ada", "bob", "eve"]) {
        visits.push(
          yield* world.host(name, function* () {
            const won = [];
            for (const seat of ["1", "2", "3"])
              if ((yield* ask(`BOOK ${seat} ${name}`)) === "OK") won.push(`${seat} ${name}`);
            return won;
          }),
        );
      }
      const sold: string[] = [];
      for (const visit of visits) sold.push(...(yield* visit));
      assert.equal(sold.length, 3);
      for (const [seat, name] of sold.map((sale) => sale.split(" ")))
        assert.equal(yield* ask(`WHO ${seat}`), name);
    });
  });

  it("closes the door on a visitor who says nothing for half a minute", async () => {
    const run = await simulate({}, function* (world) {
      yield* open(world);
      yield* sleep(1);
      const client = socket.try(yield* socket.connect("theatre", PORT));
      assert.deepEqual(yield* client.receive(), [undefined, "closed", ""]);
    });
    assert.ok(run.seconds > 30 && run.seconds < 32);
  });

  it("answers nonsense with what would be right", async () => {
    await simulate({}, function* (world) {
      yield* open(world);
      assert.match(yield* ask("what?"), /^ERR: BOOK/);
    });
  });
});
