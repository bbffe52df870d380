/**
 * Everything that waits on a connection, halted, raced and timed out at random turns, beside a model of the two streams of bytes. Nothing
 * is lost or doubled for those that go on with the same socket, and whoever waits behind gets the turn. COSOCKET_RUNS says how many
 * programs (COSOCKET_SEED: from which seed on).
 */
import { expect } from "chai";
import type { Operation } from "effection";
import { type Fiber, fork, HaltedError, sleep, socket } from "cosocket";
import { Branches } from "../../support/branches.js";
import { Chaos } from "../../support/chaos.js";
import { A_MOMENT } from "../../support/check.js";
import { pair } from "../../support/pairs.js";
import { type AnyStream, memoryPair, tlsPair, unixPair } from "../../support/transports.js";
import { programs } from "../../support/runs.js";
import { connectionOf } from "../../support/inside.js";

const branches = new Branches(
  "a sender is halted while it waits",
  "a sender is halted when the stream has been closed under it",
  "a send times out",
  "a send is cut off",
  "the whole stream arrives",
  "it is reset",
);

type Pair = () => Operation<[AnyStream, AnyStream]>;
type How = "shutdown" | "close" | "reset";

const LETTERS = ["a", "b", "-", "-", "-", "\n", "xy--z\n"];
const BOUNDARIES = ["--", "-a", "\n-"];

/** Something to send: as a rule short, sometimes more than all buffers on the way have room for, so that its sender waits. */
function message(chaos: Chaos): string {
  let text = "";
  for (let parts = chaos.below(12); parts > 0; parts--) text += chaos.any(LETTERS);
  return chaos.chance(0.1) ? (text + "m\n").repeat(1 + chaos.below(60_000)) : text;
}

interface Sent {
  bytes: Buffer;
  /** How many of them the stream has taken; all, if the sender was halted. */
  taken: number;
  /** It was halted when the stream had been closed under it: what was taken of it until then nobody was told. */
  unknown: boolean;
}
interface Taken {
  at: number;
  bytes: Buffer;
  how: string;
}

/** One direction of a connection. */
class Direction {
  /** In the order in which the sends have begun. */
  private readonly sent: Sent[] = [];
  private readonly looks: Taken[] = [];
  private readonly takes: Taken[] = [];
  private readonly readers: ReturnType<AnyStream["receiveuntil"]>[];
  private at = 0;

  constructor(
    private readonly chaos: Chaos,
    private readonly from: AnyStream,
    private readonly to: AnyStream,
  ) {
    this.readers = BOUNDARIES.map((text, i) => to.receiveuntil(text, { inclusive: i === 1 }));
  }

  private get stream(): Buffer {
    return Buffer.concat(this.sent.map(({ bytes, taken }) => bytes.subarray(0, taken)));
  }

  /** Nothing is missing but, if it was cut, at the end. */
  verify(whole: boolean): void {
    this.settleUnknown(whole);
    const { stream, takes, looks } = this;
    for (const { at, bytes, how } of [...takes, ...looks])
      expect(stream.subarray(at, at + bytes.length).equals(bytes), `${how} at ${at}`).to.equal(
        true,
      );
    branches.take(whole ? "the whole stream arrives" : "it is reset");
    if (whole) expect(this.at, "bytes of the stream").to.equal(stream.length);
  }

  /** Of those the first may have been at it: what came beyond what is known is its. Of the others nothing was taken. */
  private settleUnknown(whole: boolean): void {
    const unknown = this.sent.filter((sent) => sent.unknown);
    for (const sent of unknown) sent.taken = 0;
    const [first] = unknown;
    if (first === undefined) return;
    branches.take("a sender is halted when the stream has been closed under it");
    const least = Math.min(Math.max(this.at - this.stream.length, 0), first.bytes.length);
    first.taken = whole ? least : this.takenBeforeCut(first, least);
  }

