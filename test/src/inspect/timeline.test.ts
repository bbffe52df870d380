/** The timeline's parts that need no browser. They are served as they are: so they are loaded from where they are written. */
import { expect } from "chai";
import fc from "fast-check";
import { fork, sleep } from "cosocket";
import { record } from "cosocket/inspect";
import { firstSeed, runs } from "../../support/counts.js";
import { inVirtualTime } from "../../support/simulated.js";
import { root } from "../../support/process.js";

interface Lane {
  length: number;
  begins: Float64Array;
  ends: Float64Array;
  kinds: Uint8Array;
  names: Uint32Array;
  at(time: number): number;
}
interface Track {
  name: string;
  lanes: Lane[];
  marks: { at: number; text: string }[];
}
interface Trace {
  begin: number;
  end: number;
  groups: { name: string; tracks: Track[]; counters: { name: string; values: number[] }[] }[];
  tracks: Track[];
  arrows: { name: string; source: Track; target: Track; from: number; to: number }[];
  texts: string[];
  slices: number;
}
interface Row {
  kind: string;
  y: number;
  height: number;
  track?: Track;
}
interface View {
  begin: number;
  end: number;
  span: number;
  width: number;
  height: number;
  content: number;
  top: number;
  x(time: number): number;
  time(x: number): number;
  zoom(factor: number, x?: number): void;
  pan(part: number): void;
  scroll(pixels: number): void;
  show(begin: number, end: number): void;
}
type Slice = { begin: number; end: number; kind: number; name: number };
type Block = (x: number, width: number, slice: number, ran: number) => void;

const load = (name: string) => import(`${root}/src/inspect/page/timeline/${name}.js`) as unknown;
const { readTrace } = (await load("read")) as { readTrace(trace: unknown): Trace };
const { Lane, eachBlock } = (await load("lane")) as {
  Lane: new (slices: Slice[]) => Lane;
  eachBlock(lane: Lane, begin: number, end: number, width: number, block: Block): void;
};
const { rowsOf, rowAt } = (await load("rows")) as {
  rowsOf(trace: Trace, folded: Set<unknown>, search?: string): Row[];
  rowAt(rows: Row[], y: number): number;
};
const { View } = (await load("view")) as { View: new (begin: number, end: number) => View };
const { duration, ticks } = (await load("words")) as {
  duration(microseconds: number): string;
  ticks(begin: number, end: number, lines?: number): { at: number; text: string }[];
};

/** What two fibers do, of which one is the other's child. */
async function recorded(): Promise<string> {
  let text = "";
  await inVirtualTime(function* () {
    const recording = record();
    const child = yield* fork(() => sleep(2), { name: "child" });
    yield* sleep(1);
    yield* child.halt();
    recording.stop();
    text = recording.text();
  });
  return text;
}

describe("the timeline reads a trace", () => {
  it("with its groups, rows, slices, marks, counters and arrows", async () => {
    const trace = readTrace(await recorded());
    expect(trace.groups.map(({ name }) => name)).to.deep.equal(["program"]);
    expect(trace.groups[0]!.counters.map(({ name }) => name)).to.include("ready fibers");
    const child = trace.tracks.find(({ name }) => name === "child")!;
    const [lane] = child.lanes;
    expect([...lane!.names].map((i) => trace.texts[i])).to.deep.equal([
      "running",
      "sleep(2)",
      "running",
    ]);
    expect(child.marks.map(({ text }) => text)).to.deep.equal(["halted"]);
    const arrows = trace.arrows.map(({ name, source, target }) => [name, source.name, target.name]);
    expect(arrows).to.deep.include(["forks", "program", "child"]);
    expect(arrows).to.deep.include(["halts", "program", "child"]);
  });

  it("as text, as what that is parsed, and as a list alone", async () => {
    const text = await recorded();
    const { slices } = readTrace(text);
    const parsed = JSON.parse(text) as { traceEvents: unknown[] };
    expect(readTrace(parsed).slices).to.equal(slices);
    expect(readTrace(parsed.traceEvents).slices).to.equal(slices);
    expect(readTrace(JSON.stringify(parsed)).slices).to.equal(slices);
  });

  it("that ends in the middle, since its process was killed", async () => {
    const text = await recorded();
    const whole = readTrace(text).slices;
    const cut = text.slice(0, text.lastIndexOf('"ph":"X"') + 20);
    expect(readTrace(cut).slices).to.equal(whole - 1);
  });

  it("of others, with slices within slices, each on a line below", () => {
    const slice = { ph: "X", pid: 1, tid: 1 };
    const trace = readTrace([
      { ...slice, name: "inner", ts: 2, dur: 3 },
      { ...slice, name: "outer", ts: 0, dur: 10 },
      { ...slice, name: "innermost", ts: 3, dur: 1 },
    ]);
    const names = trace.tracks[0]!.lanes.map((lane) => trace.texts[lane.names[0]!]);
    expect(names).to.deep.equal(["outer", "inner", "innermost"]);
  });

  it("and says what is none", () => {
    expect(() => readTrace("hello")).to.throw(SyntaxError);
    expect(() => readTrace("{}")).to.throw("it has no traceEvents");
    expect(() => readTrace(null)).to.throw("it has no traceEvents");
  });
});

