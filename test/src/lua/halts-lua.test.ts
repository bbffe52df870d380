/**
 * Pumps, lines, blocks and the resolver, halted, raced and timed out at random turns: nothing is lost for those that go on with the
 * same source, sink, stream or name. COSOCKET_RUNS and COSOCKET_SEED as in connection/halts-stream.test.ts.
 */
import { expect } from "chai";
import type { Operation, Subscription } from "effection";
import { type Data, fork, pump, type Sink, type Source, sleep, socket, type Tcp } from "cosocket";
import { reactor } from "cosocket/reactor";
import { simulate } from "cosocket/testing";
import { Chaos } from "../../support/chaos.js";
import { A_MOMENT } from "../../support/check.js";
import { pair } from "../../support/pairs.js";
import { eachSeed, runs, runsAreAsked } from "../../support/counts.js";
import { programs } from "../../support/runs.js";

const LETTERS = ["a", "bc", "\n", "line\n", "", "0\r\n\r\n"];

function textOf(chaos: Chaos): string {
  let text = "";
  for (let parts = chaos.below(40); parts > 0; parts--) text += chaos.any(LETTERS);
  return chaos.chance(0.1) ? text.repeat(1 + chaos.below(200)) : text;
}

/** What is given in pieces, with pauses. */
function* pieces(chaos: Chaos, text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const length = 1 + chaos.below(chaos.chance(0.8) ? 50 : 20_000);
    yield text.slice(at, at + length);
    at += length;
  }
}

function* write(chaos: Chaos, text: string, to: Sink): Operation<void> {
  for (const piece of pieces(chaos, text)) {
    socket.try(yield* to(piece));
    if (chaos.chance(0.3)) yield* chaos.pause();
  }
  socket.try(yield* to());
}

/** Perform it disturbed, some times, and in the end alone, until it says that it is over. */
function* insist(chaos: Chaos, body: () => Operation<boolean>): Operation<void> {
  let over = false;
  const note = function* (): Operation<void> {
    over ||= yield* body();
  };
  for (let times = chaos.below(8); times > 0 && !over; times--) yield* chaos.disturb(note);
  while (!over) yield* note();
}

type Flow = "by-length" | "until-closed" | "http-chunked";

/** Through a relay that is halted again and again; between whole pieces, as its source and its sink see it. */
function* relaying(chaos: Chaos): Operation<void> {
  const [a, b] = yield* pair();
  const [c, d] = yield* pair();
  const text = textOf(chaos);
  const flow = chaos.any<Flow>(["by-length", "until-closed", "http-chunked"]);
  const sinkTo = (stream: Tcp): Sink =>
    socket.sink(flow === "http-chunked" ? flow : "close-when-done", stream);
  const sourceOf = (stream: Tcp): Source =>
    flow === "by-length" ? socket.source(flow, stream, text.length) : socket.source(flow, stream);
  const writer = yield* fork(() => write(chaos, text, sinkTo(a)));
  const [from, to] = [sourceOf(b), sinkTo(c)];
  const relay = yield* fork(() =>
    insist(chaos, function* () {
      const [, error] = chaos.chance(0.5) ? yield* pump.all(from, to) : yield* pump.step(from, to);
      expect(error).to.equal(undefined);
      // Others get on meanwhile, where there is nothing more to be done.
      yield* sleep(A_MOMENT);
      // Whoever has told the sink of the end is done.
      return c.closed || (flow === "http-chunked" && finished);
    }),
  );
  let finished = false;
  const heard: Data[] = [];
  yield* pump.all(sourceOf(d), function* (piece) {
    if (piece === undefined) finished = true;
    else heard.push(piece);
    return [1];
  });
  expect(Buffer.concat(heard as Buffer[]).toString()).to.equal(text);
  yield* writer;
  if (flow === "http-chunked") yield* relay.halt();
  else yield* relay;
}

