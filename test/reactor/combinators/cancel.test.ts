/** A program of combinators that is halted at each of its waits, one after the other: nothing is left of it, and no line is lost. */
import { expect } from "chai";
import type { Operation } from "effection";
import {
  channel,
  each,
  event,
  type Fiber,
  fibers,
  fork,
  race,
  sleep,
  type StreamObject,
  within,
} from "cosocket";
import { channels, reactor } from "cosocket/reactor";
import { simulate, streamPair } from "cosocket/testing";

const LINES = 14;

/** Receives lines in all ways, and writes down what it has got. */
function* receiver(client: StreamObject, got: string[]): Operation<void> {
  const keep = ([line]: readonly unknown[]): void => {
    if (typeof line === "string") got.push(line);
  };
  keep(yield* within(5, client.receive("*l")));
  keep(yield* within(0, client.receive("*l")));
  keep(yield* race([client.receive("*l"), () => late()]));
  keep(
    yield* within(
      3,
      race([() => within(2, client.receive("*l")), () => within(0.1, event().wait())]),
    ),
  );
  const values = channel<string>();
  const feeder = yield* fork(function* () {
    for (let i = 0; i < 3; i++) {
      const [line, err] = yield* within(4, client.receive("*l"));
      if (err) break;
      got.push(line);
      yield* values.send(line);
    }
    values.close();
  });
  let sum = 0;
  for (const line of yield* each(values)) {
    sum += line.length;
    yield* sleep(sum / 100);
    yield* each.next();
  }
  yield* feeder;
  for (const line of yield* each(client.lines())) {
    got.push(line);
    yield* each.next();
  }
}

function* late(): Operation<[]> {
  yield* sleep(2);
  return [];
}

/** Halt the program at its wait number `at`. How many it had by then; -1: it has ended by itself. */
async function haltedAt(at: number): Promise<number> {
  let waits = 0;
  await simulate({ seed: at }, function* () {
    const [client, served] = yield* streamPair();
    yield* fork(function* () {
      for (let i = 1; i <= LINES; i++) {
        yield* sleep(i % 3 === 0 ? 0.7 : 0);
        yield* served.send(`line ${i}\n`);
      }
      served.close();
    });
    const got: string[] = [];
    let over = false;
    const program = yield* fork(() => receiver(client, got), { ended: () => (over = true) });
    const below = (fiber: Fiber | null): boolean =>
      fiber !== null && (fiber === program || below(fiber.parent.nearest));
    const parked = (message: unknown): void => {
      const { fiber } = message as { fiber: Fiber };
      // What is wound up already has lost, and is not waited for at length: nobody else runs until that is over.
      if (over || fiber.state === "ending" || !below(fiber)) return;
      if (++waits === at) void program.halt();
    };
    channels.park.subscribe(parked);
    try {
      while (!over) yield* sleep(0.1);
    } finally {
      channels.park.unsubscribe(parked);
    }
    if (waits < at) waits = -1;
    // What it has not got is there still.
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) break;
      got.push(line);
    }
    expect(got).to.deep.equal(Array.from({ length: LINES }, (_, i) => `line ${i + 1}`));
    expect(fibers().filter(({ name }) => /race|within|all/.test(name))).to.deep.equal([]);
  });
  expect([reactor.live, reactor.timers.armed]).to.deep.equal([0, 0]);
  return waits;
}

describe("combinators, halted at each wait of a program", () => {
  it("leave nothing, and lose no line", async function () {
    this.timeout(60_000);
    let at = 1;
    while ((await haltedAt(at)) >= 0) at++;
    expect(at).to.be.above(30);
  });
});
