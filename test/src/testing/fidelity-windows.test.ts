/** Peers that do not read, simulated and the kernel's: what is taken, what arrives, and how it ends. */
import process from "node:process";
import fc from "fast-check";
import type { Operation } from "effection";
import { sleep, socket } from "cosocket";
import { answer, compare, type Tempo } from "../../support/fidelity.js";
import { pair } from "../../support/pairs.js";
import { type AnyStream, unixPair } from "../../support/transports.js";

/** Who does something, what, and with what. */
type Step = readonly [who: 0 | 1, what: string, argument?: unknown];

const who = fc.constantFrom<0 | 1>(0, 1);
const step = (what: string, ...args: unknown[]): fc.Arbitrary<Step> =>
  fc.tuple(who, fc.constant(what), fc.constantFrom(...(args.length > 0 ? args : [undefined])));

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: step("flood") },
  { weight: 3, arbitrary: step("drain") },
  step("send", 1, 1000),
  step("receive", 1, 1000),
  step("flush"),
  { weight: 2, arbitrary: step("select") },
  step("shutdown", "send", "receive", "both"),
  step("close"),
  step("reset"),
);

/** More than kernels and the queue of a stream hold. */
const FLOOD = Buffer.alloc(24 * 1024 * 1024);

class Line {
  /** Bytes that each has sent, and that each has received. */
  private readonly sent = [0, 0];
  private readonly received = [0, 0];

  constructor(
    private readonly ends: AnyStream[],
    tempo: Tempo,
  ) {
    for (const end of ends) end.settimeout(tempo.patience);
  }

  *perform([who, what, argument]: Step): Operation<unknown> {
    const end = this.ends[who]!;
    switch (what) {
      case "flood":
        // How much there is room for differs, and grows while nobody looks.
        return (yield* this.send(who, FLOOD))[0];
      case "send":
        return yield* this.send(who, Buffer.alloc(argument as number));
      case "receive":
        return yield* this.receive(who, argument as number);
      case "drain":
        return yield* this.drain(who);
      case "reset":
        end.setoption("linger", { on: true, timeout: 0 });
        return yield* answer(end, "close", []);
      case "select": {
        const [readable, writable, error] = yield* socket.select(this.ends, this.ends, 0);
        const of = (some: AnyStream[]): string => some.map((one) => this.ends.indexOf(one)).join();
        return [of(readable), of(writable), error];
      }
      default:
        return yield* answer(end, what, [argument]);
    }
  }

  private *send(who: 0 | 1, bytes: Buffer): Operation<unknown[]> {
    const end = this.ends[who]!;
    const before = end.getstats()[1];
    const [, error] = (yield* answer(end, "send", [bytes])) as unknown[];
    const taken = end.getstats()[1] - before;
    this.sent[who]! += taken;
    return [error, taken === 0 ? "nothing" : taken < bytes.length ? "some" : "all"];
  }

  private *receive(who: 0 | 1, count: number): Operation<unknown> {
    const [bytes, error, partial] = (yield* answer(this.ends[who]!, "receive", [
      count,
    ])) as Buffer[];
    const length = (bytes ?? partial)?.length ?? 0;
    this.received[who]! += length;
    return [error, length];
  }

  /** All that comes: whether that is all that was sent. */
  private *drain(who: 0 | 1): Operation<unknown> {
    const end = this.ends[who]!;
    for (;;) {
      const [bytes, error] = (yield* answer(end, "receiveany", [1 << 20])) as [Buffer, string];
      if (error !== undefined) {
        const all = this.received[who] === this.sent[1 - who];
        return [error, all ? "all" : this.received[who] === 0 ? "nothing" : "some"];
      }
      this.received[who]! += bytes.length;
    }
  }
}

function* play(script: Step[], tempo: Tempo, unix: boolean): Operation<string[]> {
  const ends: AnyStream[] = yield* unix ? unixPair() : pair();
  const line = new Line(ends, tempo);
  const answers: string[] = [];
  for (const step of script) {
    yield* sleep(tempo.pause);
    answers.push(`${step.join(" ")}: ${JSON.stringify(yield* line.perform(step))}`);
  }
  for (const end of ends) {
    end.setoption("linger", { on: true, timeout: 0 });
    end.close();
  }
  // Until those that linger have heard of it.
  yield* sleep(5 * tempo.pause);
  return answers;
}

describe("the simulated network fills up as the kernel does", function () {
  before(function () {
    if (process.platform === "linux") return;
    console.log("skipped: what is simulated is Linux");
    this.skip();
  });

  it("over TCP", () => compare(steps, (script, tempo) => play(script, tempo, false), 2));

  it("over Unix sockets", () => compare(steps, (script, tempo) => play(script, tempo, true), 2));
});