/** Slices one after the other, with gaps or without. */
const slices = fc
  .array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 1000 }), fc.nat(1)), { maxLength: 200 })
  .map((parts) => {
    let at = 0;
    return parts.map(([gap, long, kind]): Slice => {
      const begin = at + (gap > 15 ? gap * 10 : 0);
      at = begin + long;
      return { begin, end: at, kind, name: 0 };
    });
  });

describe("the timeline draws", () => {
  it("each slice that is seen, and no more blocks than there are pixels, whatever is zoomed to", () => {
    const seen = fc.record({ from: fc.nat(100_000), span: fc.integer({ min: 1, max: 200_000 }) });
    fc.assert(
      fc.property(slices, seen, (list, { from, span }) => {
        const width = 200;
        const lane = new Lane(list);
        const alone = new Set<number>();
        const covered = new Set<number>();
        let blocks = 0;
        eachBlock(lane, from, from + span, width, (x, wide, slice) => {
          blocks++;
          expect(x).to.be.within(0, width);
          expect(x + wide).to.be.at.most(width + 1);
          if (slice >= 0) alone.add(slice);
          for (let pixel = Math.floor(x); pixel <= x + wide; pixel++) covered.add(pixel);
        });
        expect(blocks).to.be.at.most(2 * width + 2);
        for (const [i, { begin, end }] of list.entries()) {
          if (end <= from || begin >= from + span) continue;
          const wide = ((end - begin) / span) * width;
          if (wide >= 1) expect(alone.has(i), `slice ${i}`).to.equal(true);
          const middle = Math.max((((begin + end) / 2 - from) / span) * width, 0);
          if (middle < width) expect(covered.has(Math.floor(middle)), `slice ${i}`).to.equal(true);
        }
      }),
      { numRuns: runs(100, 2000), seed: firstSeed() },
    );
  });

  it("of a hundred thousand slices as few as of a thousand", () => {
    const list = Array.from({ length: 1e5 }, (_, i) => ({
      begin: i,
      end: i + 1,
      kind: 0,
      name: 0,
    }));
    const lane = new Lane(list);
    let blocks = 0;
    eachBlock(lane, 0, 1e5, 500, (_x, _width, slice, ran) => {
      blocks++;
      expect(slice).to.equal(-1);
      expect(ran).to.be.closeTo(1, 0.01);
    });
    expect(blocks).to.equal(500);
    expect(lane.at(99_999.5)).to.equal(99_999);
    expect(lane.at(1e5)).to.equal(-1);
  });

  it("rows of groups that are not folded, and of fibers that are looked for", async () => {
    const trace = readTrace(await recorded());
    const kinds = (rows: Row[]): string[] => rows.map(({ kind, track }) => track?.name ?? kind);
    const all = rowsOf(trace, new Set());
    expect(kinds(all)).to.include.members(["group", "counter", "program", "child"]);
    expect(kinds(rowsOf(trace, new Set(trace.groups)))).to.deep.equal(["group"]);
    expect(kinds(rowsOf(trace, new Set(), "CHI"))).to.deep.equal(["group", "child"]);
    expect(rowsOf(trace, new Set(), "nobody")).to.deep.equal([]);
    for (const [i, row] of all.entries()) {
      expect(rowAt(all, row.y)).to.equal(i);
      expect(rowAt(all, row.y + row.height - 0.5)).to.equal(i);
    }
    expect(rowAt(all, all.at(-1)!.y + 1000)).to.equal(-1);
  });
});

describe("the timeline's view", () => {
  const view = (): View => {
    const one = new View(0, 1000);
    Object.assign(one, { width: 100, height: 50, content: 200 });
    return one;
  };

  it("zooms around the pointer, and never beyond the trace", () => {
    const one = view();
    const before = one.time(25);
    one.zoom(0.1, 25);
    expect(one.time(25)).to.be.closeTo(before, 1e-6);
    one.zoom(1000, 25);
    expect([one.begin, one.end]).to.deep.equal([-20, 1020]);
    for (let i = 0; i < 100; i++) one.zoom(0.1);
    expect(one.span).to.be.above(0.01);
  });

  it("pans and scrolls as far as there is something", () => {
    const one = view();
    one.zoom(0.5);
    one.pan(100);
    expect(one.end).to.equal(1020);
    one.pan(-100);
    expect(one.begin).to.equal(-20);
    one.scroll(1000);
    expect(one.top).to.equal(150);
    one.scroll(-1000);
    expect(one.top).to.equal(0);
    one.show(100, 200);
    expect(one.x(100)).to.be.within(1, 49);
    expect(one.x(200)).to.be.within(51, 99);
  });

  it("writes times in the unit that suits them, a few along the axis", () => {
    expect([12, 0.5, 1500, 2_340_000].map(duration)).to.deep.equal([
      "12 µs",
      "500 ns",
      "1.5 ms",
      "2.34 s",
    ]);
    for (const span of [0.02, 1, 7, 99, 12_345, 5e6, 9e9]) {
      const times = ticks(500, 500 + span, 10);
      expect(times.length, `${span}`).to.be.within(2, 11);
      expect(new Set(times.map(({ text }) => text)).size).to.equal(times.length);
    }
  });
});
