/** Random programs: whatever fibers do to each other, their trace is valid, without gaps, and nobody runs while somebody else does. */
import { expect } from "chai";
import { ensure, type Operation, sleep as nap, spawn } from "effection";
import { type Fiber, fork, race, sleep, within } from "cosocket";
import { record } from "cosocket/inspect";
import { simulate } from "cosocket/testing";
import { eachSeed, runs, runsAreAsked } from "../../support/counts.js";
import { dice } from "../../support/programs.js";
import { type TraceEvent, type TraceFile, violations } from "../../support/trace-rules.js";

/** A fiber that does something, starts others, and may fail or be halted at any time. */
function* life(random: () => number, depth: number): Operation<void> {
  const below = (count: number): number => Math.floor(random() * count);
  const children: Fiber<void>[] = [];
  if (random() < 0.2)
    yield* ensure(function* () {
      yield* sleep(random());
    });
  for (let steps = 1 + below(5); steps > 0; steps--) {
    const what = below(11);
    const deeper = (): Operation<void> => life(random, depth - 1);
    if (what < 2) yield* sleep(below(3));
    else if (what === 2) yield* nap(below(2000));
    else if (depth === 0) yield* sleep(random());
    else if (what < 6) children.push(yield* fork(deeper, { boundary: () => {} }));
    else if (what === 6) yield* race([deeper, () => sleep(random() * 3)]);
    else if (what === 7) yield* within(random() * 3, deeper);
    else if (what === 8) yield* spawn(() => nap(1000));
    else if (children.length > 0) {
      const child = children[below(children.length)]!;
      if (what === 9) yield* child.halt();
      else yield* race([() => sleep(1), () => joined(child)]);
    }
    if (random() < 0.05) throw new Error("fails");
  }
}

const ns = (microseconds: number): number => Math.round(microseconds * 1000);

/** Running slices of all fibers that overlap in time. */
function atOnce(events: TraceEvent[]): string[] {
  const running = events
    .filter(({ cat }) => cat === "running")
    .map((event) => ({ event, begin: ns(event.ts!), end: ns(event.ts!) + ns(event.dur!) }))
    .sort((a, b) => a.begin - b.begin);
  return running
    .slice(1)
    .filter(({ begin }, i) => begin < running[i]!.end)
    .map(({ event }) => JSON.stringify(event));
}

/** Between slices of one fiber, where nobody knows what it did for long. */
function gaps(events: TraceEvent[]): string[] {
  const ends = new Map<number, number>();
  const found: string[] = [];
  for (const event of events) {
    if (event.ph !== "X" || event.tid! >= 1e9) continue;
    const before = ends.get(event.tid!);
    if (before !== undefined && ns(event.ts!) - before > 100_000) found.push(JSON.stringify(event));
    ends.set(event.tid!, ns(event.ts!) + ns(event.dur!));
  }
  return found;
}

describe("the trace of a random program", function () {
  this.timeout(runsAreAsked ? 0 : 60_000);

  it("is valid, has no gaps, and shows one fiber at a time", async () => {
    await eachSeed(runs(15, 200), async (seed) => {
      let text = "";
      const random = dice(seed);
      await simulate({ seed, leaks: true, faults: { order: 0.3 } }, function* () {
        using recording = record();
        const program = yield* fork(() => life(random, 3), { boundary: () => {} });
        yield* race([() => sleep(20 * random()), () => joined(program)]);
        yield* halted(program);
        recording.stop();
        text = recording.text();
      });
      const events = (JSON.parse(text) as TraceFile).traceEvents;
      expect(violations(text).slice(0, 2)).to.deep.equal([]);
      expect(atOnce(events).slice(0, 2)).to.deep.equal([]);
      expect(gaps(events).slice(0, 2)).to.deep.equal([]);
    });
  });
});

function* halted(fiber: Fiber<void>): Operation<void> {
  try {
    yield* fiber.halt();
  } catch {
    // It had failed before, and was in its cleanup.
  }
}

function* joined(fiber: Fiber<void>): Operation<void> {
  try {
    yield* fiber;
  } catch {
    // It may have failed, or been halted.
  }
}
