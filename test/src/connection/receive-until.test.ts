/** receiveuntil, mixed with other ways of receiving: how the stream is cut must not matter. */
import { expect } from "chai";
import fc from "fast-check";
import type { Operation } from "effection";
import { fork, type Result, run } from "cosocket";
import { runs } from "../../support/counts.js";
import { fedStream } from "../../support/fed.js";

/** Many more by hand: COSOCKET_RUNS=10000. */
const RUNS = runs(60, 300);

type Op =
  | { kind: "until"; reader: number; size: number | undefined }
  | { kind: "bytes" | "any"; size: number }
  | { kind: "line" };

interface Program {
  text: string;
  cuts: number[];
  boundaries: { text: string; inclusive: boolean }[];
  steps: {
    op: Op;
    /** How many pieces have come before it is performed, beside those that it has waited for. */
    ahead: number;
  }[];
}

const size = fc.integer({ min: 1, max: 5 });
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    kind: fc.constant("until" as const),
    reader: fc.nat(1),
    size: fc.option(size, { nil: undefined }),
  }),
  fc.record({ kind: fc.constantFrom("bytes" as const, "any" as const), size }),
  fc.record({ kind: fc.constant("line" as const) }),
);

const program: fc.Arbitrary<Program> = fc.record({
  text: fc
    .array(fc.constantFrom("a", "a", "b", "\n"), { minLength: 5, maxLength: 100 })
    .map((letters) => letters.join("")),
  cuts: fc.array(fc.nat(100), { maxLength: 40 }),
  boundaries: fc.array(
    fc.record({
      text: fc.constantFrom("aab", "ab", "aaa", "a", "abab", "b\n", "aabaaab"),
      inclusive: fc.boolean(),
    }),
    { minLength: 2, maxLength: 2 },
  ),
  steps: fc.array(fc.record({ op, ahead: fc.nat(3) }), { maxLength: 60 }),
});

/** It has the whole stream from the beginning. */
class Model {
  at = 0;
  /** Of each reader: where it has begun to receive the piece, and up to where it has. */
  private readonly pieces = [
    { from: 0, to: -1 },
    { from: 0, to: -1 },
  ];

  constructor(private readonly program: Program) {}

  private get rest(): string {
    return this.program.text.slice(this.at);
  }
  private take(size: number): string {
    const taken = this.rest.slice(0, size);
    this.at += taken.length;
    return taken;
  }

  /** What `op` gives; `any` takes as much as it was given. */
  result(op: Op, given: number): unknown[] {
    const { rest } = this;
    switch (op.kind) {
      case "any":
        return rest === "" ? [undefined, "closed", ""] : [this.take(given)];
      case "bytes":
        if (rest.length < op.size) return [undefined, "closed", this.take(Infinity)];
        return [this.take(op.size)];
      case "line": {
        const end = rest.indexOf("\n");
        return end < 0 ? [undefined, "closed", this.take(Infinity)] : [this.take(end + 1)];
      }
      default:
        return this.until(op.reader, op.size);
    }
  }

  private until(reader: number, size: number | undefined): unknown[] {
    const boundary = this.program.boundaries[reader]!;
    const { length } = boundary.text;
    const piece = this.pieces[reader]!;
    // Of a boundary of which another has received a part nothing is left to look for.
    if (piece.to !== this.at) piece.from = this.at;
    const begin = this.program.text.indexOf(boundary.text, piece.from);
    const end = begin + length;
    const stop = begin < 0 ? Infinity : boundary.inclusive ? end : begin;
    if (begin < 0 && (size === undefined || this.rest.length < size))
      return [undefined, "closed", this.take(Infinity)];
    if (size !== undefined && stop > this.at) {
      const taken = this.take(Math.min(size, stop - this.at));
      piece.to = this.at;
      return [taken];
    }
    const taken = this.take(stop - this.at);
    this.at = end;
    piece.to = -1;
    return size === undefined ? [taken] : [undefined];
  }
}

function* play(program: Program): Operation<void> {
  const { text, cuts, boundaries, steps } = program;
  const [stream, transport] = fedStream();
  const readers = boundaries.map(({ text, inclusive }) => stream.receiveuntil(text, { inclusive }));
  const places = [...new Set(cuts)]
    .filter((at) => at > 0 && at < text.length)
    .sort((a, b) => a - b);
  const chunks = [...places, text.length].map((end, i) => text.slice(places[i - 1] ?? 0, end));
  let ended = false;
  const more = (): void => {
    const chunk = chunks.shift();
    if (chunk !== undefined) transport.feed(Buffer.from(chunk));
    else if (!ended) {
      ended = true;
      transport.end();
    }
  };
  const perform = (op: Op): Operation<Result<Buffer | string | undefined, Buffer | string>> => {
    if (op.kind === "line") return stream.receive("*L");
    if (op.kind !== "until")
      return op.kind === "any" ? stream.receiveany(op.size) : stream.receive(op.size);
    return op.size === undefined ? readers[op.reader]!() : readers[op.reader]!(op.size);
  };
  const model = new Model(program);
  for (const { op, ahead } of steps) {
    for (let i = 0; i < ahead; i++) more();
    let outcome: unknown[] | undefined;
    const fiber = yield* fork(function* () {
      outcome = (yield* perform(op)).map((value) =>
        Buffer.isBuffer(value) ? value.toString() : value,
      );
    });
    yield* yield* fork(function* () {});
    while (outcome === undefined) {
      more();
      yield* yield* fork(function* () {});
    }
    yield* fiber;
    const given = String(outcome[0] ?? "").length;
    expect(outcome).to.deep.equal(model.result(op, given), JSON.stringify(op));
  }
  stream.close();
}

describe("receiveuntil, mixed with other ways of receiving", () => {
  it("gives what the whole stream says, however it is cut", async function () {
    this.timeout(RUNS * 100 + 10_000);
    await fc.assert(
      fc.asyncProperty(program, (program) => run(() => play(program))),
      { numRuns: RUNS },
    );
  });

  for (const cut of [true, false])
    it(`looks for the next boundary when another has received a part: ${cut ? "cut" : "whole"}`, () =>
      run(function* () {
        const [stream, transport] = fedStream();
        const reader = stream.receiveuntil("--", { inclusive: true });
        const pieces = cut ? ["a-", "-b--c"] : ["a--b--c"];
        transport.feed(Buffer.from(pieces.shift()!));
        expect(String((yield* reader(1))[0])).to.equal("a");
        expect(String((yield* stream.receive(1))[0])).to.equal("-");
        for (const piece of pieces) transport.feed(Buffer.from(piece));
        expect(String((yield* reader(9))[0])).to.equal("-b--");
        stream.close();
      }));
});
