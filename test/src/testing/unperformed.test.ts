/* eslint-disable cosocket/no-floating-operations -- that is what is found here when it runs */
import { expect } from "chai";
import {
  all as allOfEffection,
  call,
  race as raceOfEffection,
  sleep as sleepOfEffection,
} from "effection";
import type { Operation } from "effection";
import { all, each, fork, race, serve, sleep, socket, type Tcp, within } from "cosocket";
import { copas } from "cosocket/copas";
import { explore, simulate, SimulationError } from "cosocket/testing";

/** This file, and the line in it on which `text` stands. */
const HERE = /unperformed\.test\.[jt]s:(\d+):\d+/;
const FIRST = 2000;

/** A client of a server that greets and echoes lines. */
function* connected(server: (client: Tcp) => Operation<void>): Operation<Tcp> {
  const listening = socket.try(yield* socket.bind("*", 7777));
  yield* fork(() => serve(listening, server));
  return socket.try(yield* socket.connect("127.0.0.1", 7777));
}

function* echo(client: Tcp): Operation<void> {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(`${line}\n`);
  }
}

function lineOf(error: Error): number {
  return Number(HERE.exec(error.stack!)![1]);
}

describe("an operation that is made and never performed in a simulation", () => {
  it("is named with its place, each place once", async () => {
    let line = 0;
    const { unperformed } = await simulate({}, function* () {
      const client = yield* connected(function* (accepted) {
        line = lineOf(new Error());
        for (let i = 0; i < 3; i++) accepted.send("x");
        yield* echo(accepted);
      });
      sleep(7);
      fork(() => sleep(1));
      yield* client.send("hello\n");
      yield* client.receive();
    });
    expect(unperformed).to.have.length(3);
    const [slept, forked, sent] = unperformed;
    expect(slept).to.match(/^sleep\(7\), made at .*unperformed\.test/);
    expect(forked).to.match(/^fork, made at .*unperformed\.test/);
    expect(sent).to.match(/^send on tcp\{client\}/);
    expect(Number(HERE.exec(sent!)![1])).to.equal(line + 1);
  });

  it("is told of on stderr, of each place once, whatever number of seeds comes there", async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listener);
    const { unperformed } = await explore({ runs: 5 }, function* () {
      sleep(8);
      yield* sleep(1);
    });
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off("warning", listener);
    expect(unperformed).to.have.length(1);
    expect(warnings.map(({ name }) => name)).to.deep.equal(["SimulationWarning"]);
    expect(warnings[0]!.message).to.include(unperformed[0]).and.include("yield*");
  });

  it("is a part of what is told of a failure", async () => {
    const failed = await simulate({}, function* () {
      const client = yield* connected(echo);
      client.send("hello\n");
      yield* client.receive();
    }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failed).to.be.instanceOf(SimulationError);
    const { message, unperformed } = failed as SimulationError;
    expect(message).to.include("deadlock");
    expect(unperformed).to.have.length(1);
    expect(message).to.match(
      /made and never performed.*\n {2}send on tcp\{client\}.*unperformed\.test/,
    );
  });

  it("is named also when it was made in a callback, outside of fibers", async () => {
    const { unperformed } = await simulate({}, function* () {
      setTimeout(() => void sleep(9), 5);
      yield* sleep(1);
    });
    expect(unperformed.join()).to.match(/^sleep\(9\), made at .*unperformed\.test\.[^,]*$/);
  });

  it("is named also behind the first thousands, by the operation that was made after it, and then exactly", async () => {
    const places: number[] = [];
    const { unperformed } = await simulate({}, function* () {
      for (let i = 0; i < FIRST + 100; i++) yield* sleep(0);
      for (let i = 0; i < 2; i++) {
        places[0] = lineOf(new Error());
        sleep(5);
        yield* sleep(1);
      }
    });
    const told = unperformed.map((text) => Number(HERE.exec(text)![1]) - places[0]!);
    expect(told).to.deep.equal([2, 1]);
    expect(unperformed[0]).to.include("made shortly before ");
    const { unperformed: last } = await simulate({}, function* () {
      for (let i = 0; i < FIRST + 100; i++) yield* sleep(0);
      sleep(6);
    });
    expect(last.join()).to.match(/^sleep\(6\), made at an unknown place/);
  });

  it("is not one that lets others go first, or a stream that an async function goes through", async () => {
    const { unperformed } = await simulate({}, function* () {
      const fibers = [];
      for (let i = 0; i < 5000; i++) fibers.push(yield* fork(() => sleep(1)));
      for (const fiber of fibers) yield* fiber;
      const client = yield* connected(echo);
      yield* client.send("one\n");
      yield* call(async () => {
        for await (const line of client.lines()) return line;
        return "";
      });
    });
    expect(unperformed).to.deep.equal([]);
  });

  it("is named without its place where stacks are too short, or are made by somebody else", async () => {
    const { stackTraceLimit, prepareStackTrace } = Error;
    const forgets = function* (): Operation<void> {
      sleep(5);
      yield* sleep(1);
    };
    try {
      Error.stackTraceLimit = 2;
      const { unperformed: short } = await simulate({}, forgets);
      expect(short).to.deep.equal([
        "sleep(5), made at an unknown place (Error.stackTraceLimit is 2)",
      ]);
      Error.prepareStackTrace = (_, frames) => frames;
      const { unperformed: others } = await simulate({}, forgets);
      expect(others.join()).to.match(/^sleep\(5\), made at an unknown place/);
    } finally {
      Object.assign(Error, { stackTraceLimit, prepareStackTrace });
    }
  });

  it("is not one that was kept and performed later, handed over, or had its effect at the call", async () => {
    const { unperformed } = await simulate({}, function* () {
      const client = yield* connected(echo);
      const kept = client.receive();
      yield* client.send("one\ntwo\nthree\nfour\nfive\n");
      yield* kept;
      yield* kept;
      // The first is ready, so that the others need not begin.
      yield* race([client.receive(), sleep(5)]);
      yield* raceOfEffection([client.receive(), sleepOfEffection(5)]);
      yield* within(5, client.receive());
      yield* all([sleep(1), client.send("six\n"), sleep(2)]);
      yield* allOfEffection([sleep(1), client.receive()]);
      const fiber = yield* fork(() => client.receive());
      yield* sleep(1);
      fiber.halt();
      yield* fork(() => sleep(1000));
      const lock = copas.lock.new();
      yield* lock.get();
      lock.release();
      client.shutdown("send");
      for (const line of yield* each(client.lines())) {
        void line;
        yield* each.next();
      }
    });
    expect(unperformed).to.deep.equal([]);
  });
});