  /** The most that was taken of it, where what was taken behind it may have been lost. */
  private takenBeforeCut(cut: Sent, least: number): number {
    const place = this.sent.indexOf(cut);
    const before = this.sent.slice(0, place).reduce((sum, { taken }) => sum + taken, 0);
    const behind = Buffer.concat(
      this.sent.slice(place + 1).map(({ bytes, taken }) => bytes.subarray(0, taken)),
    );
    const came = Buffer.concat(this.takes.map(({ bytes }) => bytes)).subarray(before);
    let taken = Math.min(came.length, cut.bytes.length);
    const possible = (): boolean =>
      came.subarray(0, taken).equals(cut.bytes.subarray(0, taken)) &&
      came.subarray(taken).equals(behind.subarray(0, came.length - taken));
    while (taken > least && !possible()) taken--;
    return taken;
  }

  /** Send, or wait until it has left. */
  *out(): Operation<void> {
    const { from, chaos } = this;
    if (chaos.chance(0.3))
      from.settimeout(chaos.chance(0.3) ? 0 : chaos.seconds, chaos.any(["b", "t"]));
    else from.settimeout();
    if (chaos.chance(0.1)) return void (yield* from.flush());
    if (chaos.chance(0.1)) return void (yield* socket.select([from], [from], chaos.seconds));
    const text = message(chaos);
    const whole = Buffer.from(text);
    const sent: Sent = { bytes: whole, taken: whole.length, unknown: true };
    this.sent.push(sent);
    const i = chaos.chance(0.2) && whole.length > 0 ? 1 + chaos.below(whole.length) : undefined;
    if (i !== undefined) {
      sent.bytes = whole.subarray(i - 1);
      sent.taken = sent.bytes.length;
    }
    const data = chaos.any<string | Buffer | string[]>([
      text,
      whole,
      [text.slice(0, 3), text.slice(3)],
    ]);
    try {
      const [, error, index] = yield* from.send(data, i);
      if (error) branches.take(error === "timeout" ? "a send times out" : "a send is cut off");
      if (error) sent.taken = index - (i ?? 1) + 1;
      sent.unknown = false;
    } finally {
      if (sent.unknown) branches.take("a sender is halted while it waits");
      sent.unknown &&= connectionOf(from).writing.error !== null;
    }
  }

  /** Receive in one of the ways. */
  *in(): Operation<void> {
    const { to, chaos } = this;
    if (chaos.chance(0.5))
      to.settimeout(chaos.chance(0.3) ? 0 : chaos.seconds, chaos.any(["b", "t"]));
    else to.settimeout();
    const size = chaos.chance(0.9) ? chaos.below(20) : chaos.below(60_000);
    const prefix = chaos.any(["", "", "pq"]);
    const partial = chaos.chance(0.3) ? ("receivepartial" as const) : ("receive" as const);
    switch (chaos.below(10)) {
      case 0:
      case 1: {
        const [line, error, part] = yield* to[partial]("*l", prefix);
        if (error) return this.took(`*l: ${error}`, part.slice(prefix.length));
        return this.took("*l", `${line.slice(prefix.length)}\n`);
      }
      case 2: {
        const [line, , part] = yield* to[partial]("*L", prefix);
        return this.took("*L", (line ?? part).slice(prefix.length));
      }
      case 3: {
        const [block, , part] = yield* to[partial](size, prefix);
        return this.took(`${size}`, (block ?? part).subarray(prefix.length));
      }
      case 4: {
        const [any] = yield* to.receiveany(size + 1);
        return this.took("any", any ?? "");
      }
      case 5: {
        const [bytes, , part] = yield* to.peek(size + 1);
        this.looks.push({ at: this.at, bytes: bytes ?? part, how: "peek" });
        return;
      }
      case 6:
      case 7: {
        const reader = chaos.below(BOUNDARIES.length);
        const step = chaos.chance(0.5) ? undefined : size + 1;
        const [piece, error, part] = yield* step
          ? this.readers[reader]!(step)
          : this.readers[reader]!();
        return this.tookPiece(reader, piece ?? part ?? Buffer.alloc(0), error === undefined);
      }
      case 8: {
        const [readable] = yield* socket.select([to], [], chaos.seconds);
        if (readable.length > 0)
          expect(to.dirty() || connectionOf(to).reading.ended).to.equal(true);
        return;
      }
      default: {
        const source = socket.source("by-length", to, size);
        const [piece] = yield* source();
        return this.took("source", (piece as Buffer | undefined) ?? "");
      }
    }
  }

