/**
 * A server whose clients come, speak and go at random, and which is closed or halted meanwhile, with grace or without. COSOCKET_RUNS and
 * COSOCKET_SEED as in connection/halts-stream.test.ts.
 */
import { expect } from "chai";
import { ensure, race, type Operation } from "effection";
import { fork, type Fiber, serve, type ServeOptions, sleep, socket, type Tcp } from "cosocket";
import { reactor } from "cosocket/reactor";
import { simulate } from "cosocket/testing";
import { Chaos } from "../../support/chaos.js";
import { connectionOf } from "../../support/inside.js";
import { portOf } from "../../support/pairs.js";
import { programs } from "../../support/runs.js";

/** Seconds: nobody waits for longer. */
const PATIENCE = 1;

interface Visit {
  client: Tcp;
  /** What it has handed over for the client. */
  said: string;
  end: "running" | "done" | "failed" | "halted";
  /** When it ended, in the clock's seconds. */
  at: number;
  children: number;
}

class Model {
  readonly visits: Visit[] = [];
  readonly errors: unknown[] = [];
  readonly thrown: Error[] = [];
  /** What each client that was not disturbed has heard. */
  readonly heard: string[] = [];
  private live = 0;
  readonly options: ServeOptions;

  constructor(
    private readonly chaos: Chaos,
    longest: number,
  ) {
    const maxConnections = chaos.any([undefined, 1, 2, 3]);
    this.options = {
      ...(maxConnections && { maxConnections }),
      grace: chaos.any([0, chaos.seconds, longest * 3, PATIENCE * 5]),
      idle: chaos.any([undefined, "close"]),
      errorhandler: (error) => {
        this.errors.push(error);
        // The server goes on also if this fails. (It prints: seldom.)
        if (chaos.chance(0.001)) throw new Error("the error handler's own");
      },
    };
  }

  handler(client: Tcp): () => Operation<void> {
    const visit: Visit = { client, said: "", end: "running", at: 0, children: 0 };
    this.visits.push(visit);
    return () => this.serve(visit);
  }

  private *serve(visit: Visit): Operation<void> {
    expect(++this.live).to.be.at.most(this.options.maxConnections ?? Infinity);
    visit.end = "halted";
    try {
      yield* this.talk(visit);
      visit.end = "done";
    } catch (error) {
      visit.end = "failed";
      throw error;
    } finally {
      this.live--;
      visit.at = reactor.clock.now();
    }
  }

  private *say(visit: Visit, text: string): Operation<void> {
    // Also if it is halted meanwhile.
    visit.said += text;
    const [, error, index] = yield* visit.client.send(text);
    if (error) visit.said = visit.said.slice(0, visit.said.length - text.length + index);
  }

  private *talk(visit: Visit): Operation<void> {
    const { chaos } = this;
    yield* this.say(visit, `hello ${this.visits.indexOf(visit)}\n`);
    for (let steps = chaos.below(5); steps > 0; steps--) {
      if (chaos.chance(0.1)) {
        const error = new Error(`visit ${this.visits.indexOf(visit)}`);
        this.thrown.push(error);
        throw error;
      }
      if (chaos.chance(0.2)) yield* fork(() => this.child(visit));
      else
        yield* chaos.any([
          () => this.say(visit, "more\n".repeat(1 + chaos.below(chaos.chance(0.1) ? 3000 : 30))),
          () => race([visit.client.receive(), sleep(chaos.seconds)]),
          () => chaos.pause(),
        ])();
    }
  }

  private *child(visit: Visit): Operation<void> {
    visit.children++;
    try {
      yield* sleep(PATIENCE * 100);
    } finally {
      visit.children--;
    }
  }

  /** Connect, and hear everything until the end. */
  *visitor(port: number): Operation<void> {
    const { chaos } = this;
    const client = socket.tcp();
    yield* ensure(() => void client.close());
    const [, refused] = yield* client.connect("127.0.0.1", port);
    if (refused) return void expect(refused).to.be.oneOf(["connection refused", "closed"]);
    const [all, error, partial] = yield* client.receive("*a");
    // One that waited to be accepted is reset.
    if (error) expect(error).to.equal("closed");
    this.heard.push(all ?? partial);
    if (chaos.chance(0.5)) yield* chaos.pause();
  }

