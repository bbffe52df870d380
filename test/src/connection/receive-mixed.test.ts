/** All ways of receiving, mixed on one stream, against a model that has the whole stream in one string of bytes. */
import { expect } from "chai";
import fc from "fast-check";
import type { Operation, Subscription } from "effection";
import { fork, type Result, run, SocketException } from "cosocket";
import { runs } from "../../support/counts.js";
import { fedStream } from "../../support/fed.js";

/** Many more by hand: COSOCKET_RUNS=10000. */
const RUNS = runs(60, 300);

type Op =
  | { kind: "line"; prefix: string }
  | { kind: "raw"; prefix: string }
  | { kind: "partial"; prefix: string }
  | { kind: "bytes"; n: number; prefix: string }
  | { kind: "any"; n: number }
  | { kind: "peek"; n: number }
  | { kind: "lines" }
  | { kind: "blocks"; n: number }
  | { kind: "until"; reader: number; step: number | undefined };

/** What is one call of the stream. */
type Receive = Exclude<Op, { kind: "lines" | "blocks" }>;

/** How it is performed: not waiting; waiting until it is done; waiting, and halted after so many more chunks. */
interface Step {
  op: Op;
  how: "now" | "wait" | number;
}

interface Program {
  data: Uint8Array;
  cuts: number[];
  limit: number;
  boundaries: { text: string; inclusive: boolean }[];
  steps: Step[];
  cut: boolean;
}

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("line" as const, "raw" as const, "partial" as const),
    prefix: fc.constantFrom("", "", "ab", "ä"),
  }),
  fc.record({
    kind: fc.constant("bytes" as const),
    n: fc.nat(9),
    prefix: fc.constantFrom("", "ab"),
  }),
  fc.record({
    kind: fc.constantFrom("any" as const, "peek" as const),
    n: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ kind: fc.constant("lines" as const) }),
  fc.record({
    kind: fc.constant("blocks" as const),
    n: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    kind: fc.constant("until" as const),
    reader: fc.nat(2),
    step: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  }),
);

const program: fc.Arbitrary<Program> = fc.record({
  // Few letters, so that boundaries, and what begins like one, are frequent.
  data: fc.array(fc.constantFrom(10, 13, 45, 45, 45, 120), { maxLength: 120 }).map(Buffer.from),
  cuts: fc.array(fc.nat(120), { maxLength: 40 }),
  limit: fc.constantFrom(3, 8, 1 << 20),
  boundaries: fc.array(
    fc.record({
      text: fc.constantFrom("-", "--", "--x", "-x-", "x--x-", "\r\n", "----", "-x-x-\n"),
      inclusive: fc.boolean(),
    }),
    { minLength: 3, maxLength: 3 },
  ),
  steps: fc.array(
    fc.record({
      op,
      how: fc.oneof(fc.constantFrom("now" as const, "wait" as const), fc.nat(3)),
    }),
    { maxLength: 40 },
  ),
  cut: fc.boolean(),
});

class Model {
  /** Everything that has come, and how much of it was received. */
  private all = Buffer.alloc(0);
  private at = 0;
  /** Of each reader: where its boundary begins, once that is known; and up to where it has received. */
  private readonly begins: number[];
  private readonly given: number[];
  ended = false;

  constructor(private readonly program: Program) {
    this.begins = program.boundaries.map(() => -1);
    this.given = program.boundaries.map(() => -1);
  }

  arrive(chunk: Buffer): void {
    this.all = Buffer.concat([this.all, chunk]);
  }

  private get rest(): Buffer {
    return this.all.subarray(this.at);
  }

  private take(n: number): Buffer {
    const taken = this.rest.subarray(0, n);
    this.at += taken.length;
    return taken;
  }