  private took(how: string, what: string | Buffer): void {
    const bytes = Buffer.from(what as string);
    expect(connectionOf(this.to).reading.position - this.at, `${how} takes what it gives`).to.equal(
      bytes.length,
    );
    this.takes.push({ at: this.at, bytes, how });
    this.at += bytes.length;
  }

  /** What follows the piece is the rest of its boundary, or nothing. */
  private tookPiece(reader: number, piece: Buffer, success: boolean): void {
    const bytes = connectionOf(this.to).reading.position - this.at;
    const rest = bytes - piece.length;
    expect(rest, "until").to.be.within(0, success ? BOUNDARIES[reader]!.length : 0);
    const end = BOUNDARIES[reader]!.slice(BOUNDARIES[reader]!.length - rest);
    this.took("until", Buffer.concat([piece, Buffer.from(rest > 0 ? end : "")]));
  }

  /** All that is still to come, until it ends. */
  *drain(): Operation<void> {
    for (;;) {
      this.to.settimeout();
      const [rest, error, part] = yield* this.to.receive(Infinity);
      this.took("the rest", rest ?? part);
      if (error === "closed") return;
      // Another one has set the timeout meanwhile.
      yield* sleep(A_MOMENT);
    }
  }
}

function* actor(chaos: Chaos, body: () => Operation<void>): Operation<void> {
  for (let steps = 2 + chaos.below(6); steps > 0; steps--) {
    yield* chaos.disturb(body);
    if (chaos.chance(0.3)) yield* chaos.pause();
  }
}

const program = (make: Pair) =>
  function* (seed: number, longest: number): Operation<void> {
    const chaos = new Chaos(seed, longest);
    const [a, b] = yield* make();
    const there = new Direction(chaos, a, b);
    const back = new Direction(chaos, b, a);
    // In one direction only, the whole stream arrives also when the sender closes.
    const how = chaos.any<How>(["shutdown", "shutdown", "close", "close", "reset"]);
    const both = how === "shutdown" && chaos.chance(0.7);
    const senders: Fiber[] = [];
    const receivers: Fiber[] = [];
    for (const way of both ? [there, back] : [there]) {
      for (let i = chaos.below(3); i >= 0; i--)
        senders.push(yield* fork(() => actor(chaos, () => way.out())));
      const own: Fiber[] = [];
      for (let i = chaos.below(3); i >= 0; i--)
        own.push(yield* fork(() => actor(chaos, () => way.in())));
      receivers.push(
        yield* fork(function* () {
          for (const fiber of own) yield* fiber;
          yield* way.drain();
        }),
      );
    }
    // Sometimes it ends while they are at it.
    if (chaos.chance(0.6)) for (const sender of senders) yield* sender;
    else yield* chaos.pause();
    end(how, a);
    if (both) end(how, b);
    // Some learn of it no more.
    for (const sender of senders) if (chaos.chance(0.3)) yield* sender.halt();
    for (const fiber of [...senders, ...receivers]) yield* untilOver(fiber);
    there.verify(how !== "reset");
    if (both) back.verify(true);
    a.close();
    b.close();
    yield* sleep(0);
  };

function* untilOver(fiber: Fiber): Operation<void> {
  try {
    yield* fiber;
  } catch (error) {
    if (!(error instanceof HaltedError)) throw error;
  }
}

function end(how: How, stream: AnyStream): void {
  if (how === "shutdown") stream.shutdown("send");
  else if (how === "reset") {
    stream.setoption("linger", { on: true, timeout: 0 });
    stream.close();
  } else stream.close();
}

const PAIRS: Record<string, Pair> = { TCP: pair, Unix: unixPair, "a stream pair": memoryPair };

describe("random halts of all that waits on a connection", () => {
  for (const [name, make] of Object.entries(PAIRS))
    programs(`lose and double no byte: ${name}`, program(make), 10);
  programs("lose and double no byte: TLS", program(tlsPair), 3);
  branches.allTaken();
});