  verify(halted: number): void {
    const { visits, options } = this;
    for (const { client, end, at, children } of visits) {
      // One that broke has nothing left to close.
      const over = client.closed || connectionOf(client).transport === null;
      expect(over, "the client is closed").to.equal(true);
      expect(children, "its children have ended").to.equal(0);
      expect(end).to.not.equal("running");
      // Nobody was halted before the grace was over.
      if (end === "halted") expect(at).to.be.at.least(halted + options.grace! - 1e-9);
    }
    expect(this.live).to.equal(0);
    expect(this.errors).to.have.members(this.thrown);
    // Whoever stayed until the end heard what was said to him, all of it, and nobody else did.
    const greeted = this.heard.filter((text) => text !== "");
    const numbers = greeted.map((text) => Number(/^hello (\d+)\n/.exec(text)?.[1]));
    expect(new Set(numbers).size).to.equal(numbers.length);
    for (const [i, text] of greeted.entries())
      expect(visits[numbers[i]!]!.said === text, `what visit ${numbers[i]} said`).to.equal(true);
  }
}

function* program(seed: number, longest: number): Operation<void> {
  const chaos = new Chaos(seed, longest);
  const model = new Model(chaos, longest);
  const server = socket.try(yield* socket.bind("127.0.0.1", 0, chaos.any([undefined, 1, 2])));
  const port = portOf(server);
  const service = yield* fork(() =>
    serve(server, (client) => model.handler(client)(), model.options),
  );
  // So that serve has been called.
  yield* sleep(0);
  const visitors: Fiber[] = [];
  for (let i = 1 + chaos.below(5); i > 0; i--)
    visitors.push(
      yield* fork(function* () {
        for (let visits = 1 + chaos.below(3); visits > 0; visits--) {
          if (chaos.chance(0.7)) yield* model.visitor(port);
          else yield* chaos.disturb(() => model.visitor(port));
        }
      }),
    );
  for (let pauses = chaos.below(4); pauses > 0; pauses--) yield* chaos.pause();
  let halted = Infinity;
  if (chaos.chance(0.2)) server.close();
  else {
    halted = reactor.clock.now();
    yield* service.halt();
  }
  if (halted === Infinity) yield* service;
  model.verify(halted);
  expect(server.closed).to.equal(true);
  expect((yield* socket.connect("127.0.0.1", port))[1]).to.equal("connection refused");
  for (const visitor of visitors) yield* visitor;
  model.verify(halted);
}

describe("a server", () => {
  it("that is halted before its fiber has begun listens no more", () =>
    simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      const service = yield* fork(() => serve(server, () => {}));
      // It runs when serve has been called, and before what serve has forked.
      yield* yield* fork(() => service.halt());
      expect(server.closed).to.equal(true);
    }));

  it("that is halted listens no more while it gives grace", () =>
    simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      const service = yield* fork(() => serve(server, () => sleep(1), { grace: 5 }));
      socket.try(yield* socket.connect("127.0.0.1", 7));
      yield* sleep(0.1);
      const halting = yield* fork(() => service.halt());
      yield* sleep(0.1);
      expect(server.closed).to.equal(true);
      expect((yield* socket.connect("127.0.0.1", 7))[1]).to.equal("connection refused");
      yield* halting;
    }));

  it("closes a client whose handler has returned it", () =>
    simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      yield* fork(() => serve(server, (client) => sleepThen(client)));
      const client = socket.try(yield* socket.connect("127.0.0.1", 7));
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", ""]);
      server.close();
    }));
});

function* sleepThen<T>(value: T): Operation<T> {
  yield* sleep(0.1);
  return value;
}

describe("random halts of servers", () => {
  programs("greet every client once, give grace, and leave nobody behind", program, 8);
});
