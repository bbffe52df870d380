/** What a byte costs to receive, by how many come in a segment. The transport is fed by hand: no kernel, no network. */
import type { Operation } from "effection";
import { fork, run, type Stream } from "cosocket";
import { fedStream } from "../../test/support/fed.js";

export type SegmentPattern = "line" | "count" | "until" | "steps";

const PIECE = 16 * 1024;
const PIECES = 64;

function* receivePiece(stream: Stream, pattern: SegmentPattern): Operation<number> {
  if (pattern === "line") return (yield* stream.receive("*l"))[0]!.length + 1;
  if (pattern === "count") return (yield* stream.receive(PIECE))[0]!.length;
  // A boundary whose beginning is everywhere.
  const part = stream.receiveuntil("xxxx\n");
  if (pattern === "until") return (yield* part())[0]!.length + 5;
  for (let count = 5; ;) {
    const [step] = yield* part(1000);
    if (step === undefined) return count;
    count += step.length;
  }
}

/** Nanoseconds of processor time for a byte. */
export async function segmentCost(pattern: SegmentPattern, size: number): Promise<number> {
  const piece = Buffer.from(`${"x".repeat(PIECE - 1)}\n`);
  const once = function* (): Operation<void> {
    const [stream, transport] = fedStream();
    let count = 0;
    const reader = yield* fork(function* () {
      for (let i = 0; i < PIECES; i++) count += yield* receivePiece(stream, pattern);
    });
    for (let i = 0; i < PIECES; i++) {
      for (let at = 0; at < PIECE; at += size)
        transport.feed(Buffer.from(piece.subarray(at, at + size)));
      yield* fork(function* () {});
    }
    yield* reader;
    if (count !== PIECE * PIECES) throw new Error(`${count} bytes instead of ${PIECE * PIECES}`);
    stream.close();
  };
  await run(once);
  const start = process.cpuUsage();
  await run(once);
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / (PIECE * PIECES);
}