  /** What it gives now; null: it has to wait. */
  result(op: Op, wait: boolean): unknown {
    if (op.kind === "lines") return this.item({ kind: "line", prefix: "" }, wait);
    if (op.kind === "blocks") return this.item({ kind: "bytes", n: op.n, prefix: "" }, wait);
    const done = this.complete(op);
    if (done !== null) return done;
    if (this.ended) return [undefined, "closed", this.partial(op, true)];
    return wait ? null : [undefined, "timeout", this.partial(op, false)];
  }

  /** The next of `lines` or `blocks`: an item, the end, or the error that is thrown. */
  private item(op: Receive, wait: boolean): unknown {
    const { at } = this;
    const done = this.complete(op) as [unknown, string?] | null;
    // Nobody would get the beginning of a line that is too long.
    if (done?.[1] !== undefined) this.at = at;
    if (done !== null) return done[1] ?? { done: false, value: done[0] };
    if (!this.ended) return wait ? null : "timeout";
    if (this.program.cut) return "closed";
    // A CR alone is no line.
    const value = this.partial(op, true) as string | Buffer;
    return value.length > 0 ? { done: false, value } : { done: true, value: undefined };
  }

  private complete(op: Receive): unknown {
    const { rest } = this;
    const { limit } = this.program;
    if (op.kind === "any") return rest.length > 0 ? [this.take(op.n)] : null;
    if (op.kind === "peek") return rest.length >= op.n ? [rest.subarray(0, op.n)] : null;
    if (op.kind === "until") return this.until(op.reader, op.step);
    const prefix = Buffer.from(op.prefix);
    if (op.kind === "bytes") {
      const wanted = Math.max(op.n - prefix.length, 0);
      if (rest.length < wanted || (rest.length === 0 && prefix.length === 0)) return null;
      return [Buffer.concat([prefix, this.take(wanted)])];
    }
    const end = rest.indexOf(10);
    const room = limit - prefix.length;
    if ((end < 0 ? rest.length : end) > room)
      return [undefined, "line too long", op.prefix + this.text(op, Math.max(room, 0))];
    if (end >= 0)
      return [op.prefix + this.text(op, end + 1).replace(op.kind === "raw" ? "" : "\n", "")];
    return op.kind === "partial" && rest.length > 0 && !this.ended
      ? [undefined, "timeout", op.prefix + this.text(op, rest.length)]
      : null;
  }

  private text(op: Receive & { prefix: string }, n: number): string {
    const text = this.take(n).toString();
    return op.kind === "raw" ? text : text.replaceAll("\r", "");
  }

  private partial(op: Receive, ended: boolean): unknown {
    if (op.kind === "any") return Buffer.alloc(0);
    if (op.kind === "peek") return this.rest;
    if (op.kind === "until") return this.take(ended ? Infinity : this.safe(op.reader));
    if (op.kind === "bytes") return Buffer.concat([Buffer.from(op.prefix), this.take(Infinity)]);
    return op.prefix + this.text(op, Infinity);
  }

  private until(reader: number, step: number | undefined): unknown {
    const { text, inclusive } = this.program.boundaries[reader]!;
    if (this.begins[reader]! < this.at && this.given[reader] !== this.at) this.begins[reader] = -1;
    if (this.begins[reader]! < 0) this.begins[reader] = this.all.indexOf(text, this.at);
    const begin = this.begins[reader]!;
    const stop = begin < 0 ? -1 : inclusive ? begin + text.length : begin;
    const { limit } = this.program;
    const safe = begin < 0 ? this.safe(reader) : begin - this.at;
    if (step === undefined) {
      if (safe > limit) return [undefined, "line too long", this.take(limit)];
      if (stop < 0) return null;
      const piece = this.take(stop - this.at);
      this.pass(reader);
      return [piece];
    }
    if (stop < 0) return safe >= step ? [this.take(step)] : null;
    if (stop > this.at) {
      const piece = this.take(Math.min(step, stop - this.at));
      this.given[reader] = this.at;
      return [piece];
    }
    this.pass(reader);
    return [undefined];
  }