/** `lines()` or `blocks(n)`, whose reader is halted while it waits for the next. */
function* reading<T extends string | Buffer>(
  chaos: Chaos,
  open: (stream: Tcp) => Operation<Subscription<T, void>>,
): Operation<[items: T[], text: string]> {
  const [a, b] = yield* pair();
  const text = textOf(chaos);
  const writer = yield* fork(() => write(chaos, text, socket.sink("close-when-done", a)));
  const items: T[] = [];
  let subscription: Subscription<T, void> | undefined;
  yield* insist(chaos, function* () {
    if (subscription === undefined || chaos.chance(0.2)) subscription = yield* open(b);
    for (let more = chaos.below(10); more >= 0; more--) {
      const { done, value } = yield* subscription.next();
      if (done) return true;
      items.push(value);
    }
    return false;
  });
  yield* writer;
  return [items, text];
}

function* lines(chaos: Chaos): Operation<void> {
  const [items, text] = yield* reading(chaos, (stream) => stream.lines());
  const whole = text.replaceAll("\r", "").split("\n");
  if (whole.at(-1) === "") whole.pop();
  expect(items).to.deep.equal(whole);
}

function* blocks(chaos: Chaos): Operation<void> {
  const size = 1 + chaos.below(30);
  const [items, text] = yield* reading(chaos, (stream) => stream.blocks(size));
  expect(Buffer.concat(items).toString()).to.equal(text);
  for (const [i, { length }] of items.entries())
    if (i < items.length - 1) expect(length).to.equal(size);
}

const program = (body: (chaos: Chaos) => Operation<void>) =>
  function* (seed: number, longest: number): Operation<void> {
    yield* yield* fork(() => body(new Chaos(seed, longest)));
  };

describe("random halts of those that pump and iterate", () => {
  programs("a relay hands on every piece once", program(relaying), 4);
  programs("lines() leaves out none", program(lines), 6);
  programs("blocks() leaves out no byte", program(blocks), 6);
});

const NOBODY = "host or service not provided, or not known";
/** Seconds that a turn of the simulated world takes, and more. */
const TURN = 0.0002;
const AWKWARD = ["temporary failure in name resolution", "timeout"];

/** What the resolver says of a name, or awkward words where it fails or is late. */
function* ask(chaos: Chaos, hosts: Record<string, string>): Operation<void> {
  const name = chaos.any([...Object.keys(hosts), "nobody"]);
  const ip = hosts[name];
  const limit = chaos.chance(0.5) ? chaos.seconds : 1;
  const before = reactor.clock.now();
  const [answer, error] = yield* chaos.any<() => Operation<readonly unknown[]>>([
    () => socket.dns.toip(name, limit),
    () => socket.dns.tohostname(ip ?? name, limit),
    () => socket.dns.getaddrinfo(name, limit),
    () => socket.dns.getnameinfo(name, undefined, limit),
  ])();
  expect(reactor.clock.now() - before, "seconds").to.be.at.most(limit + TURN);
  if (answer === undefined) {
    expect(error).to.be.oneOf(ip === undefined ? [NOBODY, ...AWKWARD] : AWKWARD);
    return;
  }
  // An address has one name.
  const said = [name, ip, name === "other" ? "one" : name];
  expect(
    said.some((word) => JSON.stringify(answer).includes(word!)),
    name,
  ).to.equal(true);
}

const COUNT = runs(6);

it(`random halts of those that ask the resolver: each gets his own answer, in time (${COUNT} seeds)`, async function () {
  if (runsAreAsked) this.timeout(0);
  const faults = {
    latency: [0.0001, 0.002],
    order: 0.2,
    lookupfail: 0.1,
    lookuphang: 0.1,
  } as const;
  await eachSeed(COUNT, (seed) =>
    simulate({ seed, faults, names: { other: "one" } }, function* (world) {
      const chaos = new Chaos(seed, 0.01);
      const hosts: Record<string, string> = {};
      for (const name of ["one", "two"])
        yield* world.host(name, function* () {
          socket.try(yield* socket.bind("*", 1));
          yield* fork(function* () {});
        });
      hosts["one"] = hosts["other"] = "10.0.0.2";
      hosts["two"] = "10.0.0.3";
      const fibers = [];
      for (let i = 0; i < 4; i++)
        fibers.push(
          yield* fork(function* () {
            for (let steps = 6; steps > 0; steps--) yield* chaos.disturb(() => ask(chaos, hosts));
          }),
        );
      for (const fiber of fibers) yield* fiber;
    }),
  );
});