  private pass(reader: number): void {
    const { text, inclusive } = this.program.boundaries[reader]!;
    if (!inclusive) this.take(text.length);
    this.begins[reader] = -1;
  }

  /** How many bytes cannot be part of the boundary: all, where nothing comes any more. */
  private safe(reader: number): number {
    const { text } = this.program.boundaries[reader]!;
    const { rest } = this;
    if (this.ended) return rest.length;
    for (let held = Math.min(text.length - 1, rest.length); held > 0; held--) {
      if (rest.subarray(rest.length - held).toString() === text.slice(0, held))
        return rest.length - held;
    }
    return rest.length;
  }
}

/** One item, or the error that is thrown. */
function* next<T>(sequence: Operation<Subscription<T, void>>): Operation<unknown> {
  try {
    return yield* (yield* sequence).next();
  } catch (error) {
    if (error instanceof SocketException) return error.error;
    throw error;
  }
}

function* play(program: Program): Operation<void> {
  const { data, cuts, limit, boundaries, steps, cut } = program;
  const [stream, transport] = fedStream();
  stream.setoption("line-limit", limit);
  const readers = boundaries.map(({ text, inclusive }) => stream.receiveuntil(text, { inclusive }));
  const places = [...new Set(cuts)].filter((at) => at < data.length).sort((a, b) => a - b);
  const chunks = [...places, data.length].map((end, i) =>
    Buffer.from(data.subarray(i === 0 ? 0 : places[i - 1], end)),
  );
  const model = new Model(program);
  const more = (): void => {
    const chunk = chunks.shift();
    if (chunk !== undefined) {
      model.arrive(chunk);
      transport.feed(chunk);
    } else if (!model.ended) {
      model.ended = true;
      transport.end(cut ? new Error("cut") : undefined);
    }
  };
  const perform = (op: Op): Operation<unknown> => {
    if (op.kind === "any") return stream.receiveany(op.n);
    if (op.kind === "peek") return stream.peek(op.n);
    if (op.kind === "lines") return next(stream.lines());
    if (op.kind === "blocks") return next(stream.blocks(op.n));
    if (op.kind === "bytes") return stream.receive(op.n, op.prefix);
    if (op.kind === "partial") return stream.receivepartial("*l", op.prefix);
    if (op.kind === "until") {
      const reader = readers[op.reader]!;
      return op.step === undefined ? reader() : reader(op.step);
    }
    return stream.receive(op.kind === "raw" ? "*L" : "*l", op.prefix);
  };
  for (const { op, how } of steps) {
    if (how === "now") {
      stream.settimeout(0);
      expect(yield* perform(op)).to.deep.equal(model.result(op, false));
      more();
      continue;
    }
    stream.settimeout();
    const fiber = yield* fork(() => perform(op));
    yield* fork(function* () {});
    let expected = model.result(op, true);
    for (let left = how === "wait" ? Infinity : how; expected === null && left > 0; left--) {
      more();
      yield* fork(function* () {});
      expected = model.result(op, true);
    }
    if (expected === null) yield* fiber.halt();
    else expect(yield* fiber).to.deep.equal(expected);
  }
  while (!model.ended) more();
  const [all, error, partial]: Result<Buffer, Buffer> = yield* stream.receive(Infinity);
  const rest = model.result({ kind: "bytes", n: Infinity, prefix: "" }, true) as [
    undefined,
    string,
    Buffer,
  ];
  expect(all ?? partial).to.deep.equal(rest[2]);
  expect(error).to.equal(cut || rest[2].length === 0 ? "closed" : undefined);
  stream.close();
}

describe("receiving in every way, mixed on one stream", () => {
  it("gives what one string would, however it is cut, halted and timed out", async function () {
    this.timeout(RUNS * 100 + 10_000);
    await fc.assert(
      fc.asyncProperty(program, (program) => run(() => play(program))),
      { numRuns: RUNS },
    );
  });
});
